import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RECV, Reception, SSRC, video } from './packets.js';

const withRtpInfo = (seq: number) => video({ rtpInfo: { seq } });

describe('RtpReceiver', () => {
  it('hands on everything that the header says, and the payload as a view', () => {
    const data = Buffer.from('80e0123480000000 0d25614e 65aabb'.replaceAll(' ', ''), 'hex');
    const before = Buffer.from(data);
    const { packets, faults } = new Reception().receive(data);
    const { media, payload, ...rest } = packets[0]!;
    assert.equal(media.index, 0);
    assert.equal(payload.buffer, data.buffer);
    assert.equal(payload.toString('hex'), '65aabb');
    assert.deepEqual(rest, {
      kind: 'rtp',
      sequenceNumber: 0x1234,
      timestamp: 0x8000_0000,
      extendedTimestamp: 0,
      marker: true,
      payloadType: 96,
      ssrc: SSRC,
      lost: 0,
      position: 0,
      recv: RECV,
      waited: false,
    });
    assert.deepEqual(faults, []);
    assert.deepEqual(data, before);
  });
});

describe('payload types', () => {
  it('Q88 packets of type 50 that repeat a sequence number, Geovision GV-EBD4701 and Uniview', () => {
    const media = video({ payloadType: 105 });
    const reception = new Reception({}, media)
      .receive({ seq: 0x1234, payloadType: 105 })
      .receive({ seq: 0x1234, payloadType: 50, ssrc: 99, timestamp: 4_000_000_000 })
      .receive({ seq: 0x1235, payloadType: 105 });
    assert.deepEqual(reception.lost, [0, 0]);
    assert.deepEqual(reception.faults, []);
  });

  it('Q88 type 50 is a stream’s like any other where it is announced', () => {
    const reception = new Reception({}, video({ payloadType: 50 })).receive({ payloadType: 50 });
    assert.equal(reception.packets.length, 1);
  });

  it('Q89 a foreign payload type is dropped, but its sequence number counts: comfort noise, a second format', () => {
    const reception = new Reception().receive({ seq: 1 }).receive({ seq: 2, payloadType: 13 }).receive({ seq: 3 });
    assert.deepEqual(reception.lost, [0, 0]);
    assert.deepEqual(reception.codes, ['rtp-payload-type']);
    for (let seq = 4; seq < 90; seq += 2) reception.receive({ seq, payloadType: 13 }).receive({ seq: seq + 1 });
    assert.deepEqual(reception.codes, ['rtp-payload-type']);
    assert.ok(reception.lost.every((lost) => lost === 0));
  });

  it('Q89 what is lost next to a foreign payload type is lost', () => {
    const reception = new Reception().receive({ seq: 1 }).receive({ seq: 4, payloadType: 13 }).receive({ seq: 6 });
    assert.deepEqual(reception.lost, [0, 3]);
  });

  it('Q89 if the announced type never comes the one that does is accepted', () => {
    const reception = new Reception();
    for (let seq = 0; seq < 40; seq++) reception.receive({ seq, payloadType: 0 });
    assert.equal(reception.packets.length, 9);
    assert.ok(reception.packets.every(({ payloadType }) => payloadType === 0));
    assert.deepEqual(reception.codes, ['rtp-payload-type', 'rtp-payload-type']);
    assert.match(reception.faults[1]!.message, /payload type 0 instead of 96 only: accepted/);
  });
});

describe('sequence numbers', () => {
  const gapAfter = (seq: number) => new Reception().receive({ seq: 4 }).receive({ seq });

  it('Q91 gap and wrap of sequence numbers, Eufy and Reolink', () => {
    assert.deepEqual(gapAfter(5).lost, [0, 0]);
    assert.deepEqual(gapAfter(7).lost, [0, 2]);
    assert.deepEqual(gapAfter(0x8005).lost, [0, 0x8000]);
    assert.throws(() => gapAfter(0x8006), {
      code: 'rtp-out-of-order',
      message: /RTP packet 32774 came when 5 was expected/,
    });
    assert.deepEqual(new Reception().receive({ seq: 65_535 }).receive({ seq: 0 }).lost, [0, 0]);
    assert.deepEqual(new Reception().receive({ seq: 65_534 }).receive({ seq: 1 }).lost, [0, 2]);
    assert.deepEqual(new Reception().receive({ seq: 20_000 }).lost, [0]);
  });

  it('Q91 a loss is said with the number of packets and where it was', () => {
    const { faults } = gapAfter(53);
    assert.deepEqual(
      faults.map(({ code, lost, sequenceNumber }) => ({ code, lost, sequenceNumber })),
      [{ code: 'rtp-loss', lost: 48, sequenceNumber: 53 }],
    );
    assert.match(faults[0]!.message, /48 RTP packets lost before seq 53/);
    assert.match(gapAfter(6).faults[0]!.message, /1 RTP packet lost/);
  });

  it('Q91 a packet out of order is an error, or dropped without moving what is expected', () => {
    const tolerant = new Reception({ tolerant: true })
      .receive({ seq: 10 })
      .receive({ seq: 11 })
      .receive({ seq: 9 })
      .receive({ seq: 12 });
    assert.deepEqual(tolerant.lost, [0, 0, 0]);
    assert.deepEqual(tolerant.codes, ['rtp-reordered']);
    assert.throws(() => new Reception().receive({ seq: 10 }).receive({ seq: 11 }).receive({ seq: 9 }), {
      code: 'rtp-out-of-order',
      message: /--allow-loss.*stream rtsp:\/\/192\.0\.2\.1\/trackID=0, seq 9, byte 0/,
    });
  });

  it('Q91 over UDP a packet out of order is dropped in any case', () => {
    const reception = new Reception({ datagrams: true }).receive({ seq: 10 }).receive({ seq: 11 });
    reception.receive({ seq: 9 }).receive({ seq: 12 });
    assert.deepEqual([reception.lost, reception.codes], [[0, 0, 0], ['rtp-reordered']]);
  });

  it('Q91 over UDP packets from before RTP-Info’s seq are dropped, said once: gst-rtsp-server, a multicast group joined late', () => {
    const reception = new Reception({ datagrams: true }, withRtpInfo(20_010));
    for (let seq = 20_004; seq < 20_012; seq++) reception.receive({ seq });
    assert.deepEqual(
      reception.packets.map(({ sequenceNumber, lost }) => [sequenceNumber, lost]),
      [
        [20_010, 0],
        [20_011, 0],
      ],
    );
    assert.deepEqual(reception.codes, ['rtp-reordered']);
    assert.match(reception.faults[0]!.message, /20004 came when 20010 was expected first by RTP-Info/);
  });

  it('Q91 over UDP a stream that stays behind RTP-Info’s seq is followed from its 16th packet on', () => {
    const reception = new Reception({ datagrams: true }, withRtpInfo(40_000));
    for (let seq = 20_000; seq < 20_020; seq++) reception.receive({ seq });
    assert.deepEqual([reception.packets.length, reception.packets[0]!.sequenceNumber], [5, 20_015]);
    assert.deepEqual(reception.codes, ['rtp-reordered', 'rtp-reordered']);
  });

  it('Q92 a packet that comes twice over TCP', () => {
    for (const tolerant of [false, true]) {
      const reception = new Reception({ tolerant }).receive({ seq: 7 }).receive({ seq: 7 }).receive({ seq: 8 });
      assert.deepEqual(reception.lost, [0, 0]);
      assert.deepEqual(reception.codes, ['rtp-duplicate']);
    }
  });

  it('Q74 the first packet is measured by RTP-Info’s seq, unless it is 0 or 1: Hikvision DS-2CD2032-I, Tapo C320WS', () => {
    const first = (seq: number, initialSequence: 'default' | 'ignore-suspicious-values' | 'respect' | 'ignore') =>
      new Reception({ initialSequence }, withRtpInfo(seq)).receive({ seq: 20_000 }).lost[0];
    for (const policy of ['default', 'ignore-suspicious-values'] as const) {
      assert.equal(first(1, policy), 0);
      assert.equal(first(0, policy), 0);
      assert.equal(first(19_990, policy), 10);
      assert.equal(first(2, policy), 19_998);
    }
    assert.equal(first(1, 'respect'), 19_999);
    assert.equal(first(0, 'respect'), 20_000);
    assert.equal(first(19_990, 'ignore'), 0);
    assert.throws(() => new Reception({}, withRtpInfo(20_001)).receive({ seq: 19_999 }), { code: 'rtp-out-of-order' });
  });

  it('Q74 what RTP-Info says is missing before the first packet is no fault, gst-rtsp-server: its seq of AAC is one behind', () => {
    const reception = new Reception({}, withRtpInfo(19_999)).receive({ seq: 20_000 }).receive({ seq: 20_002 });
    assert.deepEqual(reception.lost, [1, 1]);
    assert.deepEqual(
      reception.faults.map(({ code, sequenceNumber, lost }) => [code, sequenceNumber, lost]),
      [['rtp-loss', 20_002, 1]],
    );
  });

  it('Q74 nor is it where packets of a foreign payload type come first', () => {
    const reception = new Reception({}, withRtpInfo(19_999)).receive({ seq: 20_000, payloadType: 13 });
    reception.receive({ seq: 20_001 });
    assert.deepEqual([reception.lost, reception.codes], [[1], ['rtp-payload-type']]);
  });
});

describe('Q90 SSRC', () => {
  const announced = video({ setup: { rtpChannel: 0, rtcpChannel: 1, ssrc: SSRC } });
  const OTHER = SSRC + 1;

  it('Q90 another SSRC than announced from the first packet on is accepted with a warning', () => {
    const reception = new Reception({}, announced).receive({ seq: 1, ssrc: OTHER }).receive({ seq: 2, ssrc: OTHER });
    assert.equal(reception.packets.length, 2);
    assert.deepEqual(reception.codes, ['rtp-ssrc']);
    assert.match(reception.faults[0]!.message, /SSRC 0x0d25614f instead of 0x0d25614e: followed/);
  });

  it('Q83 Q90 the same with an old live555, which may not change it later', () => {
    const stale = new Reception({ staleSessions: true }, announced);
    for (let seq = 0; seq < 10; seq++) stale.receive({ seq });
    assert.throws(() => stale.receive({ seq: 10, ssrc: OTHER }), {
      code: 'stale-session',
      message: /0x0d25614f among packets of SSRC 0x0d25614e.*65 s/,
    });
    const first = new Reception({ staleSessions: true }, announced).receive({ ssrc: OTHER });
    assert.equal(first.packets.length, 1);
  });

  it('Q75 RTP-Info’s SSRC overrides that of SETUP, Reolink', () => {
    const media = video({ setup: { rtpChannel: 0, rtcpChannel: 1, ssrc: 1 }, rtpInfo: { ssrc: 0xdcc4a0d8 } });
    assert.deepEqual(new Reception({}, media).receive({ ssrc: 0xdcc4a0d8 }).faults, []);
  });

  it('Q66 SSRC 0 in the Transport header announces nothing, H264DVR', () => {
    const media = video({ setup: { rtpChannel: 0, rtcpChannel: 1, ssrc: 0 } });
    assert.deepEqual(new Reception({}, media).receive({}).faults, []);
  });

  it('Q90 a change is followed where sequence and time go on, Uniview at every key frame', () => {
    const reception = new Reception();
    for (let seq = 0; seq < 9; seq++)
      reception.receive({ seq, timestamp: seq * 3000, ssrc: SSRC + Math.floor(seq / 3) });
    assert.equal(reception.packets.length, 9);
    assert.deepEqual(reception.codes, ['rtp-ssrc']);
  });

  for (const [what, media] of [
    ['announced', announced],
    ['learned', video()],
  ] as const) {
    it(`Q90 foreign packets among those of the ${what} SSRC are dropped and disturb nothing`, () => {
      const reception = new Reception({}, media);
      for (let seq = 0; seq < 200; seq++) {
        reception.receive({ seq, timestamp: seq * 3000 });
        reception.receive({ seq: 40_000 + seq, timestamp: 3_000_000_000 + seq, ssrc: OTHER });
      }
      assert.equal(reception.packets.length, 200);
      assert.ok(reception.packets.every(({ ssrc, lost }) => ssrc === SSRC && lost === 0));
      assert.deepEqual(reception.codes, ['rtp-ssrc']);
    });
  }

  it('Q90 a sender that restarted with another SSRC is followed once the old one is gone, with a loss', () => {
    const reception = new Reception({ tolerant: true }).receive({ seq: 100, timestamp: 5000 });
    for (let i = 0; i < 60; i++) reception.receive({ seq: 50_000 + i, timestamp: 5000 + i, ssrc: OTHER });
    const followed = reception.packets.filter(({ ssrc }) => ssrc === OTHER);
    assert.equal(followed.length, 11);
    assert.ok(followed[0]!.lost > 0);
    assert.ok(followed.slice(1).every(({ lost }) => lost === 0));
  });
});
