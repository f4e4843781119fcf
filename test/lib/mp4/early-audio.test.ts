import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EarlyAudio } from '../../../lib/mp4/early-audio.js';
import { audioFrames, audioRun } from './audio.js';

describe('EarlyAudio', () => {
  it('says when more than 512 frames wait, and gives up the oldest', () => {
    const frames = audioRun(600);
    const early = new EarlyAudio();
    const full = frames.map((frame) => {
      const isFull = early.add(frame);
      if (isFull) early.drop();
      return isFull;
    });
    assert.deepEqual([full.indexOf(true), full.lastIndexOf(false)], [512, 511]);
    const times = early.take().map(({ extendedTimestamp }) => extendedTimestamp);
    assert.deepEqual(
      times,
      frames.slice(-512).map(({ extendedTimestamp }) => extendedTimestamp),
    );
    assert.deepEqual([early.take(), early.add(frames[0]!)], [[], false]);
  });

  it('says when more than 1 MiB waits', () => {
    const early = new EarlyAudio();
    const frames = audioFrames(Array.from({ length: 4 }, (_, i) => ({ t: i, size: 300_000 })));
    assert.deepEqual(
      frames.map((frame) => early.add(frame)),
      [false, false, false, true],
    );
    early.drop();
    assert.equal(early.add(audioFrames([{ t: 5, size: 10 }])[0]!), false);
  });

  it('large frames behind many small ones: never more than 1 MiB is kept', () => {
    const early = new EarlyAudio();
    const sizes = Array.from({ length: 700 }, (_, t) => ({ t, size: t < 500 ? 10 : 60_000 }));
    for (const frame of audioFrames(sizes)) if (early.add(frame)) early.drop();
    const kept = early.take();
    assert.ok(kept.reduce((sum, { byteLength }) => sum + byteLength, 0) <= 1024 * 1024);
    assert.deepEqual([kept.length, kept.at(-1)!.extendedTimestamp], [17, 699]);
  });

  it('keeps copies, so that the chunks that the frames came in can be given up', () => {
    const [frame] = audioFrames([{ t: 0, size: 6 }]);
    const early = new EarlyAudio();
    early.add(frame!);
    const [kept] = early.take();
    assert.deepEqual(Buffer.concat(kept!.parts), Buffer.concat(frame!.parts));
    assert.notEqual(kept!.parts[0]!.buffer, frame!.parts[0]!.buffer);
    assert.deepEqual({ ...kept, parts: [] }, { ...frame, parts: [] });
  });
});
