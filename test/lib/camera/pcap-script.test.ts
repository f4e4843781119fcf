import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { splitFrames } from '../../../lib/camera/faults/frames.js';
import { LoopReader } from '../../../lib/camera/loop-reader.js';
import { pcapScript } from '../../../lib/camera/pcap-script.js';
import { isRandomAccessPayload } from '../../../lib/camera/random-access.js';
import { compileLoop } from '../../../lib/camera/wire-loop.js';

// The compiled tests lie one folder deeper than the sources.
const ROOT = fileURLToPath(import.meta.url).replace(/(\/dist)?\/test\/lib\/camera\/[^/]*$/, '');
const fixture = (name: string) => `${ROOT}/fixtures/${name}`;

interface Golden {
  readonly streams: readonly {
    readonly kind: string;
    readonly payloadType: number;
    readonly packets: number;
    readonly payloadBytes: number;
    readonly frames: number;
    readonly firstTimestamp: number;
    readonly lastTimestamp: number;
    readonly firstIdrTimestamp?: number;
    readonly timestamps: readonly number[];
    readonly senderReports: readonly { readonly ntp: string; readonly rtp: number }[];
  }[];
}

const golden = (name: string) => JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')) as Golden;

// Captures that begin with an IDR picture and end with a whole one, so that nothing is left out.
for (const name of ['demo', 'gst-bframes-sdponly-digest-wrap', 'gst-slices-stapa-wrap', 'gst-udp-single-nal']) {
  test(`${name}.pcap: all packets, and a loop one frame longer than its timestamps reach`, async () => {
    const script = await pcapScript(fixture(`${name}.pcap`), name);
    const expected = golden(name).streams.find(({ kind }) => kind === 'video')!;
    assert.equal(script.media.length, 1);
    const { packets, payloadType, clockRate, encodingName } = script.media[0]!;
    assert.deepEqual(
      { payloadType, clockRate, encodingName },
      { payloadType: expected.payloadType, clockRate: 90_000, encodingName: 'H264' },
    );
    assert.equal(packets.length, expected.packets);
    assert.equal(
      packets.reduce((sum, { payload }) => sum + payload.length, 0),
      expected.payloadBytes,
    );
    const times = new Set(packets.map(({ timestamp }) => timestamp));
    assert.equal(times.size, expected.frames);
    const span = Math.max(...times) - Math.min(...times);
    const frame = span / (expected.frames - 1);
    assert.ok(Math.abs((script.durationNs * 90_000) / 1e9 - span - frame) < 2, `${script.durationNs} ns`);
    assert.deepEqual(
      packets.map(({ sequence }) => sequence),
      packets.map((_, i) => i),
    );
  });
}

for (const name of ['gst-aac-basic', 'gortsplib-aac-tcp', 'vlc-aac-udp']) {
  test(`${name}.pcap: audio beside video, in one loop`, async () => {
    const script = await pcapScript(fixture(`${name}.pcap`), name);
    assert.deepEqual(
      script.media.map(({ type }) => type),
      ['video', 'audio'],
    );
    const [video, audio] = script.media;
    assert.ok(isStart(video!.packets.filter(({ timestamp }) => timestamp === 0).map(({ payload }) => payload)));
    assert.equal(audio!.encodingName, 'MPEG4-GENERIC');
    for (const { packets, clockRate } of script.media) {
      for (const [i, { timestamp, offsetNs }] of packets.entries()) {
        assert.ok(timestamp < (script.durationNs * clockRate) / 1e9);
        assert.ok(offsetNs >= Math.max(0, (timestamp * 1e9) / clockRate - 1), `packet ${i} is sent before its time`);
        assert.ok(i === 0 || offsetNs >= packets[i - 1]!.offsetNs);
      }
    }
  });

  test(`${name}.pcap: the sender reports say how audio lies to video`, async () => {
    const script = await pcapScript(fixture(`${name}.pcap`), name);
    const audio = script.media[1]!;
    const [video, sound] = golden(name).streams;
    const start = wallClockS(video!, video!.firstIdrTimestamp!, 90_000);
    const expected = sound!.timestamps.map(
      (time) => (wallClockS(sound!, time, audio.clockRate) - start) * audio.clockRate,
    );
    const first = audio.packets[0]!.timestamp;
    assert.ok(
      expected.some((ticks) => Math.abs(ticks - first) < 2),
      `${first} is not among ${expected.slice(0, 20)}`,
    );
  });

  test(`${name}.pcap: where two loops meet, audio neither overlaps nor drifts, and nothing is sent out of turn`, async () => {
    const script = await pcapScript(fixture(`${name}.pcap`), name);
    const streams = script.media.map(({ clockRate }, i) => ({
      rtpChannel: 2 * i,
      rtcpChannel: 2 * i + 1,
      ssrc: i,
      firstSequence: 0,
      firstTimestamp: 0,
      clockRate,
    }));
    const loop = compileLoop(script, [0, 1]);
    const reader = new LoopReader(loop, streams, 4);
    const target = Buffer.alloc(65_539);
    const times: number[][] = [[], []];
    const perTurn = script.media.map(({ packets }) => packets.length);
    for (let dueNs = 0; !reader.done; ) {
      assert.ok(reader.nextDueNs >= dueNs, `${reader.nextDueNs} is due after ${dueNs}`);
      dueNs = reader.nextDueNs;
      const bytes = reader.read(target, dueNs + 1);
      for (const frame of splitFrames(target.subarray(0, bytes)))
        times[frame[1]! >> 1]!.push(frame.readUInt32BE(8) | 0);
    }
    for (const [i, { clockRate }] of streams.entries()) {
      assert.equal(times[i]!.length, 4 * perTurn[i]!);
      for (let turn = 0; turn < 4; turn++) {
        const moved = times[i]![turn * perTurn[i]!]! - times[i]![0]!;
        assert.equal(moved, Math.floor((turn * script.durationNs * clockRate) / 1e9));
      }
    }
    const steps = times[1]!.slice(1).map((time, i) => time - times[1]![i]!);
    const usual = [...steps].sort((a, b) => a - b)[steps.length >> 1]!;
    for (let turn = 1; turn < 4; turn++) {
      const step = steps[turn * perTurn[1]! - 1]!;
      assert.ok(step >= usual - 1 && step <= 2 * usual, `${step} ticks where loops meet, ${usual} else`);
    }
  });
}

/** The sender's clock at an RTP timestamp, by its first report. */
function wallClockS({ senderReports }: Golden['streams'][number], timestamp: number, clockRate: number): number {
  const { ntp, rtp } = senderReports[0]!;
  return Number(BigInt(ntp) & 0xffff_ffff_ffffn) / 2 ** 32 + ((timestamp - rtp) | 0) / clockRate;
}

function isStart(payloads: Buffer[]): boolean {
  return payloads.some(isRandomAccessPayload);
}
