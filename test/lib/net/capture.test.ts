import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import type { CaptureSink } from '../../../lib/net/capture.js';
import { maskAuthorization } from '../../../lib/net/capture.js';
import { connect } from '../../../lib/net/connect.js';
import { FakeCamera, frame, status, wellBehaved } from './fake-camera.js';

interface Event {
  readonly connection: number;
  readonly what: 'sent' | 'received' | 'closed';
  readonly data: string;
  readonly at: bigint;
}

/** A sink that keeps everything. */
function recorder(): { sink: CaptureSink; events: Event[]; ends: string[] } {
  const events: Event[] = [];
  const ends: string[] = [];
  const sink: CaptureSink = {
    open: (client, server) => {
      const connection = ends.push(`${client.address} ${server.address}:${server.port}`) - 1;
      const add = (what: Event['what'], data: string, at: bigint) => events.push({ connection, what, data, at });
      return {
        sent: (data, at) => add('sent', data.toString('latin1'), at),
        received: (data, at) => add('received', data.toString('latin1'), at),
        closed: (at) => add('closed', '', at),
      };
    },
  };
  return { sink, events, ends };
}

describe('capture of a session', () => {
  it('has both directions in order, with the times of the chunks, and no credentials', async (t) => {
    const camera = await FakeCamera.start((received, fake) => {
      if (!/^Authorization: Basic /m.test(received.raw) && received.method === 'DESCRIBE') {
        return status(401, 'Unauthorized', 'WWW-Authenticate: Basic realm="x"');
      }
      if (received.method === 'PLAY') {
        fake.reply(received, wellBehaved(received));
        return Buffer.concat([frame(0, '80600001'), Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n')]);
      }
      return wellBehaved(received);
    });
    t.after(() => camera.close());
    const { sink, events, ends } = recorder();
    const session = await connect(camera.url, { username: 'viewer', password: 'sesame', capture: sink });
    await once(camera, 'response');
    const chunks: bigint[] = [];
    session.source.on('data', (item) => {
      if (item.kind === 'chunk') chunks.push(item.recv);
    });
    session.stop();
    await once(session.source, 'end');
    await session.close();
    assert.deepEqual(ends, [`127.0.0.1 127.0.0.1:${camera.port}`]);
    const sent = events.filter(({ what }) => what === 'sent').map(({ data }) => data);
    assert.deepEqual(
      sent.map((data) => data.split(' ', 1)[0]),
      ['DESCRIBE', 'DESCRIBE', 'SETUP', 'PLAY', 'RTSP/1.0', 'TEARDOWN'],
    );
    // The camera got the same messages, but for the secret.
    const basic = Buffer.from('viewer:sesame').toString('base64');
    const requests = sent.filter((data) => !data.startsWith('RTSP'));
    assert.ok(camera.requests.at(-1)!.raw.includes(basic));
    for (const [i, { raw }] of camera.requests.entries()) {
      assert.ok(raw.endsWith(requests[i]!.replace('Basic ***', `Basic ${basic}`)), raw);
    }
    assert.ok(events.every(({ data }) => !data.includes(basic) && !data.includes('sesame')));
    // Times never go back, and those of the media are the chunks' own.
    for (let i = 1; i < events.length; i++) assert.ok(events[i]!.at >= events[i - 1]!.at);
    const received = events.filter(({ what }) => what === 'received');
    assert.ok(chunks.length > 0 && chunks.every((recv) => received.some(({ at }) => at === recv)));
    assert.equal(events.at(-1)!.what, 'closed');
  });

  it('has each connection of a redirect apart', async (t) => {
    const target = await FakeCamera.start();
    const first = await FakeCamera.start(() => status(302, 'Found', `Location: ${target.url}`));
    t.after(() => Promise.all([target.close(), first.close()]));
    const { sink, events, ends } = recorder();
    await (await connect(first.url, { capture: sink })).close();
    assert.deepEqual(ends, [`127.0.0.1 127.0.0.1:${first.port}`, `127.0.0.1 127.0.0.1:${target.port}`]);
    assert.deepEqual(
      events.filter(({ what }) => what === 'closed').map(({ connection }) => connection),
      [0, 1],
    );
  });

  it('masks every kind of authorization, whatever its spelling', () => {
    assert.deepEqual(
      maskAuthorization([
        ['CSeq', '1'],
        ['authorization', 'Digest username="v", response="s"'],
        ['Proxy-Authorization', 'secret'],
        ['X-Authorization-Not', 'kept'],
      ]),
      [
        ['CSeq', '1'],
        ['authorization', 'Digest ***'],
        ['Proxy-Authorization', '***'],
        ['X-Authorization-Not', 'kept'],
      ],
    );
  });
});
