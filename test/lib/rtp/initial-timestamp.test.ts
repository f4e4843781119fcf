import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MediaDescription } from '../../../lib/items.js';
import {
  INITIAL_TIMESTAMP_POLICIES,
  type InitialTimestampPolicy,
  initialTimestamps,
} from '../../../lib/rtp/initial-timestamp.js';
import { audio, video } from './packets.js';

const known: readonly MediaDescription[] = [video({ rtpInfo: { rtptime: 5 } }), audio({ rtpInfo: { rtptime: 0 } })];
const oneMissing: readonly MediaDescription[] = [video({ rtpInfo: { rtptime: 5 } }), audio({ rtpInfo: { seq: 7 } })];

function zeros(media: readonly MediaDescription[], policy: InitialTimestampPolicy): unknown {
  const { zeros, warning } = initialTimestamps(media, policy);
  return warning === undefined ? [...zeros] : { zeros: [...zeros], warning };
}

describe('--initial-timestamp', () => {
  it('Q69 with one stream rtptime is never looked at and never missed', () => {
    for (const policy of INITIAL_TIMESTAMP_POLICIES) {
      assert.deepEqual(zeros(known.slice(0, 1), policy), []);
      assert.deepEqual(zeros(oneMissing.slice(1), policy), []);
      assert.deepEqual(zeros([], policy), []);
    }
  });

  it('Q69 streams that were not set up do not count', () => {
    const notSetUp = { ...audio(), setup: undefined };
    for (const policy of INITIAL_TIMESTAMP_POLICIES) assert.deepEqual(zeros([known[0]!, notSetUp], policy), []);
    assert.deepEqual(zeros([...known, { ...notSetUp, index: 2 }], 'require'), [
      [0, 5],
      [1, 0],
    ]);
  });

  it('Q69 with several streams and all rtptimes known, all are used', () => {
    for (const policy of ['default', 'require', 'permissive'] as const)
      assert.deepEqual(zeros(known, policy), [
        [0, 5],
        [1, 0],
      ]);
    assert.deepEqual(zeros(known, 'ignore'), []);
  });

  it('Q69 with one rtptime missing none is used: an error, a warning or silence, H264DVR', () => {
    assert.throws(() => initialTimestamps(oneMissing, 'require'), {
      code: 'rtp-info-missing',
      message: /no usable rtptime for rtsp:\/\/192\.0\.2\.1\/trackID=1; try --initial-timestamp permissive/,
    });
    assert.deepEqual(zeros(oneMissing, 'permissive'), []);
    assert.deepEqual(zeros(oneMissing, 'ignore'), []);
    const { zeros: none, warning } = initialTimestamps(oneMissing, 'default');
    assert.equal(none.size, 0);
    assert.match(warning!, /trackID=1: every stream starts at its own first packet/);
  });
});
