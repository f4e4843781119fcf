import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AudioFrame, Item } from '../../../lib/items.js';
import { type Mp4Track, readMp4 } from '../../read-mp4.js';
import { aac, frameBytes, g711 } from '../codec/audio-items.js';
import { rtpPackets, video } from '../codec/rtp-items.js';
import { audioFrames, audioRun, merged, pictures, playing, session } from './audio.js';
import { type Muxed, mux } from './mux.js';

/** The second track, or the only one if that is audio. */
function audioOf(bytes: Buffer | undefined): Mp4Track {
  const track = readMp4(bytes!).tracks.at(-1)!;
  assert.equal(track.handler, 'soun');
  return track;
}

const texts = (frames: readonly AudioFrame[]): string[] => frames.map((frame) => frameBytes(frame).toString('latin1'));
const datas = ({ samples }: Mp4Track): string[] => samples.map(({ data }) => data.toString('latin1'));

/** A fragment's content behind the fields that count fragments and bytes of the file. */
function videoMedia({ bytes, fragments }: Muxed): Buffer[] {
  return fragments
    .filter(({ track }) => track === 'video')
    .map(({ offset, length }) => {
      const data = Buffer.from(bytes.subarray(offset, offset + length));
      data.writeUInt32BE(0, 20); // sequence number
      return data;
    });
}

describe('an audio track beside video', () => {
  it('holds every frame from the video’s start on, in the fragmented and the closed file', async () => {
    const audio = audioRun(200);
    const { bytes, closed } = await mux([session(), ...merged(await pictures(100), audio)]);
    for (const file of [bytes, closed]) {
      const { tracks, info, file: boxes } = readMp4(file!);
      assert.deepEqual(
        tracks.map(({ id, handler, timescale }) => [id, handler, timescale]),
        [
          [1, 'vide', 90_000],
          [2, 'soun', 48_000],
        ],
      );
      const [, track] = tracks;
      assert.deepEqual(datas(track!), texts(audio));
      assert.ok(track!.samples.every(({ isSync, dts, cts }) => isSync && dts === cts));
      assert.equal(boxes.moov.mvhd.next_track_id, 3);
      const { tkhd, mdia } = boxes.moov.traks[1]!;
      assert.deepEqual([tkhd.volume, tkhd.alternate_group, tkhd.width, tkhd.height], [1, 0, 0, 0]);
      assert.ok(mdia.minf.smhd);
      assert.equal(info.tracks[1]!.codec, 'mp4a.40.2');
      assert.deepEqual([info.tracks[1]!.audio!.sample_rate, info.tracks[1]!.audio!.channel_count], [48_000, 1]);
    }
  });

  it('never changes the video: the same samples, tables and fragments as without', async () => {
    const units = await pictures(200, 20);
    for (const fragmentDurationMs of [0, 300, 1000, 5000]) {
      const alone = await mux([playing(video()), ...units], { fragmentDurationMs, tags: {} });
      const both = await mux([session(), ...merged(units, audioRun(380))], { fragmentDurationMs, tags: {} });
      assert.deepEqual(videoMedia(both), videoMedia(alone));
      const plain = ({ samples }: Mp4Track) => samples.map((sample) => ({ ...sample, offset: 0 }));
      assert.deepEqual(plain(readMp4(both.closed!).tracks[0]!), plain(readMp4(alone.closed!).tracks[0]!));
      const [before, after] = [alone, both].map(({ closed }) => readMp4(closed!).file.moov.traks[0]!);
      const { stts, stss, stsz, ctts } = before!.mdia.minf.stbl;
      const other = after!.mdia.minf.stbl;
      assert.deepEqual(
        [other.stts.sample_deltas, other.stss.sample_numbers, other.stsz.sample_sizes, other.ctts],
        [stts.sample_deltas, stss.sample_numbers, stsz.sample_sizes, ctts],
      );
    }
  });

  it('follows each fragment of the video as one of its own, for about the same span', async () => {
    const { fragments, chunks } = await mux([session(), ...merged(await pictures(130), audioRun(240))]);
    assert.deepEqual(
      fragments.map(({ track }) => track),
      fragments.map((_, i) => (i % 2 === 0 ? 'video' : 'audio')),
    );
    assert.equal(chunks.length, 1 + fragments.length);
    for (let i = 0; i < fragments.length; i += 2) {
      const [picture, sound] = [fragments[i]!, fragments[i + 1]!];
      const apart = sound.decodeTime / sound.timescale - picture.decodeTime / picture.timescale;
      assert.ok(Math.abs(apart) < 0.15, `fragment ${i}: ${apart} s`);
      assert.ok(sound.startsWithSync);
    }
    const numbers = chunks.slice(1).map((chunk) => chunk.readUInt32BE(20));
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
    );
  });

  it('Q142 durations are steps of RTP time as they come, the last frame has its own', async () => {
    const items = merged(await pictures(10), audioFrames([{ t: 0 }, { t: 1023 }, { t: 2049 }]));
    const { bytes, closed } = await mux([session(), ...items]);
    for (const file of [bytes, closed]) {
      assert.deepEqual(
        audioOf(file).samples.map(({ dts, duration }) => [dts, duration]),
        [
          [0, 1023],
          [1023, 1026],
          [2049, 1024],
        ],
      );
    }
  });

  it('Q106 a gap after loss: the frame before it lasts until the next one', async () => {
    const items = merged(await pictures(300), audioFrames([{ t: 0 }, { t: 1024 }, { t: 400_000, lost: 380 }]));
    for (const fragmentDurationMs of [200, 1000]) {
      const { bytes, closed } = await mux([session(), ...items], { fragmentDurationMs });
      for (const file of [bytes, closed]) {
        assert.deepEqual(
          audioOf(file).samples.map(({ dts, duration }) => [dts, duration]),
          [
            [0, 1024],
            [1024, 398_976],
            [400_000, 1024],
          ],
        );
      }
    }
  });

  it('Q103 times that step back or repeat: never a duration below one tick, and the time catches up', async () => {
    const times = [0, 1024, 1024, 500, 1030, 3000, -9, 4000];
    const audio = audioFrames(times.map((t, i) => ({ t, recv: BigInt(1 + i) * 21_000_000n })));
    const { bytes, closed } = await mux([session(), ...(await pictures(10)), ...audio]);
    for (const file of [bytes, closed]) {
      assert.deepEqual(
        audioOf(file).samples.map(({ dts }, i, [first]) => (i === 0 ? 0 : dts - first!.dts)),
        [0, 1024, 1025, 1026, 1030, 3000, 3001, 4000],
      );
      assert.deepEqual(datas(audioOf(file)), texts(audio));
    }
  });

  it('a gap of more ticks than the tables can hold ends nothing', async () => {
    const audio = audioFrames([{ t: 0 }, { t: 2 ** 33 }, { t: 2 ** 33 + 1024 }]);
    const { closed, bytes } = await mux([session(), ...(await pictures(5)), ...audio]);
    assert.deepEqual(datas(audioOf(bytes)), texts(audio));
    assert.deepEqual(
      audioOf(closed).samples.map(({ duration }) => duration),
      [2 ** 31 - 1, 2 ** 31 - 1, 1024],
    );
  });

  it('frames from before the first picture are left out, those that came during its transmission are not', async () => {
    // The key frame of time 0 takes 300 ms to come.
    const [key, ...others] = await pictures(60);
    const audio = audioRun(100, -24 * 1024);
    const sent = merged(audio, others);
    const at = sent.findIndex(
      ({ kind, ...item }) => kind === 'audioFrame' && (item as AudioFrame).recvFirst > 300_000_000n,
    );
    const { bytes } = await mux([session(), ...sent.slice(0, at), key!, ...sent.slice(at)] as Item[]);
    assert.deepEqual(datas(audioOf(bytes)), texts(audio.slice(24)));
    assert.equal(audioOf(bytes).samples[0]!.dts, 0);
  });

  it('G.711 as sent: its own sample entry, no roll group; AAC has one', async () => {
    const media = g711('pcmu');
    const audio = audioFrames(
      [0, 160, 320].map((t) => ({ t, size: 160 })),
      media,
    );
    const { closed } = await mux([playing(video(), media), ...merged(await pictures(10), audio)]);
    const table = (bytes: Buffer) => readMp4(bytes).file.moov.traks[1]!.mdia.minf.stbl;
    assert.equal((table(closed!).stsd.entries[0] as unknown as { type: string }).type, 'ulaw');
    assert.deepEqual(table(closed!).sgpds, []);
    const other = await mux([session(), ...merged(await pictures(10), audioRun(10))]);
    const { sgpds, sbgps, stss } = table(other.closed!);
    assert.deepEqual([sgpds[0]!.grouping_type, sbgps[0]!.grouping_type], ['roll', 'roll']);
    assert.deepEqual(
      sbgps[0]!.entries.map(({ sample_count }) => sample_count),
      [10],
    );
    assert.equal(stss, undefined, 'every frame is a sync sample');
  });

  it('only the first stream of audio is taken, whatever else comes', async () => {
    const other = g711('pcma', { index: 2 });
    const mine = audioRun(20);
    const foreign = audioFrames([{ t: 0, size: 160 }], other);
    const { bytes } = await mux([playing(video(), aac(), other), ...merged(await pictures(20), mine, foreign)]);
    assert.equal(readMp4(bytes).tracks.length, 2);
    assert.deepEqual(datas(audioOf(bytes)), texts(mine));
    const announced = aac();
    const late = audioRun(20, 48_000, announced);
    const units = await pictures(60);
    const items = merged(units, late, audioFrames([{ t: 90_000, size: 160 }], other));
    const second = await mux([playing(video(), announced, other), ...items]);
    assert.deepEqual(datas(audioOf(second.bytes)), texts(late));
  });

  it('a long group of pictures at a large fragment duration: audio waits for it, but not for ever', async () => {
    const units = await pictures(750, 750);
    const { fragments, bytes } = await mux([session(), ...merged(units, audioRun(1300))], {
      fragmentDurationMs: 60_000,
    });
    assert.deepEqual(
      fragments.map(({ track }) => track),
      ['video', 'audio'],
    );
    assert.equal(audioOf(bytes).samples.length, 1300);
  });

  it('audio goes on though the video does not: it is written by itself, in fragments of at most two seconds', async () => {
    const audio = audioRun(1000);
    const { fragments, bytes, chunks } = await mux([session(), ...merged(await pictures(30), audio)]);
    const alone = fragments.filter(({ track }) => track === 'audio');
    assert.ok(alone.length >= 10 && alone.every(({ duration }) => duration <= 2 * 48_000));
    assert.deepEqual(datas(audioOf(bytes)), texts(audio));
    assert.ok(chunks.every(({ length }) => length < 100_000));
  });

  it('video that stops before its first fragment is whole: audio neither waits nor grows for ever', async () => {
    const audio = audioRun(3000);
    const { fragments, bytes } = await mux([session(), ...merged(await pictures(5), audio)]);
    assert.deepEqual(datas(audioOf(bytes)), texts(audio));
    assert.equal(fragments.at(-2)!.track, 'video');
    assert.ok(fragments.every(({ track, duration }) => track === 'video' || duration <= 2 * 48_000));
  });

  it('audio that comes long before the video: only the last of it is kept in memory', async () => {
    const audio = audioRun(2000, -2000 * 1024);
    const units = await pictures(60);
    const { bytes } = await mux([session(), ...audio, ...merged(units, audioRun(100))]);
    assert.equal(audioOf(bytes).samples.length, 100);
  });
});

describe('whatever times audio has', () => {
  it('the video is as it would be alone, and the audio is in the file in order with rising times', async () => {
    const units = await pictures(60, 20);
    const alone = videoMedia(await mux([playing(video()), ...units], { fragmentDurationMs: 300, tags: {} }));
    const step = fc.oneof(
      fc.constant(1024),
      fc.integer({ min: -5000, max: 5000 }),
      fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    );
    const property = fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(60), step, fc.nat(300)), { maxLength: 200 }),
      async (plan) => {
        let t = 0;
        const specs = plan.map(([, by, size]) => {
          t += by;
          return { t, size: 2 + size };
        });
        const frames = audioFrames(specs);
        const items: Item[] = [session(), ...units];
        // Behind so many pictures each, in any order.
        for (const [i, [behind]] of plan.entries()) items.splice(Math.min(items.length, 1 + behind + i), 0, frames[i]!);
        const sent = items.filter((item): item is AudioFrame => item.kind === 'audioFrame');
        const muxed = await mux(items, { fragmentDurationMs: 300, tags: {} });
        assert.deepEqual(videoMedia(muxed), alone);
        const { samples } = readMp4(muxed.bytes).tracks[1]!;
        assert.deepEqual(
          samples.map(({ data }) => data.toString('latin1')),
          texts(sent).slice(sent.length - samples.length),
          'but for those from before the video',
        );
        for (const { duration } of samples) assert.ok(duration >= 1);
        const closed = readMp4(muxed.closed!).tracks[1]?.samples ?? [];
        assert.deepEqual(
          closed.map(({ dts }) => dts),
          samples.map(({ dts }) => dts - samples[0]!.dts),
        );
      },
    );
    await fc.assert(property, { numRuns: 60, includeErrorInReport: true });
  });
});

describe('audio of which nothing comes', () => {
  it('is announced: an empty track in the fragmented file, none in the closed one', async () => {
    const { bytes, closed } = await mux([session(), ...(await pictures(30))]);
    assert.deepEqual(
      readMp4(bytes).tracks.map(({ samples }) => samples.length),
      [30, 0],
    );
    assert.equal(readMp4(closed!).tracks.length, 1);
    assert.equal(readMp4(closed!).file.moov.mvhd.next_track_id, 2);
  });

  it('its packets come, but no stage makes frames of them: no track', async () => {
    const media = aac();
    const [packet] = rtpPackets(media, [{ p: '0010 0018 "abc"', m: true }]);
    const { bytes } = await mux([playing(video(), media), packet!, ...(await pictures(30))]);
    assert.equal(readMp4(bytes).tracks.length, 1);
  });

  it('it is not set up, or of no use: no track', async () => {
    for (const media of [aac({ setup: undefined }), aac({ fmtp: undefined }), aac({ encodingName: 'opus' })]) {
      const { bytes } = await mux([playing(video(), media), ...(await pictures(3))]);
      assert.equal(readMp4(bytes).tracks.length, 1);
    }
  });
});

describe('audio alone', () => {
  const alone = () => playing({ ...video(), setup: undefined }, aac());

  it('makes the file where no video is set up, from its first frame on', async () => {
    const audio = audioRun(150, 7000);
    const { bytes, closed, fragments, starts } = await mux([alone(), ...audio]);
    assert.deepEqual(
      fragments.map(({ track, samples }) => [track, samples]),
      [
        ['audio', 46],
        ['audio', 46],
        ['audio', 46],
        ['audio', 12],
      ],
    );
    assert.equal(starts[0], audio[0]);
    for (const file of [bytes, closed]) {
      const { tracks } = readMp4(file!);
      assert.deepEqual(
        tracks.map(({ id, handler }) => [id, handler]),
        [[1, 'soun']],
      );
      assert.deepEqual(datas(tracks[0]!), texts(audio));
      assert.equal(tracks[0]!.samples[0]!.dts, 0);
    }
    const { info, tracks } = readMp4(closed!);
    assert.deepEqual(tracks[0]!.edits, [{ duration: 3200, mediaTime: 0 }]);
    assert.deepEqual([info.duration, info.timescale], [3200, 1000]);
  });

  it('fragments of one frame each on request', async () => {
    const { fragments } = await mux([alone(), ...audioRun(10)], { fragmentDurationMs: 0 });
    assert.equal(fragments.length, 10);
  });

  it('pictures of a stream that is not set up are left out', async () => {
    const { bytes } = await mux([alone(), ...audioRun(60), ...(await pictures(3)), ...audioRun(5, 60 * 1024)]);
    assert.deepEqual(
      readMp4(bytes).tracks.map(({ handler, samples }) => [handler, samples.length]),
      [['soun', 65]],
    );
  });

  it('nothing is written where video is set up but none comes', async () => {
    assert.equal((await mux([session(), ...audioRun(1000)])).bytes.length, 0);
  });
});
