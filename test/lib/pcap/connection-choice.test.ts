import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TCP_SYN } from '../../../lib/pcap/transport.js';
import * as make from './synthesize.js';

const { SESSION, HANDSHAKE, PLAYED_TEXT, raw } = make;

describe('pcapSource: which connection', () => {
  const probe = [make.client('OPTIONS * RTSP/1.0\nCSeq: 1\n\n'), make.server('RTSP/1.0 200 OK\nCSeq: 1\n\n')];
  const other = { address: make.CLIENT.address, port: 50001 };
  const third = { address: make.CLIENT.address, port: 50002 };
  const second = [...HANDSHAKE, make.server(PLAYED_TEXT, make.frame(0, 500))];
  const capture = raw([
    ...make.conversation(probe),
    ...make.conversation(SESSION, { ends: [other, make.SERVER] }),
    ...make.conversation(second, { ends: [third, make.SERVER] }),
  ]);

  it('takes the first one that plays', async () => {
    assert.deepEqual(make.chunkBytes(await make.itemsOf(capture)), make.serverBytes(SESSION));
  });

  it('takes the one with the number asked for', async () => {
    assert.deepEqual(make.chunkBytes(await make.itemsOf(capture, { connection: 0 })), make.serverBytes(probe));
    assert.deepEqual(make.chunkBytes(await make.itemsOf(capture, { connection: 2 })), make.serverBytes(second));
    await assert.rejects(make.itemsOf(capture, { connection: 3 }), /no RTSP connection number 3 \(found 3/);
  });

  it('takes one with the port asked for', async () => {
    assert.deepEqual(make.chunkBytes(await make.itemsOf(capture, { port: 50002 })), make.serverBytes(second));
    await assert.rejects(make.itemsOf(capture, { port: 8554 }), /with port 8554/);
  });

  it('takes the first one if none plays', async () => {
    const items = await make.itemsOf(raw(make.conversation(probe)));
    assert.deepEqual(make.chunkBytes(items), make.serverBytes(probe));
  });

  it('tells a connection from an earlier one between the same ports', async () => {
    const again = [...make.conversation(probe), ...make.conversation(SESSION, { sequences: [5, 6] })];
    assert.deepEqual(make.chunkBytes(await make.itemsOf(raw(again))), make.serverBytes(SESSION));
  });

  it('forgets the oldest of many that do not play', async () => {
    const probes = Array.from({ length: 70 }, (_, i) => {
      const ends = [{ address: make.CLIENT.address, port: 1000 + i }, make.SERVER] as const;
      return make.conversation([probe[0]!, make.server(`RTSP/1.0 200 OK\nCSeq: 1\nX: ${i}\n\n`)], { ends });
    });
    const playing = make.conversation(SESSION);
    const items = await make.itemsOf(raw([...playing.slice(0, 4), ...probes.flat(), ...playing.slice(4)]), {
      port: 50000,
    });
    assert.deepEqual(make.chunkBytes(items), make.serverBytes(SESSION));
    const left = await make.itemsOf(raw(probes.flat()));
    assert.match(make.chunkBytes(left).toString(), /X: 6\r/);
  });

  it('keeps no more than a megabyte while it waits: a connection with more is the one', async () => {
    const chatty = Array.from({ length: 12 }, (_, i) =>
      make.server(`RTSP/1.0 200 OK\nCSeq: ${i}\nContent-Length: 100000\n\n`, Buffer.alloc(100000)),
    );
    const packets = make.conversation([
      probe[0]!,
      ...chatty.flatMap(({ data }) => [make.server(data.subarray(0, 60000)), make.server(data.subarray(60000))]),
    ]);
    const items = await make.itemsOf(raw([...packets, ...make.conversation(SESSION, { ends: [other, make.SERVER] })]));
    assert.deepEqual(make.chunkBytes(items), make.serverBytes(chatty));
  });

  it('survives more connections than are followed', async () => {
    const syns = Array.from({ length: 5000 }, (_, i) => {
      const from = { address: Buffer.from([10, 1, i >> 8, i & 255]), port: 1000 };
      return make.tcpPacket(from, make.SERVER, 1, '', { flags: TCP_SYN });
    });
    const packets = make.conversation(SESSION);
    const items = await make.itemsOf(raw([...packets.slice(0, 6), ...syns, ...packets.slice(6)]));
    assert.deepEqual(make.chunkBytes(items), make.serverBytes(SESSION));
  });
});
