import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ParameterSets } from '../../../lib/codec/h264-parameters.js';
import type { Presentation } from '../../../lib/items.js';
import { initSegment } from '../../../lib/mp4/init-segment.js';
import type { MovieTags } from '../../../lib/mp4/tags.js';
import { programName } from '../../../lib/version.js';
import { readMp4 } from '../../read-mp4.js';
import { pps, sps } from '../camera/h264-writer.js';
import { video } from '../codec/rtp-items.js';
import { frames, mux } from './mux.js';

const CREATED = BigInt(Date.parse('2024-02-17T20:14:34.013Z')) * 1_000_000n;

function segment(tags: MovieTags = {}): Buffer {
  const sets = new ParameterSets();
  sets.update([sps(), pps()]);
  const format = { kind: 'video', parameters: [sets.current!] } as const;
  return initSegment([{ id: 1, timescale: 90_000, format }], { creationTime: CREATED, tags });
}

/** The metadata items of a file by name, found by a walk of their own over moov/udta/meta/ilst. */
function readTags(bytes: Buffer): Map<string, string> {
  const children = (data: Buffer): [string, Buffer][] => {
    const found: [string, Buffer][] = [];
    for (let at = 0; at < data.length; at += data.readUInt32BE(at)) {
      found.push([data.toString('latin1', at + 4, at + 8), data.subarray(at + 8, at + data.readUInt32BE(at))]);
    }
    return found;
  };
  const child = (data: Buffer, type: string): Buffer => children(data).find(([name]) => name === type)![1];
  const meta = child(child(child(bytes, 'moov'), 'udta'), 'meta').subarray(4);
  assert.equal(child(meta, 'hdlr').toString('latin1', 8, 16), 'mdirappl');
  const tags = new Map<string, string>();
  for (const [type, content] of children(child(meta, 'ilst'))) {
    const data = child(content, 'data');
    assert.equal(data.readUInt32BE(0), 1, 'UTF-8');
    tags.set(type, data.toString('utf8', 8));
  }
  return tags;
}

describe('initSegment', () => {
  it('is ftyp, a free box of 16 bytes, moov', () => {
    const { boxes, file, info } = readMp4(segment());
    assert.deepEqual(
      boxes.map(({ type }) => type),
      ['ftyp', 'free', 'moov'],
    );
    assert.equal(boxes[1]!.size, 16);
    assert.equal(boxes[1]!.start, boxes[0]!.size);
    assert.equal(boxes[0]!.start, 0);
    assert.ok(info.isFragmented);
    assert.equal(file.ftyp.major_brand, 'isom');
    for (const brand of ['isom', 'iso6', 'avc1', 'mp41']) assert.ok(file.ftyp.compatible_brands.includes(brand), brand);
  });

  it('has the start as creation time, the media timescale, one video track of the size of the SPS', () => {
    const { file, info } = readMp4(segment());
    assert.equal(info.created.toISOString(), '2024-02-17T20:14:34.000Z');
    const [track, ...more] = info.tracks;
    assert.equal(more.length, 0);
    assert.deepEqual([track!.id, track!.timescale, track!.video?.width, track!.video?.height], [1, 90_000, 64, 64]);
    assert.deepEqual([track!.track_width, track!.track_height], [64, 64]);
    const { mdia } = file.moov.traks[0]!;
    assert.equal(mdia.hdlr.handler, 'vide');
    const { stsd, stts, stsc, stsz } = mdia.minf.stbl;
    assert.deepEqual(
      [stsd.entries.length, stts.sample_counts.length, stsc.first_chunk.length, stsz.sample_count],
      [1, 0, 0, 0],
    );
    assert.deepEqual([file.moov.mvhd.next_track_id, info.timescale], [2, 1000]);
    assert.equal(file.moov.mvex!.trexs[0]!.track_id, 1);
  });

  it('has tags for whoever finds the file', () => {
    const all = { url: 'rtsp://camera/live', name: 'Häuschen', host: 'recorder', encoder: 'retina-record 9' };
    assert.deepEqual(
      readTags(segment(all)),
      new Map([
        ['©nam', 'Häuschen'],
        ['©cmt', 'rtsp://camera/live'],
        ['desc', 'recorded on recorder'],
        ['©too', 'retina-record 9'],
      ]),
    );
    assert.deepEqual(readTags(segment()), new Map());
    assert.equal(readTags(segment({ url: 'rtsp://camera/' })).get('©nam'), 'rtsp://camera/', 'without a name the URL');
  });

  it('cuts a long tag', () => {
    assert.equal(readTags(segment({ name: 'x'.repeat(5000) })).get('©nam'), 'x'.repeat(1024));
  });

  it('has the tags of the presentation where the muxer is given none', async () => {
    const presentation: Presentation = {
      kind: 'presentation',
      media: [video()],
      url: 'rtsp://camera/live',
      baseUrl: 'rtsp://camera/live/',
      controlUrl: 'rtsp://camera/live/',
      name: 'Garden',
    };
    const units = await frames([{ kind: 'idr', t: 0 }]);
    const byItem = readTags((await mux([presentation, ...units])).bytes);
    assert.deepEqual(
      [byItem.get('©nam'), byItem.get('©cmt'), byItem.get('©too')],
      ['Garden', 'rtsp://camera/live', programName()],
    );
    const byOption = readTags((await mux([presentation, ...units], { tags: { name: 'Other' } })).bytes);
    assert.deepEqual([...byOption], [['©nam', 'Other']]);
  });
});
