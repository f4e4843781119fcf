import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aac, codes, collectAac as collect, frameBytes, HBR, receiveAac, told } from './audio-items.js';
import { type PacketSpec, rtpPackets } from './rtp-items.js';

/** Packets, the frames that come of them with their times, and the codes of the faults. */
type Case = [title: string, packets: PacketSpec[], frames: [string, number][], faults?: string[]];

const cases: Case[] = [
  [
    'Q139 several frames in a packet: each 1024 ticks behind the one before',
    [{ p: '0020 0018 0020 "abc" "defg"', t: 7, m: true }],
    [
      ['abc', 7],
      ['defg', 1031],
    ],
  ],
  [
    'Q139 bytes behind the frames are ignored',
    [{ p: '0020 0018 0020 "abcdefg" "junk"', m: true }],
    [
      ['abc', 0],
      ['defg', 1024],
    ],
  ],
  [
    'Q139 a packet of unsound headers is left out with a fault, the next one is not',
    [
      { p: '0010 0018 "abc"', m: true },
      { p: '0020 0018 0021 "abcdefg"', t: 1024, m: true },
      { p: '0010 0018 "def"', t: 2048, m: true },
    ],
    [
      ['abc', 0],
      ['def', 2048],
    ],
    ['audio-malformed'],
  ],
  ['Q140 a whole frame with the marker', [{ p: '0010 0018 "abc"', t: 5, m: true }], [['abc', 5]]],
  [
    'Q140 fragments that say the size of the frame',
    [
      { p: '0010 0048 "12345"', t: 9 },
      { p: '0010 0048 "6789"', t: 9, m: true },
      { p: '0010 0018 "abc"', t: 1033, m: true },
    ],
    [
      ['123456789', 9],
      ['abc', 1033],
    ],
  ],
  [
    'Q140 fragments that say the size of the frame, the last without marker and with bytes behind it',
    [
      { p: '0010 0048 "1234"', t: 9 },
      { p: '0010 0048 "5678"', t: 9 },
      { p: '0010 0048 "9" "rest"', t: 9 },
      { p: '0010 0018 "abc"', t: 1033, m: true },
    ],
    [
      ['123456789', 9],
      ['abc', 1033],
    ],
  ],
  [
    'Q140 a first fragment of no bytes',
    [
      { p: '0010 0018', t: 9 },
      { p: '0010 0018 "abc"', t: 9, m: true },
    ],
    [['abc', 9]],
  ],
  [
    'Q140 gortsplib-style: fragments that say their own size',
    [
      { p: '0010 0028 "12345"', t: 9 },
      { p: '0010 0018 "678"', t: 9 },
      { p: '0010 0008 "9"', t: 9, m: true },
      { p: '0010 0018 "abc"', t: 1033, m: true },
    ],
    [
      ['123456789', 9],
      ['abc', 1033],
    ],
    ['audio-oddity'],
  ],
  [
    'Q140 gortsplib-style: the frame of fragments ends where the timestamp changes, too',
    [
      { p: '0010 0028 "12345"', t: 9 },
      { p: '0010 0020 "6789"', t: 9 },
      { p: '0010 0018 "abc"', t: 1033, m: true },
    ],
    [
      ['123456789', 9],
      ['abc', 1033],
    ],
    ['audio-oddity'],
  ],
  [
    'Q140 whole frames without marker: each is held until the next packet',
    [
      { p: '0010 0018 "abc"', t: 0 },
      { p: '0010 0018 "def"', t: 1024 },
      { p: '0010 0018 "ghi"', t: 2048 },
    ],
    [
      ['abc', 0],
      ['def', 1024],
      ['ghi', 2048],
    ],
    ['audio-oddity'],
  ],
  [
    'Q140 a whole frame without marker before a packet of several',
    [
      { p: '0010 0018 "abc"', t: 0 },
      { p: '0020 0008 0008 "de"', t: 1024 },
    ],
    [
      ['abc', 0],
      ['d', 1024],
      ['e', 2048],
    ],
    ['audio-oddity'],
  ],
  [
    'Q140 the marker on the first fragment: the frame is left out with a fault, and what follows of it',
    [
      { p: '0010 0048 "12345"', t: 9, m: true },
      { p: '0010 0048 "6789"', t: 9, m: true },
      { p: '0010 0018 "abc"', t: 1033, m: true },
    ],
    [['abc', 1033]],
    ['audio-malformed', 'audio-malformed'],
  ],
  [
    'Q140 a fragment that says another size: both are left out with a fault',
    [
      { p: '0010 0048 "12345"', t: 9 },
      { p: '0010 0050 "6789"', t: 9, m: true },
      { p: '0010 0018 "abc"', t: 1033, m: true },
    ],
    [['abc', 1033]],
    ['audio-malformed', 'audio-malformed'],
  ],
  [
    'Q140 a fragmented frame that is never finished',
    [
      { p: '0010 0048 "12345"', t: 9 },
      { p: '0010 0018 "abc"', t: 1033, m: true },
    ],
    [['abc', 1033]],
    ['audio-malformed'],
  ],
  [
    'Q140 a broken packet amid fragments: one fault, and nothing of that frame',
    [
      { p: '0010 0018 "abc"', t: 0, m: true },
      { p: '0010 0048 "123"', t: 9 },
      { p: '0010 0001 "456"', t: 9 },
      { p: '0010 0048 "789"', t: 9, m: true },
      { p: '0010 0018 "def"', t: 1033, m: true },
    ],
    [
      ['abc', 0],
      ['def', 1033],
    ],
    ['audio-malformed'],
  ],
  [
    'Q141 ADTS headers within the frames',
    [{ p: '0010 0048 fff14c80013ffc "zz"', t: 3, m: true }],
    [['zz', 3]],
    ['audio-oddity'],
  ],
  [
    'Q141 ADTS headers with a CRC within the frames, MPEG-2 ID',
    [{ p: '0010 0058 fff84c80017ffc cccc "zz"', t: 3, m: true }],
    [['zz', 3]],
    ['audio-oddity'],
  ],
  [
    'Q141 ADTS headers within several frames of a packet: said once',
    [{ p: '0020 0048 0048 fff14c80013ffc "ab" fff14c80013ffc "cd"', t: 3, m: true }],
    [
      ['ab', 3],
      ['cd', 1027],
    ],
    ['audio-oddity'],
  ],
  [
    'Q141 an ADTS header that is torn between fragments',
    [
      { p: '0010 0048 fff14c', t: 3 },
      { p: '0010 0048 80013ffc "zz"', t: 3, m: true },
    ],
    [['zz', 3]],
    ['audio-oddity'],
  ],
  [
    'Q141 a frame that begins like ADTS with another length is taken as it is',
    [{ p: '0010 0050 fff14c80013ffc "zzz"', t: 3, m: true }],
    [['\xff\xf1\x4c\x80\x01\x3f\xfczzz', 3]],
  ],
  [
    'Q141 ADTS frames without AU headers',
    [
      { p: 'fff14c80013ffc "ab" fff94c80015ffc "cde"', t: 3, m: true },
      { p: 'fff14c80013ffc "fg"', t: 2051, m: true },
    ],
    [
      ['ab', 3],
      ['cde', 1027],
      ['fg', 2051],
    ],
    ['audio-oddity'],
  ],
  [
    'Q141 ADTS frames without AU headers: one that is cut off is left out with a fault',
    [{ p: 'fff14c80013ffc "ab" fff94c80015ffc "c"', t: 3, m: true }],
    [['ab', 3]],
    ['audio-oddity', 'audio-malformed'],
  ],
  [
    'Q141 an ADTS frame of nothing, and one of several raw data blocks: left out with a fault',
    [
      { p: '0010 0038 fff14c8000fffc', t: 3, m: true },
      { p: '0010 0048 fff14c80013ffd "ab"', t: 1027, m: true },
      { p: '0010 0048 fff14c80013ffc "zz"', t: 2051, m: true },
    ],
    [['zz', 2051]],
    ['audio-oddity', 'audio-malformed', 'audio-malformed'],
  ],
  [
    'Q142 drifting timestamps are passed on as they come',
    [
      { p: '0010 0018 "abc"', t: 0, m: true },
      { p: '0010 0018 "def"', t: 1023, m: true },
      { p: '0010 0018 "ghi"', t: 2049, m: true },
      { p: '0010 0018 "jkl"', t: 2048, m: true },
    ],
    [
      ['abc', 0],
      ['def', 1023],
      ['ghi', 2049],
      ['jkl', 2048],
    ],
  ],
];

describe('AAC in RTP', () => {
  for (const [title, packets, frames, faults = []] of cases) {
    it(title, () => {
      const found = receiveAac(packets);
      assert.deepEqual(told(found.frames), frames);
      assert.deepEqual(codes(found.faults), faults);
      assert.ok(found.faults.every(({ media }) => media?.index === 1));
    });
  }

  it('Q141 the frame of the catalogue', () => {
    const { frames } = receiveAac([{ p: '0010 0048 fff14c80013ffcaabb', m: true }]);
    assert.deepEqual(frames.map(frameBytes), [Buffer.of(0xaa, 0xbb)]);
  });

  it('Q140 a frame of fragments beyond the cap is left out, once, and the next one is not', () => {
    const fragment: PacketSpec = { p: Buffer.concat([Buffer.from('00102710', 'hex'), Buffer.alloc(0x4e2)]), t: 9 };
    const { frames, faults } = receiveAac([
      ...Array.from({ length: 20 }, () => fragment),
      { ...fragment, m: true },
      { p: '0010 0018 "abc"', t: 1033, m: true },
    ]);
    assert.deepEqual(told(frames), [['abc', 1033]]);
    assert.deepEqual(codes(faults), ['audio-oddity', 'audio-malformed']);
    assert.match(faults[1]!.message, /cap of 8191 bytes/);
  });

  it('Q137 headers of 13 bits where the index lengths are left out', () => {
    const { frames, faults } = receiveAac([{ p: '000d 0018 "abc"', m: true }], aac({ fmtp: 'config=1188' }), true);
    assert.deepEqual(told(frames), [['abc', 0]]);
    assert.deepEqual(faults, []);
  });

  it('tells times, durations and receive times', () => {
    const { frames } = receiveAac([
      { p: '0020 0018 0020 "abcdefg"', t: -1024, m: true, recv: 1n },
      { p: '0010 0048 "12345"', t: 1024, recv: 2n },
      { p: '0010 0048 "6789"', t: 1024, m: true, recv: 3n },
    ]);
    assert.deepEqual(
      frames.map(({ timestamp, extendedTimestamp, duration, recvFirst, recvLast, waited }) => [
        timestamp,
        extendedTimestamp,
        duration,
        recvFirst,
        recvLast,
        waited,
      ]),
      [
        [2 ** 32 - 1024, -1024, 1024, 1n, 1n, false],
        [0, 0, 1024, 1n, 1n, false],
        [1024, 1024, 1024, 2n, 3n, false],
      ],
    );
    assert.equal(frames[0]!.config, frames[2]!.config);
  });

  it('a frame waited if one of its packets did', () => {
    const media = aac();
    const packets = rtpPackets(media, [
      { p: '0010 0048 "12345"', t: 0 },
      { p: '0010 0048 "6789"', t: 0, m: true },
      { p: '0010 0018 "abc"', t: 1024, m: true },
    ]);
    const specs = packets.map((packet, i) => ({ ...packet, waited: i === 1 }));
    const { frames } = collect(specs);
    assert.deepEqual(
      frames.map(({ waited }) => waited),
      [true, false],
    );
  });

  it('frames are views of the packets', () => {
    const payload = Buffer.from('00200018002061626364656667', 'hex');
    const { frames } = receiveAac([{ p: payload, m: true }]);
    assert.deepEqual(
      frames.map(({ parts }) => parts.map(({ buffer, byteOffset }) => [buffer === payload.buffer, byteOffset])),
      [[[true, payload.byteOffset + 6]], [[true, payload.byteOffset + 9]]],
    );
  });

  it('Q138 frames of 960 samples', () => {
    const media = aac({ fmtp: HBR.replace('1188', '118c') });
    const { frames } = receiveAac([{ p: '0020 0008 0008 "ab"', m: true }], media);
    assert.deepEqual(told(frames), [
      ['a', 0],
      ['b', 960],
    ]);
    assert.equal(frames[1]!.duration, 960);
  });

  it('Q138 the clock is the rtpmap: with another rate in the config durations are in its ticks, without drift', () => {
    const media = aac({ clockRate: 90_000, fmtp: HBR.replace('1188', '1208') }); // 44100 Hz
    const { frames, faults } = receiveAac([{ p: '0030 0008 0008 0008 "abc"', m: true }], media);
    assert.deepEqual(told(frames), [
      ['a', 0],
      ['b', 2090],
      ['c', 4180],
    ]);
    assert.deepEqual(
      frames.map(({ duration }) => duration),
      [2090, 2090, 2089],
    );
    assert.deepEqual(codes(faults), ['audio-oddity']);
    assert.match(faults[0]!.message, /90000 Hz, AAC 44100 Hz/);
  });

  it('Q138 an RTP clock of twice the rate is that of SBR and no oddity', () => {
    const { frames, faults } = receiveAac(
      [{ p: '0010 0018 "abc"', m: true }],
      aac({ fmtp: HBR.replace('1188', '1308') }),
    );
    assert.deepEqual([frames[0]!.duration, faults], [2048, []]);
  });

  it('Q138 anpviz: two channels in the rtpmap, one in the config: the config counts, said once', () => {
    const packet = { p: '0010 0018 "abc"', m: true };
    const { frames, faults } = receiveAac([packet, packet], aac({ channels: 2 }));
    assert.equal(frames[0]!.config.channels, 1);
    assert.deepEqual(codes(faults), ['audio-oddity']);
    assert.match(faults[0]!.message, /SDP says 2 channels, the AAC config 1/);
    assert.deepEqual(receiveAac([packet], aac({ channels: 1 })).faults, []);
  });
});
