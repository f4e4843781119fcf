import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from './paths.js';
import { pause, runWell, start } from './processes.js';

/** A picture as it went over the wire: the run of RTP packets with its timestamp. */
interface WirePicture {
  readonly rtp: number;
  /** Captured packets that ended its first and its last RTP packet. */
  readonly firstPacket: number;
  readonly lastPacket: number;
  /** When the last one passed, Unix seconds. */
  readonly lastTime: number;
}

/** A sender report as it went over the wire. */
interface WireReport {
  readonly ntp: bigint;
  readonly rtp: number;
  readonly packet: number;
}

/** The video of a captured session, as tshark dissects it. */
export interface WireVideo {
  /** In order of arrival. */
  readonly pictures: readonly WirePicture[];
  readonly reports: readonly WireReport[];
}

const FIELDS = [
  'frame.number',
  'frame.time_epoch',
  'rtp.ssrc',
  'rtp.timestamp',
  'rtcp.senderssrc',
  'rtcp.timestamp.ntp.msw',
  'rtcp.timestamp.ntp.lsw',
  'rtcp.timestamp.rtp',
];

/** Captures a port of the loopback interface; the function it resolves with ends that and dissects what it got. */
export async function startCapture(t: TestContext, port: number): Promise<() => Promise<WireVideo>> {
  const file = join(temporaryFolder(t), 'session.pcap');
  const filter = ['tcp', 'port', String(port)];
  const options = ['-i', 'lo', '-U', '-s', '0', '-B', '32768', '--immediate-mode', '-Z', 'root', '-w', file];
  const tcpdump = start('tcpdump', [...options, ...filter]);
  t.after(() => tcpdump.stop('SIGKILL'));
  await tcpdump.said(/listening on/);
  return async () => {
    // The kernel hands over what it holds within that time.
    await pause(300);
    const { stderr } = await tcpdump.stop('SIGINT');
    assert.match(stderr, /^0 packets dropped by kernel/m, 'the capture is complete');
    return dissect(file, port);
  };
}

async function dissect(file: string, port: number): Promise<WireVideo> {
  // What the server sends: there may be a publisher too, on the same port.
  const select = ['-d', `tcp.port==${port},rtsp`, '-Y', `tcp.srcport == ${port} and (rtp.payload or rtcp.pt == 200)`];
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const text = await runWell('tshark', ['-n', '-r', file, ...select, '-T', 'fields', '-E', 'occurrence=a', ...fields]);
  const pictures: WirePicture[] = [];
  const reports: WireReport[] = [];
  const ssrcs = new Set<string>();
  for (const line of text.toString('latin1').split('\n').filter(Boolean)) {
    const cells = line.split('\t').map((cell) => cell.split(',').filter(Boolean));
    const [
      [frame = ''] = [],
      [epoch = ''] = [],
      sources = [],
      times = [],
      senders = [],
      seconds = [],
      fractions = [],
      rtps = [],
    ] = cells;
    const packet = Number(frame);
    assert.equal(times.length, sources.length, `even fields in ${line}`);
    for (const ssrc of [...sources, ...senders.slice(0, seconds.length)]) ssrcs.add(ssrc);
    for (const time of times) addPacket(pictures, Number(time), packet, Number(epoch));
    for (const [i, second] of seconds.entries()) {
      const ntp = (BigInt(second) << 32n) | BigInt(fractions[i]!);
      reports.push({ ntp, rtp: Number(rtps[i]), packet });
    }
  }
  assert.equal(ssrcs.size, 1, 'one stream, the video, was captured');
  return { pictures, reports };
}

function addPacket(pictures: WirePicture[], rtp: number, packet: number, time: number): void {
  const last = pictures.at(-1);
  if (last?.rtp === rtp) pictures[pictures.length - 1] = { ...last, lastPacket: packet, lastTime: time };
  else pictures.push({ rtp, firstPacket: packet, lastPacket: packet, lastTime: time });
}
