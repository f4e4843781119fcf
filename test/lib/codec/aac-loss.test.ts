import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aac, codes, receiveAac, told } from './audio-items.js';
import type { PacketSpec } from './rtp-items.js';

const abc = (t: number, lost = 0): PacketSpec => ({ p: '0010 0018 "abc"', t, m: true, lost });

/** Packets, and the frames that come of them with time and lost packets; no loss gives a fault of its own. */
type Case = [title: string, packets: PacketSpec[], frames: [string, number, number][], faults?: string[]];

const cases: Case[] = [
  [
    'Q140 loss between whole frames: nothing else is left out',
    [abc(0), abc(3072, 2), abc(4096)],
    [
      ['abc', 0, 0],
      ['abc', 3072, 2],
      ['abc', 4096, 0],
    ],
  ],
  [
    'Q140 loss before a packet of several frames counts in the first of them',
    [abc(0), { p: '0020 0008 0008 "de"', t: 3072, m: true, lost: 2 }],
    [
      ['abc', 0, 0],
      ['d', 3072, 2],
      ['e', 4096, 0],
    ],
  ],
  [
    'Q140 sizes of the frame: a first fragment is lost',
    [
      abc(0),
      { p: '0010 0048 "456"', t: 9, lost: 1 },
      { p: '0010 0048 "789"', t: 9, m: true },
      { p: '0010 0048 "12345"', t: 1033 },
      { p: '0010 0048 "6789"', t: 1033, m: true },
    ],
    [
      ['abc', 0, 0],
      ['123456789', 1033, 1],
    ],
  ],
  [
    'Q140 sizes of the frame: a fragment amid it is lost',
    [
      abc(0),
      { p: '0010 0060 "123"', t: 9 },
      { p: '0010 0060 "789"', t: 9, lost: 1 },
      { p: '0010 0060 "abc"', t: 9, m: true },
      abc(1033),
    ],
    [
      ['abc', 0, 0],
      ['abc', 1033, 1],
    ],
  ],
  [
    'Q140 sizes of the frame: the last fragment and the next frame are lost',
    [abc(0), { p: '0010 0048 "12345"', t: 9 }, abc(2057, 2)],
    [
      ['abc', 0, 0],
      ['abc', 2057, 2],
    ],
  ],
  [
    'Q140 sizes of fragments: a first fragment is lost',
    [
      { p: '0010 0028 "12345"', t: 9 },
      { p: '0010 0020 "6789"', t: 9, m: true },
      { p: '0010 0018 "678"', t: 1033, lost: 1 },
      { p: '0010 0008 "9"', t: 1033, m: true },
      abc(2057),
    ],
    [
      ['123456789', 9, 0],
      ['abc', 2057, 1],
    ],
    ['audio-oddity'],
  ],
  [
    'Q140 sizes of fragments: a fragment amid a frame is lost, already in the first',
    [
      { p: '0010 0018 "123"', t: 9 },
      { p: '0010 0018 "789"', t: 9, lost: 1 },
      { p: '0010 0018 "abc"', t: 9, m: true },
      abc(1033),
    ],
    [['abc', 1033, 1]],
  ],
  [
    'Q140 sizes of fragments: the last fragment is lost',
    [
      { p: '0010 0028 "12345"', t: 9 },
      { p: '0010 0020 "6789"', t: 9, m: true },
      { p: '0010 0028 "12345"', t: 1033 },
      abc(2057, 1),
      abc(3081),
    ],
    // What comes right after the loss may be the rest of a frame that was begun in it.
    [
      ['123456789', 9, 0],
      ['abc', 3081, 1],
    ],
    ['audio-oddity'],
  ],
  [
    'Q140 sizes of fragments: without a marker after the loss the next timestamp ends the rest',
    [
      { p: '0010 0028 "12345"', t: 9 },
      { p: '0010 0020 "6789"', t: 9, m: true },
      { p: '0010 0018 "678"', t: 1033, lost: 1 },
      abc(2057),
    ],
    [
      ['123456789', 9, 0],
      ['abc', 2057, 1],
    ],
    ['audio-oddity'],
  ],
  [
    'Q140 sizes of fragments: behind the marker a frame is sound, though its timestamp has not moved on',
    [
      { p: '0010 0028 "12345"', t: 9 },
      { p: '0010 0020 "6789"', t: 9, m: true },
      { p: '0010 0018 "678"', t: 1033, lost: 1 },
      { p: '0010 0008 "9"', t: 1033, m: true },
      abc(1033),
    ],
    [
      ['123456789', 9, 0],
      ['abc', 1033, 1],
    ],
    ['audio-oddity'],
  ],
  [
    'Q140 sizes of fragments: not yet known, and the first packet after a loss is not the first fragment',
    [abc(0), { p: '0010 0018 "678"', t: 1024, lost: 1 }, { p: '0010 0008 "9"', t: 1024, m: true }, abc(2048)],
    [
      ['abc', 0, 0],
      ['abc', 2048, 1],
    ],
    ['audio-oddity'],
  ],
  [
    'Q140 whole frames without marker: the one held before a loss is sound, the one behind it too',
    [
      { p: '0010 0018 "abc"', t: 0 },
      { p: '0010 0018 "def"', t: 1024 },
      { p: '0010 0018 "ghi"', t: 3072, lost: 1 },
      { p: '0010 0018 "jkl"', t: 4096 },
    ],
    [
      ['abc', 0, 0],
      ['def', 1024, 0],
      ['ghi', 3072, 1],
      ['jkl', 4096, 0],
    ],
    ['audio-oddity'],
  ],
  [
    'losses add up until a frame is delivered',
    [abc(0), { p: '0010 0048 "6789"', t: 9, m: true, lost: 2 }, { p: '', t: 10, lost: 3 }, abc(2057, 1)],
    [
      ['abc', 0, 0],
      ['abc', 2057, 6],
    ],
    ['audio-malformed'],
  ],
];

describe('AAC with loss', () => {
  for (const [title, packets, frames, faults = []] of cases) {
    it(title, () => {
      const found = receiveAac(packets, aac());
      assert.deepEqual(
        told(found.frames).map(([text, time], i) => [text, time, found.frames[i]!.lost]),
        frames,
      );
      assert.deepEqual(codes(found.faults), faults);
    });
  }

  it('at the end a frame that is complete by its header is delivered, what may be a part of one is not', () => {
    const held: PacketSpec = { p: '0010 0018 "abc"', t: 2048 };
    assert.deepEqual(told(receiveAac([held]).frames), [['abc', 2048]]);
    assert.deepEqual(told(receiveAac([held, { ...held, p: '0010 0018 "def"' }]).frames), []);
    assert.deepEqual(told(receiveAac([{ ...held, p: '0010 0020 "abc"' }]).frames), []);
    const fragments: PacketSpec[] = [
      { p: '0010 0008 "1"', t: 0 },
      { p: '0010 0008 "2"', t: 0, m: true },
    ];
    assert.deepEqual(told(receiveAac([...fragments, held]).frames), [['12', 0]]);
  });
});
