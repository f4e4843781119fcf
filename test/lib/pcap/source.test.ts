import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RetinaRecordError } from '../../../lib/errors.js';
import { pcapSource } from '../../../lib/pcap/source.js';
import { RtpParser, TcpInterleaveDemux } from '../../../transforms/index.js';
import { only, pass } from '../../transforms/items.js';
import * as make from './synthesize.js';

const { SESSION, HANDSHAKE, PLAYED_TEXT, START, STEP, raw, kinds, presentations } = make;

describe('pcapSource', () => {
  it('gives the server bytes in order, stamped with the time of capture', async () => {
    const packets = make.conversation(SESSION);
    const items = await make.itemsOf(raw(packets));
    assert.deepEqual(make.chunkBytes(items), make.serverBytes(SESSION));
    const chunks = items.filter((item) => item.kind === 'chunk');
    assert.equal(chunks[0]!.recv, START + 3n * STEP);
    let position = 0;
    for (const chunk of chunks) {
      assert.equal(chunk.position, position);
      position += chunk.data.length;
    }
  });

  it('gives the same items through every link type, format, byte order and cut', async () => {
    for (const ends of [
      [make.CLIENT, make.SERVER],
      [make.CLIENT6, make.SERVER6],
    ] as const) {
      const packets = make.conversation(SESSION, { ends });
      const expected = await make.itemsOf(raw(packets));
      assert.equal(presentations(expected).length, 1);
      const own = ends[0] === make.CLIENT ? 228 : 229;
      for (const linkType of [0, 1, 12, 14, 101, 108, 113, 276, own]) {
        const wrapped = make.timed(packets.map((packet) => make.wrap(linkType, packet)));
        for (const order of ['little', 'big'] as const) {
          for (const unit of ['us', 'ns'] as const) {
            const items = await make.itemsOf(make.classic(wrapped, { linkType, order, unit }));
            assert.deepEqual(items, expected, `link type ${linkType}, ${order}, ${unit}`);
          }
          const items = await make.itemsOf(make.pcapng(wrapped, linkType, order), {}, [1, 5, 11, 30, 1000]);
          assert.deepEqual(items, expected, `pcapng, link type ${linkType}, ${order}`);
        }
      }
    }
  });

  it('puts the presentation, with RTP-Info, right before the chunk that ends the answer to PLAY', async () => {
    const items = await make.itemsOf(raw(make.conversation(SESSION)));
    assert.deepEqual(kinds(items).slice(0, 4), ['chunk', 'chunk', 'presentation', 'chunk']);
    const [presentation] = presentations(items);
    assert.equal(presentation!.url, 'rtsp://10.0.0.2/live');
    assert.deepEqual(presentation!.media[0]!.setup, { rtpChannel: 0, rtcpChannel: 1, ssrc: undefined });
    assert.equal(presentation!.media[0]!.rtpInfo?.seq, 7);
    assert.equal(presentation!.media[0]!.rtpInfo?.rtptime, 1234);
  });

  it('Q14 media before the answer to PLAY: the presentation comes before them, and they go on', async () => {
    const session = [...HANDSHAKE, make.server(make.frame(0, 6)), make.server(PLAYED_TEXT, make.frame(0, 7))];
    const items = await make.itemsOf(raw(make.conversation(session)));
    assert.deepEqual(kinds(items), ['chunk', 'chunk', 'presentation', 'chunk', 'chunk']);
    assert.equal(presentations(items)[0]!.media[0]!.rtpInfo, undefined);
  });

  describe('a stream goes on', () => {
    const picture = (seq: number) => make.frame(0, seq);
    const run = (from: number, to: number) =>
      make.server(...Array.from({ length: to - from }, (_, i) => picture(from + i)));
    const played = (info: string) => make.server(PLAYED_TEXT.replace(/seq=7;rtptime=1234/, info));
    const cases: [title: string, session: make.Turn[]][] = [
      ['Q14 behind an answer to PLAY that comes late', [...HANDSHAKE, run(7, 9), make.server(PLAYED_TEXT), run(9, 20)]],
      // What it says is not always true.
      ...['seq=10;rtptime=606348324', 'seq=7;rtptime=1234', 'seq=0;rtptime=0', 'seq=40000', 'x=1'].map(
        (info): [string, make.Turn[]] => [
          `behind a second PLAY whose answer says ${info}`,
          [...HANDSHAKE, make.server(PLAYED_TEXT), run(7, 10), make.PLAY, played(info), run(10, 20)],
        ],
      ),
    ];
    for (const [title, session] of cases) {
      it(title, async () => {
        const items = await make.itemsOf(raw(make.conversation(session)));
        assert.equal(presentations(items).length, 1);
        const { items: parsed } = await pass(items, new TcpInterleaveDemux(), new RtpParser());
        assert.deepEqual(
          only(parsed, 'rtp').map(({ sequenceNumber }) => sequenceNumber),
          Array.from({ length: 13 }, (_, i) => 7 + i),
        );
        assert.equal(new Set(only(parsed, 'rtp').map(({ media }) => media)).size, 1);
        assert.deepEqual(only(parsed, 'fault'), []);
      });
    }
  });

  describe('a stream begins anew', () => {
    const frameAt = (seq: number, timestamp: number) => {
      const data = make.frame(0, seq);
      data.writeUInt32BE(timestamp, 8);
      return data;
    };
    const run = (...sequence: number[]) => make.server(...sequence.map((seq) => frameAt(seq, 3000 * seq)));
    const first = [...HANDSHAKE, make.server(PLAYED_TEXT), run(7, 8, 9)];
    const elsewhere = (info: string) => PLAYED_TEXT.replace(/seq=7;rtptime=1234/, info);
    const played = (info: string) => make.server(elsewhere(info));
    const cases: [title: string, session: make.Turn[]][] = [
      ['where PLAY leads to other sequence numbers', [...first, make.PLAY, played('seq=40000'), run(40_000, 40_001)]],
      [
        'where PLAY leads to another time',
        [
          ...first,
          make.PLAY,
          played('seq=10;rtptime=4000000000'),
          make.server(frameAt(10, 4_000_000_000), frameAt(11, 4_000_003_000)),
        ],
      ],
      [
        'in the middle of what was captured together',
        [
          ...[...HANDSHAKE, make.server(PLAYED_TEXT), run(7, 8), make.PLAY],
          make.server(frameAt(9, 27_000), elsewhere('seq=40000'), frameAt(40_000, 0), frameAt(40_001, 3000)),
        ],
      ],
      ['behind another SETUP', [...first, ...HANDSHAKE.slice(2), played('seq=10'), run(10, 11)]],
      [
        'behind RTCP ahead of the answer to PLAY, Q14',
        [...HANDSHAKE, make.server(make.frame(1, 1)), make.server(PLAYED_TEXT), run(7, 8, 9)],
      ],
    ];
    for (const [title, session] of cases) {
      it(title, async () => {
        const items = await make.itemsOf(raw(make.conversation(session)));
        const [one, other, ...more] = presentations(items);
        assert.deepEqual(more, []);
        assert.notEqual(one!.media[0], other!.media[0]);
        assert.notEqual(other!.media[0]!.rtpInfo?.seq, undefined);
        const { items: parsed, error } = await pass(
          items,
          new TcpInterleaveDemux(),
          new RtpParser({ maxJumpSeconds: 0 }),
        );
        assert.equal(error, undefined);
        assert.equal(only(parsed, 'rtp').length, title.includes('RTCP') ? 3 : 5);
        assert.deepEqual(only(parsed, 'fault'), []);
      });
    }
  });

  it('answers alone, without the requests, still make a presentation', async () => {
    const fromServer = SESSION.filter(({ from }) => from === 'server');
    const [presentation] = presentations(await make.itemsOf(raw(make.conversation(fromServer))));
    assert.equal(presentation!.media[0]!.control, 'rtsp://10.0.0.2/live/track1');
    assert.equal(presentation!.media[0]!.setup?.rtpChannel, 0);
    assert.equal(presentation!.media[0]!.rtpInfo?.seq, 7);
  });

  it('a DESCRIBE in the middle of the session does not take the channels away', async () => {
    const again = [
      make.client('DESCRIBE rtsp://10.0.0.2/live RTSP/1.0\nCSeq: 9\n\n'),
      make.server(make.DESCRIBED.data.toString().replace('CSeq: 1', 'CSeq: 9'), make.frame(0, 50)),
    ];
    const items = await make.itemsOf(raw(make.conversation([...SESSION, ...again, make.server(make.frame(0, 51))])));
    assert.equal(presentations(items).length, 1);
  });

  it('a refused DESCRIBE and SETUP leave no trace', async () => {
    const refused = [
      make.client('DESCRIBE rtsp://10.0.0.2/live RTSP/1.0\nCSeq: 0\n\n'),
      make.server('RTSP/1.0 401 Unauthorized\nCSeq: 0\nWWW-Authenticate: Basic realm="x"\n\n'),
    ];
    const items = await make.itemsOf(raw(make.conversation([...refused, ...SESSION])));
    assert.equal(presentations(items).length, 1);
    assert.ok(!kinds(items).includes('fault rtsp-oddity'));
  });

  it('an SDP that makes no sense is a fault, not an end', async () => {
    const damaged = SESSION.map((turn) =>
      turn === make.DESCRIBED ? make.server('RTSP/1.0 200 OK\nCSeq: 1\nContent-Type: text/html\n\n') : turn,
    );
    const items = await make.itemsOf(raw(make.conversation(damaged)));
    assert.equal(kinds(items).filter((kind) => kind === 'fault rtsp-oddity').length, 3);
    assert.deepEqual(make.chunkBytes(items), make.serverBytes(damaged));
  });

  it('a capture cut inside its last record gives all before it and a fault', async () => {
    const capture = raw(make.conversation(SESSION));
    const whole = await make.itemsOf(capture);
    const items = await make.itemsOf(capture.subarray(0, capture.length - 7));
    assert.deepEqual(items.slice(0, -1), whole);
    const last = items.at(-1)!;
    assert.ok(last.kind === 'fault' && last.code === 'truncated');
    assert.match(last.message, /ends inside the packet at byte \d+: 33 of 40 bytes/);
  });

  it('emits nothing but RetinaRecordErrors and items, whatever is damaged', async () => {
    const capture = raw(make.conversation(SESSION));
    const ng = make.pcapng(make.timed(make.conversation(SESSION)), 101, 'big');
    const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(change, { minLength: 1, maxLength: 40 }),
        fc.nat(),
        async (isNg, changes, end) => {
          const bytes = Buffer.from(isNg ? ng : capture);
          for (const { at, value } of changes) bytes[at % bytes.length] = value;
          try {
            const items = await make.itemsOf(end % 4 === 0 ? bytes.subarray(0, end % bytes.length) : bytes);
            assert.ok(make.chunkBytes(items).length <= bytes.length);
          } catch (error) {
            assert.ok(error instanceof RetinaRecordError, String(error));
            assert.match(error.code, /^pcap-(format|no-rtsp)$/);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('a file that is not there, and input that is no capture, fail with a stable code', async () => {
    await assert.rejects(pcapSource('/nonexistent/x.pcap').toArray(), { code: 'pcap-read', name: 'RetinaRecordError' });
    await assert.rejects(make.itemsOf(Buffer.from('GIF89a..')), { code: 'pcap-format' });
    await assert.rejects(make.itemsOf(Buffer.alloc(0)), { code: 'pcap-format' });
    await assert.rejects(pcapSource(Readable.from(['text'])).toArray(), { code: 'pcap-read' });
  });

  it('without an RTSP connection the error says what was there', async () => {
    const http = [make.client('GET / HTTP/1.1\nHost: x\n\n'), make.server('HTTP/1.1 200 OK\n\n')];
    await assert.rejects(make.itemsOf(raw(make.conversation(http))), (error: RetinaRecordError) => {
      assert.equal(error.code, 'pcap-no-rtsp');
      assert.match(error.message, /found 0.*5 packets/);
      return true;
    });
    const usb = make.classic(make.timed([Buffer.alloc(40)]), { linkType: 220 });
    await assert.rejects(make.itemsOf(usb), /link types that cannot be read: 220/);
  });

  it('stops reading when it is destroyed, also while its input says nothing', async () => {
    const input = new Readable({ read() {} });
    const source = pcapSource(input);
    source.resume();
    source.destroy();
    await once(source, 'close');
    assert.equal(input.destroyed, true);
  });

  it('reads no further than its reader does', async () => {
    let given = 0;
    const packets = make.conversation([
      ...SESSION,
      ...Array.from({ length: 2000 }, (_, i) => make.server(make.frame(0, i, 1400))),
    ]);
    const capture = raw(packets);
    const input = new Readable({
      read() {
        const from = given;
        given += 16384;
        this.push(from >= capture.length ? null : capture.subarray(from, given));
      },
    });
    const source = pcapSource(input);
    await once(source, 'readable');
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(given < capture.length / 2, `${given} of ${capture.length} bytes were read ahead`);
    assert.equal(
      (await source.toArray()).filter(({ kind }) => kind === 'chunk').length,
      2000 + SESSION.filter(({ from }) => from === 'server').length,
    );
  });
});
