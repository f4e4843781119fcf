import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MediaDescription } from '../../lib/items.js';
import { RtpParser, type RtpParserOptions } from '../../transforms/index.js';
import { audio, interleaved, presentation, rtp, SSRC, senderReport, video } from '../lib/rtp/packets.js';
import { faultCodes, only, pass } from './items.js';

const both = (videoTime?: number, audioTime?: number): MediaDescription[] => [
  video({ rtpInfo: { rtptime: videoTime } }),
  audio({ rtpInfo: { rtptime: audioTime } }),
];
const first = (channel: number, timestamp: number) =>
  interleaved(channel, rtp({ seq: 9, timestamp, payloadType: channel === 0 ? 96 : 97 }));

async function times(media: MediaDescription[], options: RtpParserOptions, ...stamps: [number, number]) {
  const { items, error } = await pass(
    [presentation(media), first(0, stamps[0]), first(2, stamps[1])],
    new RtpParser(options),
  );
  return {
    times: only(items, 'rtp').map(({ extendedTimestamp }) => extendedTimestamp),
    faults: faultCodes(items),
    code: (error as { code?: string } | undefined)?.code,
  };
}

describe('channels', () => {
  it('Q15 data on a channel that was never set up: one warning for 100 frames, Tenda CP3PRO', async () => {
    const frames = Array.from({ length: 100 }, (_, seq) => interleaved(2, rtp({ seq })));
    const { items } = await pass([presentation([video()]), ...frames], new RtpParser());
    assert.deepEqual(
      items.map(({ kind }) => kind),
      ['presentation', 'fault'],
    );
    assert.deepEqual(faultCodes(items), ['unassigned-channel']);
    assert.match(only(items, 'fault')[0]!.message, /channel 2/);
  });

  it('Q15 the same from an old live555 is another session’s, and ends this one', async () => {
    const tool = 'LIVE555 Streaming Media v2013.04.08';
    const run = (options: RtpParserOptions) =>
      pass([presentation([video()], tool), interleaved(2, rtp({}), 70)], new RtpParser(options));
    const { error } = await run({ tolerant: true });
    assert.equal((error as { code?: string } | undefined)?.code, 'stale-session');
    assert.match(error!.message, /channel 2, which was not set up: .*former client's session.* \(byte 70, at /);
    assert.equal((await run({ datagrams: true })).error, undefined);
    const dropped = await run({ staleSessions: 'drop' });
    assert.deepEqual([dropped.error, faultCodes(dropped.items)], [undefined, ['unassigned-channel']]);
  });

  it('Q15 never by payload type: that of the stream on a foreign channel is dropped too', async () => {
    const { items } = await pass([presentation([video()]), interleaved(5, rtp({ payloadType: 96 }))], new RtpParser());
    assert.equal(only(items, 'rtp').length, 0);
  });

  it('Q12 empty frames are dropped silently on either channel', async () => {
    const { items } = await pass(
      [presentation([video()]), interleaved(0, ''), interleaved(1, ''), interleaved(0, rtp({}))],
      new RtpParser(),
    );
    assert.deepEqual(
      items.map(({ kind }) => kind),
      ['presentation', 'rtp'],
    );
  });

  it('Q97 RTCP on the RTP channel is RTCP: no media, no loss', async () => {
    for (const type of ['c8', 'c9', 'ca', 'cb', 'cc', 'cd', 'ce', 'cf']) {
      const packet = `80${type} 0006 ${'00'.repeat(24)}`;
      const { items } = await pass(
        [
          presentation([video()]),
          interleaved(0, rtp({ seq: 1 })),
          interleaved(0, packet),
          interleaved(0, rtp({ seq: 2 })),
        ],
        new RtpParser(),
      );
      assert.deepEqual(
        items.map(({ kind }) => kind),
        ['presentation', 'rtp', 'rtcp', 'rtp'],
      );
      assert.deepEqual(
        only(items, 'rtp').map(({ lost }) => lost),
        [0, 0],
      );
    }
  });

  it('media on the RTCP channel are media (rtcp-mux the wrong way round), all else is RTCP', async () => {
    const { items } = await pass(
      [presentation([video()]), interleaved(1, rtp({})), interleaved(1, senderReport(SSRC)), interleaved(1, 'ffff')],
      new RtpParser(),
    );
    assert.deepEqual(
      items.map(({ kind }) => kind),
      ['presentation', 'rtp', 'rtcp', 'rtcp'],
    );
  });

  it('media given as an option are used in place of those in the stream', async () => {
    const { items } = await pass(
      [interleaved(0, rtp({})), presentation([]), interleaved(0, rtp({ seq: 1 }))],
      new RtpParser({ media: [video()] }),
    );
    assert.equal(only(items, 'rtp').length, 2);
  });
});

describe('sessions', () => {
  it('Q102 a new session is a new timeline, Tapo', async () => {
    const packets = [
      interleaved(0, rtp({ seq: 700, timestamp: 3_000_000_000 })),
      interleaved(0, rtp({ seq: 3, timestamp: 0 })),
    ];
    const { items, error } = await pass(
      [presentation([video()]), packets[0], presentation([video()]), packets[1]],
      new RtpParser(),
    );
    assert.equal(error, undefined);
    assert.deepEqual(
      only(items, 'rtp').map(({ extendedTimestamp, lost }) => [extendedTimestamp, lost]),
      [
        [0, 0],
        [0, 0],
      ],
    );
  });

  it('Q90 a foreign SSRC after ten packets: fatal with an old live555, else dropped', async () => {
    const packets = Array.from({ length: 10 }, (_, seq) => interleaved(0, rtp({ seq, timestamp: seq * 3000 })));
    const foreign = interleaved(0, rtp({ seq: 30_000, ssrc: SSRC + 1 }));
    for (const [tool, code] of [
      ['LIVE555 Streaming Media v2013.04.08', 'stale-session'],
      ['LIVE555 Streaming Media v2017.06.04', undefined],
      [undefined, undefined],
    ] as const) {
      const { items, error } = await pass([presentation([video()], tool), ...packets, foreign], new RtpParser());
      assert.equal((error as { code?: string } | undefined)?.code, code);
      assert.equal(only(items, 'rtp').length, 10);
    }
  });

  it('Q83 over UDP a foreign SSRC is dropped, whatever the server is', async () => {
    const packets = Array.from({ length: 10 }, (_, seq) => interleaved(0, rtp({ seq, timestamp: seq * 3000 })));
    const foreign = interleaved(0, rtp({ seq: 30_000, ssrc: SSRC + 1 }));
    const described = presentation([video()], 'LIVE555 Streaming Media v2013.04.08');
    const { items, error } = await pass([described, ...packets, foreign], new RtpParser({ datagrams: true }));
    assert.equal(error, undefined);
    assert.deepEqual(faultCodes(items), ['rtp-ssrc']);
  });
});

describe('options', () => {
  it('Q69 the zero of each stream is its rtptime, and time before it is negative where the stream may step back', async () => {
    assert.deepEqual(await times(both(1000, 2000), {}, 1100, 2500), { times: [100, 500], faults: [], code: undefined });
    const media = [video({ fmtp: undefined, rtpInfo: { rtptime: 1000 } }), audio({ rtpInfo: { rtptime: 2000 } })];
    assert.deepEqual((await times(media, {}, 900, 2500)).times, [-100, 500]);
    assert.deepEqual((await times(both(1000, 2000), { initialTimestamp: 'ignore' }, 1100, 2500)).times, [0, 0]);
    assert.deepEqual((await times(both(1000, 2000).slice(0, 1), {}, 1100, 0)).times, [0]);
  });

  it('Q69 one rtptime is missing: the policies', async () => {
    assert.deepEqual(await times(both(1000, undefined), {}, 1100, 2500), {
      times: [0, 0],
      faults: ['rtsp-oddity'],
      code: undefined,
    });
    assert.deepEqual(await times(both(1000, undefined), { initialTimestamp: 'permissive' }, 1100, 2500), {
      times: [0, 0],
      faults: [],
      code: undefined,
    });
    assert.deepEqual(await times(both(1000, undefined), { initialTimestamp: 'require' }, 1100, 2500), {
      times: [],
      faults: [],
      code: 'rtp-info-missing',
    });
  });

  it('Q73 rtptime 0 for streams that start elsewhere', async () => {
    const far = [both(0, 0), 3_000_000_000, 3_000_000_000] as const;
    const run = (initialTimestamp: RtpParserOptions['initialTimestamp']) =>
      times(far[0], { initialTimestamp }, far[1], far[2]);
    assert.deepEqual(await run('default'), {
      times: [0, 0],
      faults: ['rtp-timestamp', 'rtp-timestamp'],
      code: undefined,
    });
    assert.deepEqual(await run('ignore'), { times: [0, 0], faults: [], code: undefined });
    for (const policy of ['require', 'permissive'] as const)
      assert.equal((await run(policy)).code, 'rtp-timestamp-jump');
  });

  it('Q74 Q91 Q101 seq policy, tolerance and the largest jump reach the streams', async () => {
    const media = [video({ rtpInfo: { seq: 1 } })];
    const run = async (options: RtpParserOptions, ...packets: Buffer[]) => {
      const { items, error } = await pass(
        [presentation(media), ...packets.map((data) => interleaved(0, data))],
        new RtpParser(options),
      );
      return error === undefined
        ? only(items, 'rtp').map(({ lost }) => lost)
        : (error as Error & { code: string }).code;
    };
    assert.deepEqual(await run({}, rtp({ seq: 5 })), [0]);
    assert.deepEqual(await run({ initialSequence: 'respect' }, rtp({ seq: 5 })), [4]);
    assert.equal(await run({}, rtp({ seq: 5 }), rtp({ seq: 3 })), 'rtp-out-of-order');
    assert.deepEqual(await run({ tolerant: true }, rtp({ seq: 5 }), rtp({ seq: 3 })), [0]);
    assert.equal(await run({}, rtp({ seq: 5 }), rtp({ seq: 6, timestamp: 900_000 })), 'rtp-timestamp-jump');
    assert.deepEqual(await run({ maxJumpSeconds: 0 }, rtp({ seq: 5 }), rtp({ seq: 6, timestamp: 900_000 })), [0, 0]);
    assert.equal(await run({ maxJumpSeconds: 1e6 }, rtp({ seq: 5 })), 'rtp-timestamp-limit');
  });
});
