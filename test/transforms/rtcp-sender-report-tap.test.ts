import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Item, MediaDescription, RtcpPacket, SenderReport } from '../../lib/items.js';
import type { RtcpSsrcPolicy } from '../../lib/rtp/rtcp-ssrc.js';
import { RtcpSenderReportTap, RtpParser } from '../../transforms/index.js';
import { audio, interleaved, presentation, rtp, SSRC, senderReport, video } from '../lib/rtp/packets.js';
import { faultCodes, only, pass, RECV } from './items.js';

const OTHER = 0x45f7ddc9;
const media = video();

function rtcp(data: Buffer | string, of: MediaDescription = media): RtcpPacket {
  const bytes = typeof data === 'string' ? Buffer.from(data.replaceAll(' ', ''), 'hex') : data;
  return { kind: 'rtcp', media: of, data: bytes, position: 7, recv: RECV, waited: false };
}

/** Sends an RTP packet with {@link SSRC} and then RTCP packets through the tap. */
async function tap(policy: RtcpSsrcPolicy | undefined, ...packets: readonly Item[]) {
  return pass(
    [presentation([media]), interleaved(0, rtp({})), ...packets],
    new RtpParser(),
    new RtcpSenderReportTap({ unknownSsrc: policy }),
  );
}

describe('sender reports', () => {
  it('Q75 RTP-Info’s SSRC overrides that of SETUP for reports too, before any RTP, Reolink', async () => {
    const both = video({ setup: { rtpChannel: 0, rtcpChannel: 1, ssrc: 1 }, rtpInfo: { ssrc: 0xdcc4a0d8 } });
    const reports = [1, 0xdcc4a0d8].map((ssrc) => rtcp(senderReport(ssrc, 5n, 77), both));
    const { items } = await pass([presentation([both]), ...reports], new RtcpSenderReportTap());
    assert.deepEqual(
      only(items, 'senderReport').map(({ ssrc }) => ssrc),
      [0xdcc4a0d8],
    );
  });

  it('Q93 follow their packet, in the stream and as events', async () => {
    const stage = new RtcpSenderReportTap();
    const events: SenderReport[] = [];
    stage.on('senderReport', (report: SenderReport) => events.push(report));
    const packet = rtcp(
      Buffer.concat([
        senderReport(5, 0xe4362f99_ccccccccn, 77),
        Buffer.from('81cb0001', 'hex'),
        Buffer.from('00000005', 'hex'),
      ]),
    );
    const { items } = await pass([packet], stage);
    const report = {
      kind: 'senderReport',
      media,
      ssrc: 5,
      ntpTimestamp: 0xe4362f99ccccccccn,
      rtpTimestamp: 77,
      packetCount: 0,
      octetCount: 0,
      position: 7,
      recv: RECV,
    };
    assert.deepEqual(items, [packet, report, { kind: 'bye', media, ssrcs: [5], recv: RECV }]);
    assert.equal(items[0], packet);
    assert.deepEqual(events, [report]);
  });

  it('Q98 NTP 0 is handed on as 0, and one fixed report repeated as often as it comes', async () => {
    const { items } = await tap(undefined, ...Array.from({ length: 5 }, () => rtcp(senderReport(SSRC, 0n, 0))));
    assert.deepEqual(
      only(items, 'senderReport').map(({ ntpTimestamp }) => ntpTimestamp),
      [0n, 0n, 0n, 0n, 0n],
    );
    assert.deepEqual(faultCodes(items), []);
  });

  it('Q93 the first packet of a compound may be another than the report', async () => {
    const { items } = await tap(
      undefined,
      rtcp(Buffer.concat([Buffer.from('80c9000111111111', 'hex'), senderReport(SSRC)])),
    );
    assert.equal(only(items, 'senderReport').length, 1);
  });
});

describe('malformed RTCP', () => {
  it('Q94 SDES without end, Hanwha QNV-8080R', async () => {
    const { items } = await tap(undefined, rtcp('81ca0003 11223344 0106 63616d657261'));
    assert.deepEqual(faultCodes(items), []);
    assert.equal(only(items, 'rtcp').length, 1);
  });

  it('Q94 a sound report ahead of a broken packet is used, with a warning', async () => {
    const { items } = await tap(undefined, rtcp(Buffer.concat([senderReport(SSRC), Buffer.from('81ca00ff', 'hex')])));
    assert.equal(only(items, 'senderReport').length, 1);
    assert.deepEqual(faultCodes(items), ['rtcp-malformed']);
  });

  it('Q94 garbage is dropped, with one warning for each stream', async () => {
    const sound = audio();
    const garbage = ['ff', 'deadbeef', '80c80006'].flatMap((bytes) => [rtcp(bytes), rtcp(bytes, sound)]);
    const { items } = await pass(garbage, new RtcpSenderReportTap());
    assert.deepEqual(
      only(items, 'fault').map(({ code, media }) => [code, media?.index]),
      [
        ['rtcp-malformed', 0],
        ['rtcp-malformed', 1],
      ],
    );
    assert.equal(only(items, 'rtcp').length, 0);
  });
});

describe('--unknown-rtcp-ssrc', () => {
  const five = Array.from({ length: 5 }, () => rtcp(senderReport(OTHER)));

  it('Q96 drop-packets, the default: none of five reports, one warning, OpenIPC Majestic', async () => {
    for (const policy of [undefined, 'default', 'drop-packets'] as const) {
      const { items, error } = await tap(policy, ...five);
      assert.equal(error, undefined);
      assert.deepEqual([only(items, 'senderReport').length, only(items, 'rtcp').length], [0, 0]);
      assert.deepEqual(faultCodes(items), ['rtcp-ssrc']);
      assert.match(only(items, 'fault')[0]!.message, /SSRC 0x45f7ddc9, the stream's is 0x0d25614e/);
    }
  });

  it('Q96 process-packets: all five', async () => {
    const { items } = await tap('process-packets', ...five);
    assert.equal(only(items, 'senderReport').length, 5);
    assert.deepEqual(faultCodes(items), []);
  });

  it('Q96 abort-session: an error that names both', async () => {
    const { items, error } = await tap('abort-session', rtcp(senderReport(SSRC)), ...five);
    assert.equal((error as Error & { code: string }).code, 'rtcp-ssrc');
    assert.match(error!.message, /0x45f7ddc9.*0x0d25614e.*stream rtsp:.*byte 7/);
    assert.equal(only(items, 'senderReport').length, 1);
  });

  it('Q96 without any SSRC known the first report tells it, except with process-packets', async () => {
    const packets = [rtcp(senderReport(OTHER)), rtcp(senderReport(SSRC))];
    const reports = async (unknownSsrc: RtcpSsrcPolicy) => {
      const { items, error } = await pass(packets, new RtcpSenderReportTap({ unknownSsrc }));
      return error === undefined
        ? only(items, 'senderReport').map(({ ssrc }) => ssrc)
        : (error as Error & { code: string }).code;
    };
    assert.deepEqual(await reports('default'), [OTHER]);
    assert.deepEqual(await reports('drop-packets'), [OTHER]);
    assert.equal(await reports('abort-session'), 'rtcp-ssrc');
    assert.deepEqual(await reports('process-packets'), [OTHER, SSRC]);
  });

  it('Q90 the announced SSRC counts until the first packet says another: SETUP, then RTP-Info, then RTP', async () => {
    const accepts = async (of: MediaDescription, ssrc: number, ...before: Item[]) => {
      const { items } = await pass([...before, rtcp(senderReport(ssrc), of)], new RtcpSenderReportTap());
      return only(items, 'senderReport').length === 1;
    };
    const announced = video({ setup: { rtpChannel: 0, rtcpChannel: 1, ssrc: 1 } });
    const overridden = { ...announced, rtpInfo: { ssrc: 2 } };
    assert.deepEqual([await accepts(announced, 1), await accepts(announced, 2)], [true, false]);
    assert.deepEqual([await accepts(overridden, 1), await accepts(overridden, 2)], [false, true]);
    const { items } = await pass([presentation([overridden]), interleaved(0, rtp({ ssrc: 3 }))], new RtpParser());
    const packet = only(items, 'rtp')[0]!;
    assert.deepEqual([await accepts(overridden, 2, packet), await accepts(overridden, 3, packet)], [false, true]);
    const zero = video({ setup: { rtpChannel: 0, rtcpChannel: 1, ssrc: 0 } });
    assert.equal(await accepts(zero, 9), true);
  });

  it('Q102 a new session has SSRCs of its own', async () => {
    const { items } = await tap(undefined, rtcp(senderReport(SSRC)), presentation([media]), rtcp(senderReport(OTHER)));
    assert.equal(only(items, 'senderReport').length, 2);
    assert.deepEqual(faultCodes(items), []);
  });

  it('packets without a report are never checked', async () => {
    const packet = rtcp('80c90001 45f7ddc9 81cb0001 45f7ddc9');
    const { items } = await tap('abort-session', packet);
    assert.equal(only(items, 'rtcp')[0], packet);
    assert.equal(only(items, 'bye').length, 1);
  });
});

describe('BYE', () => {
  const byes = async (policy: RtcpSsrcPolicy | undefined, ...packets: Item[]) =>
    only((await tap(policy, ...packets)).items, 'bye').map(({ ssrcs, foreign }) => [ssrcs, foreign]);

  it('names the stream’s own source, alone or among others, or another one', async () => {
    const packets = ['81cb0001 0d25614e', '82cb0002 45f7ddc9 0d25614e', '81cb0001 45f7ddc9'].map((hex) => rtcp(hex));
    const expected = [
      [[SSRC], undefined],
      [[OTHER, SSRC], undefined],
      [[OTHER], true],
    ];
    assert.deepEqual(await byes(undefined, ...packets), expected);
    const other = interleaved(0, rtp({ seq: 1, ssrc: OTHER }));
    assert.deepEqual(await byes(undefined, other, ...packets.slice(2)), [[[OTHER], undefined]], 'the SSRC has changed');
  });

  it('of a stream whose source is not known, or with any source allowed, is the stream’s', async () => {
    const packet = rtcp('81cb0001 45f7ddc9');
    const { items } = await pass([presentation([media]), packet], new RtcpSenderReportTap());
    assert.equal(only(items, 'bye')[0]!.foreign, undefined);
    assert.deepEqual(await byes('process-packets', packet), [[[OTHER], undefined]]);
  });
});

it('Q95 a report before any RTP, foreign or not, never sets the zero of the timeline', async () => {
  for (const ssrc of [SSRC, OTHER]) {
    const { items } = await pass(
      [
        presentation([media]),
        interleaved(1, senderReport(ssrc, 0n, 5_000_000)),
        interleaved(0, rtp({ timestamp: 100 })),
      ],
      new RtpParser(),
      new RtcpSenderReportTap(),
    );
    assert.equal(only(items, 'rtp')[0]!.extendedTimestamp, 0);
  }
});
