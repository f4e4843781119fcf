import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as make from './synthesize.js';

const { PLAYED_TEXT, START, STEP, raw, kinds, presentations } = make;

describe('pcapSource: media over UDP', () => {
  const setup = make.client(
    'SETUP rtsp://10.0.0.2/live/track1 RTSP/1.0\nCSeq: 2\nTransport: RTP/AVP;unicast;client_port=6000-6001\n\n',
  );
  const answer = (extra: string) =>
    make.server(`RTSP/1.0 200 OK\nCSeq: 2\nSession: 1\nTransport: RTP/AVP;unicast;client_port=6000-6001${extra}\n\n`);
  const turns = (extra: string) => [
    make.DESCRIBE,
    make.DESCRIBED,
    setup,
    answer(extra),
    make.PLAY,
    make.server(PLAYED_TEXT),
  ];
  const datagram = (address: Buffer, from: number, to: number, n: number) =>
    make.udpPacket({ address, port: from }, { address: make.CLIENT.address, port: to }, make.media(to % 2, n));
  const camera = make.SERVER.address;

  it('datagrams of the agreed ports become interleaved items', async () => {
    const packets = [
      ...make.conversation(turns(';server_port=7000-7001')),
      datagram(camera, 7000, 6000, 7),
      datagram(camera, 7001, 6001, 8),
      datagram(camera, 7000, 6002, 9),
      make.udpPacket({ address: make.CLIENT.address, port: 6001 }, { address: camera, port: 7001 }, make.media(1, 1)),
      datagram(camera, 7000, 6000, 10),
    ];
    const items = await make.itemsOf(raw(packets));
    assert.deepEqual(kinds(items), [
      'chunk',
      'chunk',
      'presentation',
      'chunk',
      'interleaved',
      'interleaved',
      'interleaved',
    ]);
    assert.deepEqual(presentations(items)[0]!.media[0]!.setup, { rtpChannel: 0, rtcpChannel: 1, ssrc: undefined });
    const frames = items.filter((item) => item.kind === 'interleaved');
    assert.deepEqual(
      frames.map(({ channel, position, data }) => [channel, position, data.readUInt16BE(2)]),
      [
        [0, 0, 7],
        [1, 100, 8],
        [0, 200, 10],
      ],
    );
    assert.equal(frames[2]!.recv, START + BigInt(packets.length - 1) * STEP);
  });

  it('Q148 camera that sends from other ports or announces none: taken; from other hosts: dropped', async () => {
    for (const extra of ['', ';server_port=0', ';server_port=7000', ';source=cam.local']) {
      const packets = [
        ...make.conversation(turns(extra)),
        datagram(camera, 9999, 6000, 7),
        datagram(Buffer.from([10, 0, 0, 9]), 7000, 6000, 8),
      ];
      const items = await make.itemsOf(raw(packets));
      assert.equal(kinds(items).filter((kind) => kind === 'interleaved').length, 1, extra);
    }
    const packets = [
      ...make.conversation(turns(';source=10.0.0.9')),
      datagram(Buffer.from([10, 0, 0, 9]), 7000, 6000, 8),
    ];
    assert.equal((await make.itemsOf(raw(packets))).at(-1)!.kind, 'interleaved');
  });

  it('media before the answer to PLAY get the presentation first', async () => {
    const packets = make.conversation(turns(';server_port=7000-7001'));
    const items = await make.itemsOf(
      raw([...packets.slice(0, -2), datagram(camera, 7000, 6000, 6), ...packets.slice(-2)]),
    );
    assert.deepEqual(kinds(items), ['chunk', 'chunk', 'presentation', 'interleaved', 'chunk']);
  });

  it('Q149 datagrams in IP fragments (Tapo, 10 kB) are joined, incomplete ones counted', async () => {
    const big = make.udpPacket(
      { address: camera, port: 7000 },
      { address: make.CLIENT.address, port: 6000 },
      make.media(0, 7, 10000),
    );
    const fragments = make.fragment(big, 1480);
    const packets = [...make.conversation(turns('')), ...fragments.toReversed(), fragments[0]!];
    const items = await make.itemsOf(raw(packets));
    assert.deepEqual(kinds(items).slice(3), ['chunk', 'interleaved', 'fault truncated']);
    const joined = items.find((item) => item.kind === 'interleaved');
    assert.ok(joined?.kind === 'interleaved');
    assert.deepEqual(joined.data, make.media(0, 7, 10000));
    const fault = items.at(-1)!;
    assert.ok(fault.kind === 'fault');
    assert.match(fault.message, /^1 fragmented IP packets are incomplete/);
  });
});
