import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RetinaRecordError } from '../../lib/errors.js';
import { RtpParser } from '../../transforms/index.js';
import { pass } from '../transforms/items.js';
import { interleaved, presentation, rtp, video } from './rtp/packets.js';

describe('RetinaRecordError', () => {
  it('says where it happened, as far as that is known', () => {
    const context = {
      connection: 'cam:554',
      stream: 'rtsp://cam/1',
      sequenceNumber: 7,
      position: 9,
      recv: 1_000_000_000n,
    };
    assert.equal(
      new RetinaRecordError('code', 'what', context).message,
      'what (connection cam:554, stream rtsp://cam/1, seq 7, byte 9, at 1970-01-01T00:00:01.000Z)',
    );
    assert.equal(new RetinaRecordError('code', 'what').message, 'what');
  });

  it('can be told more of that, and keeps what it says, its cause and its stack', () => {
    const cause = new Error('why');
    const error = new RetinaRecordError('code', 'what', { position: 9 }, { cause });
    const more = error.within({ connection: 'cam:554', position: 1 });
    assert.deepEqual(
      [more.code, more.message, more.cause, more.context],
      ['code', 'what (connection cam:554, byte 9)', cause, { connection: 'cam:554', position: 9 }],
    );
    assert.match(more.stack!, /^\w+: what \(connection cam:554, byte 9\)\n {4}at /);
    assert.equal('cause' in error.within({}), true);
    assert.equal('cause' in new RetinaRecordError('code', 'what').within({}), false);
  });

  const control = 'rtsp://10.0.0.2/user=admin_password=s3cret_channel=1/trackID=1';

  it('has no password that stands in a URL', async () => {
    const error = new RetinaRecordError('code', 'what', { stream: control });
    assert.ok(!JSON.stringify([error.message, error.context, error.stack]).includes('s3cret'));
    assert.match(error.message, /user=admin_password=\*\*\*_channel=1/);
  });

  it('nor do errors and faults of stages have any', async () => {
    const media = [video({ control, rtpInfo: {} }), { ...video({ control, rtpInfo: {} }), index: 1 }];
    const packets = [rtp({ seq: 10 }), rtp({ seq: 5 })].map((data) => interleaved(0, data));
    for (const initialTimestamp of ['default', 'require'] as const) {
      const { items, error } = await pass([presentation(media), ...packets], new RtpParser({ initialTimestamp }));
      const said = items.map((item) => (item.kind === 'fault' ? item.message : '')).join() + error!.message;
      assert.match(said, /10\.0\.0\.2/);
      assert.ok(!said.includes('s3cret'), said);
    }
  });
});
