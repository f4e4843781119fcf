import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createFile, type MP4BoxBuffer } from 'mp4box';
import type { AudioConfig } from '../../../lib/codec/audio-config.js';
import { audioSampleEntry } from '../../../lib/mp4/audio-sample-entry.js';
import { box, fullBox, u32 } from '../../../lib/mp4/box.js';
import { rollDescription, rollSamples } from '../../../lib/mp4/roll-group.js';
import { aac, g711, HBR, usableConfig } from '../codec/audio-items.js';

/** mp4box's names for what is looked at here. */
interface SampleTable {
  stsd: { entries: (Entry & Record<string, unknown>)[] };
  sgpds: { grouping_type: string; version: number; entries: { roll_distance: number }[] }[];
  sbgps: { grouping_type: string; entries: { sample_count: number; group_description_index: number }[] }[];
}
interface Entry {
  type: string;
  data_reference_index: number;
  channel_count: number;
  samplesize: number;
  samplerate: number;
  data?: Uint8Array;
  esds?: { esd: Descriptor };
  getCodec(): string;
}
interface Descriptor {
  tag: number;
  size: number;
  descs: Descriptor[];
  oti?: number;
  streamType?: number;
  upStream?: boolean;
  bufferSize?: number;
  maxBitrate?: number;
  avgBitrate?: number;
  data?: Uint8Array;
}

/** A sample table as mp4box reads it. */
function read(...boxes: Buffer[]): SampleTable {
  const handler = fullBox('hdlr', 0, 0, u32(0), Buffer.from('soun'), u32(0, 0, 0), Buffer.of(0));
  const media = box('mdia', handler, box('minf', box('stbl', ...boxes)));
  const bytes = Buffer.concat([
    box('ftyp', Buffer.from('isom'), u32(0), Buffer.from('isom')),
    box('moov', box('trak', media)),
  ]);
  const file = createFile(true);
  file.onError = (_module: string, message: string) => assert.fail(message);
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as MP4BoxBuffer;
  copy.fileStart = 0;
  file.appendBuffer(copy, true);
  const moov = file.boxes[1] as unknown as { traks: { mdia: { minf: { stbl: SampleTable } } }[] };
  return moov.traks[0]!.mdia.minf.stbl;
}

const entryOf = (config: AudioConfig) => read(fullBox('stsd', 0, 0, u32(1), audioSampleEntry(config))).stsd.entries[0]!;

describe('audio sample entries', () => {
  it('Q138 mp4a: rate, channels, and the config as the camera sent it, all of it', () => {
    const entry = entryOf(usableConfig(aac({ fmtp: HBR.replace('1188', '119056E500') })));
    assert.equal(entry.type, 'mp4a');
    assert.equal(entry.getCodec(), 'mp4a.40.2');
    assert.deepEqual(
      [entry.data_reference_index, entry.channel_count, entry.samplesize, entry.samplerate],
      [1, 2, 16, 48_000],
    );
    const stream = entry.esds!.esd;
    const [decoder, layer] = stream.descs;
    const [info] = decoder!.descs;
    assert.deepEqual([stream.tag, decoder!.tag, info!.tag, layer!.tag], [3, 4, 5, 6]);
    assert.deepEqual([decoder!.oti, decoder!.streamType, decoder!.upStream], [0x40, 5, false]);
    // 6144 bits a frame and channel, 46.875 frames a second
    assert.deepEqual([decoder!.bufferSize, decoder!.maxBitrate, decoder!.avgBitrate], [1536, 576_000, 0]);
    assert.equal(Buffer.from(info!.data!).toString('hex'), '119056e500');
    assert.deepEqual(Buffer.from(layer!.data!), Buffer.of(2));
  });

  it('Q138 an odd rate is written as it is, up to 65535 Hz', () => {
    const config = { ...usableConfig(aac()), sampleRate: 65_535, channels: 8 };
    assert.deepEqual([entryOf(config).samplerate, entryOf(config).channel_count], [65_535, 8]);
  });

  for (const [encodingName, type] of [
    ['pcma', 'alaw'],
    ['pcmu', 'ulaw'],
  ] as const) {
    it(`Q143 ${encodingName}: ${type}`, () => {
      const bytes = audioSampleEntry(usableConfig(g711(encodingName, { channels: 2 })));
      const header = `00000024${Buffer.from(type).toString('hex')}`;
      // Reserved and data reference, reserved, channels and bits, reserved, rate.
      const fields = ['000000000000 0001', '0000000000000000', '0002 0010', '00000000', '1f400000'];
      assert.equal(bytes.toString('hex'), header + fields.join('').replaceAll(' ', ''));
    });
  }

  it('holds a config of any length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20_000 }), (length) => {
        const specificConfig = Buffer.alloc(length, 0x11);
        const entry = entryOf({ codec: 'aac', sampleRate: 8000, channels: 1, frameLength: 1024, specificConfig });
        assert.deepEqual(Buffer.from(entry.esds!.esd.descs[0]!.descs[0]!.data!), specificConfig);
      }),
      { numRuns: 50 },
    );
  });
});

describe('roll groups', () => {
  it('all samples are in the one group: decode one frame ahead', () => {
    const { sgpds, sbgps } = read(rollDescription(), rollSamples(70_000));
    assert.deepEqual(
      sgpds.map(({ grouping_type, version, entries }) => [grouping_type, version, entries.map((e) => e.roll_distance)]),
      [['roll', 1, [-1]]],
    );
    assert.deepEqual(
      sbgps.map(({ grouping_type, entries }) => [
        grouping_type,
        entries.map((e) => [e.sample_count, e.group_description_index]),
      ]),
      [['roll', [[70_000, 1]]]],
    );
  });
});
