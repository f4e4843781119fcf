import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { FILLER_FIELD, withContentLength, withoutEnd } from '../../../lib/camera/faults/answer-faults.js';
import { cutHeaders, cutPieces, Garbling } from '../../../lib/camera/faults/byte-faults.js';
import { isRtcpFrame, type PacketFault, splitFrames } from '../../../lib/camera/faults/frames.js';
import { Corruption, FlappingParameters, TimestampJumps } from '../../../lib/camera/faults/packet-content.js';
import { Duplicates, Loss, Reordering } from '../../../lib/camera/faults/packet-order.js';
import { FAULT_NAMES, joinPlans, parseFaults } from '../../../lib/camera/faults/parse.js';
import { checkPlan, noFaults } from '../../../lib/camera/faults/plan.js';
import { SeededRandom } from '../../../lib/camera/faults/random.js';
import { ReportFaults } from '../../../lib/camera/faults/report-faults.js';
import { senderReportCompound } from '../../../lib/camera/rtcp-writer.js';
import { parseCompound } from '../../../lib/rtp/rtcp.js';

const random = (seed = 1) => new SeededRandom(seed, 'test');

function rtpFrame(
  sequence: number,
  payload: Buffer = Buffer.from([0x41, 1, 2, 3]),
  timestamp = 0,
  channel = 0,
): Buffer {
  const frame = Buffer.alloc(16);
  frame.set([0x24, channel, 0, 12 + payload.length, 0x80, 96]);
  frame.writeUInt16BE(sequence, 6);
  frame.writeUInt32BE(timestamp, 8);
  return Buffer.concat([frame, payload]);
}

const frames = Array.from({ length: 1000 }, (_, i) => rtpFrame(i));
const sequenceOf = (frame: Buffer) => frame.readUInt16BE(6);
/** What comes of the frames, which stay as they are. */
function through(fault: PacketFault, input: readonly Buffer[] = frames): Buffer[] {
  const before = input.map((frame) => Buffer.from(frame));
  const out = [...input.flatMap((frame) => fault.take(frame)), ...(fault.rest?.() ?? [])];
  assert.deepEqual(input, before);
  return out;
}

let counts = noFaults();
beforeEach(() => {
  counts = noFaults();
});

describe('seeded random numbers', () => {
  it('repeat with the seed, differ with seed and name, and are even', () => {
    const take = (source: SeededRandom) => Array.from({ length: 2000 }, () => source.next());
    assert.deepEqual(take(random(7)), take(random(7)));
    assert.notDeepEqual(take(random(7)), take(random(8)));
    assert.notDeepEqual(take(random(7)), take(new SeededRandom(7, 'other')));
    for (const seed of [0, 1, 2, -1, 2 ** 31 - 1]) {
      const numbers = take(random(seed));
      assert.ok(numbers.every((number) => number >= 0 && number < 1));
      const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
      assert.ok(Math.abs(mean - 0.5) < 0.05, `seed ${seed}: ${mean}`);
    }
  });
});

describe('faults of the order of packets', () => {
  it('loss leaves out about as many as asked for, in order', () => {
    const kept = through(new Loss(0.1, random(), counts)).map(sequenceOf);
    assert.ok(kept.length > 850 && kept.length < 950, `${kept.length}`);
    assert.equal(counts.packetsLost, 1000 - kept.length);
    assert.deepEqual(
      kept,
      kept.toSorted((a, b) => a - b),
    );
    assert.equal(through(new Loss(1, random(), counts)).length, 0);
    assert.deepEqual(through(new Loss(0, random(), counts)), frames);
  });

  it('duplicates stand behind their originals', () => {
    const out = through(new Duplicates(0.1, random(), counts)).map(sequenceOf);
    assert.ok(out.length > 1050 && out.length < 1150, `${out.length}`);
    assert.equal(counts.packetsDuplicated, out.length - 1000);
    assert.deepEqual(
      out,
      out.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(out).size, 1000);
  });

  it('reordering loses nothing, and holds a packet back behind three others at most', () => {
    const out = through(new Reordering(0.1, random(), counts)).map(sequenceOf);
    assert.deepEqual(
      out.toSorted((a, b) => a - b),
      frames.map(sequenceOf),
    );
    const late = out.map((sequence, i) => i - sequence).filter((distance) => distance > 0);
    assert.ok(late.length > 40 && late.every((distance) => distance <= 3), `${late}`);
    const highest = out.map((_, i) => Math.max(...out.slice(0, i + 1)));
    assert.equal(counts.packetsReordered, out.filter((sequence, i) => sequence < highest[i]!).length);
  });

  it('reordering goes by stream: what another one sends meanwhile overtakes nothing', () => {
    const input = Array.from({ length: 400 }, (_, i) => rtpFrame(i >> 1, undefined, 0, 2 * (i % 2)));
    const out = through(new Reordering(0.2, random(), counts), input);
    let late = 0;
    for (const channel of [0, 2]) {
      const sequences = out.filter((frame) => frame[1] === channel).map(sequenceOf);
      late += sequences.filter((sequence, i) => sequence < Math.max(...sequences.slice(0, i + 1))).length;
    }
    assert.ok(late > 20, `${late}`);
    assert.equal(counts.packetsReordered, late);
  });

  it('a packet held back that nothing overtook does not count', () => {
    const reordering = new Reordering(1, random(), counts);
    assert.deepEqual(reordering.take(frames[0]!), []);
    assert.deepEqual(reordering.rest(), [frames[0]]);
    assert.equal(counts.packetsReordered, 0);
  });
});

describe('faults of the content of packets', () => {
  it('corruption changes one to four bytes behind the framing', () => {
    const out = through(new Corruption(1, random(), counts));
    out.forEach((frame, i) => {
      const changes = [...frame].flatMap((byte, at) => (byte === frames[i]![at] ? [] : [at]));
      assert.ok(changes.length <= 4 && changes.every((at) => at >= 4), `${changes}`);
    });
    assert.ok(out.filter((frame, i) => !frame.equals(frames[i]!)).length > 990);
  });

  it('timestamps jump at pictures only, by the same step, each channel for itself', () => {
    const input = Array.from({ length: 2000 }, (_, i) => rtpFrame(i, undefined, (i >> 2) * 3600, 2 * (i % 2)));
    const rates: number[] = [];
    const clockRate = (channel: number) => {
      rates.push(channel);
      return channel === 0 ? 90_000 : 8000;
    };
    const out = through(new TimestampJumps(20, clockRate, random()), input);
    const shifts = (channel: number) =>
      out.flatMap((frame, i) =>
        frame[1] === channel ? [(frame.readUInt32BE(8) - input[i]!.readUInt32BE(8)) | 0] : [],
      );
    for (const [channel, step] of [
      [0, 1_800_000],
      [2, 160_000],
    ] as const) {
      const jumps = shifts(channel).flatMap((shift, i, all) =>
        i > 0 && shift !== all[i - 1] ? [shift - all[i - 1]!] : [],
      );
      assert.ok(jumps.length > 3 && jumps.every((jump) => Math.abs(jump) === step), `${jumps}`);
      const pictures = shifts(channel).flatMap((shift, i, all) => (i > 0 && shift !== all[i - 1] ? [i % 2] : []));
      assert.ok(pictures.every((within) => within === 0));
    }
    assert.deepEqual(new Set(rates), new Set([0, 2]));
  });

  it('parameter sets alternate, alone and in a STAP-A, and nothing else changes', () => {
    const sps = Buffer.from('6764001eacb2', 'hex');
    const slice = Buffer.from('65b804', 'hex');
    const stapWithSets = Buffer.concat([Buffer.from('7800026843', 'hex'), Buffer.from('0006', 'hex'), sps]);
    const out = through(
      new FlappingParameters(),
      [sps, slice, sps, stapWithSets, stapWithSets, Buffer.from('780009', 'hex')].map((payload, i) =>
        rtpFrame(i, payload),
      ),
    );
    const levels = [0, 2].map((i) => out[i]![16 + 3]).concat([3, 4].map((i) => out[i]![16 + 7 + 3]));
    assert.deepEqual(levels, [0x1e, 0x1f, 0x1e, 0x1f]);
    assert.deepEqual(out[1]!.subarray(16), slice);
  });
});

describe('faults of sender reports', () => {
  const NTP_START = 0x83aa7e80_00000000n;
  const compound = (seconds: number, goodbye = false): Buffer => {
    const report = {
      ssrc: 7,
      unixNs: BigInt(seconds) * 10n ** 9n,
      rtpTimestamp: 90_000,
      packetCount: 1,
      octetCount: 2,
    };
    const packet = senderReportCompound(report, 'camera', goodbye);
    return Buffer.concat([Buffer.from([0x24, 1, 0, packet.length]), packet]);
  };
  const reportsOf = (faults: ReportFaults, seconds: readonly number[], goodbye = false) =>
    seconds.flatMap((second) => {
      const input = compound(second, goodbye);
      const before = Buffer.from(input);
      const out = faults.take(input);
      assert.deepEqual(input, before);
      assert.ok(out.every(isRtcpFrame));
      return out.map((frame) => {
        assert.equal(frame.readUInt16BE(2), frame.length - 4);
        return parseCompound(frame.subarray(4));
      });
    });
  const clocks = (faults: ReportFaults) =>
    reportsOf(faults, [0, 100, 200, 300, 400, 500, 600, 700]).map(
      ({ senderReports }, i) => Number((senderReports[0]!.ntpTimestamp - NTP_START) >> 16n) / 65_536 - i * 100,
    );

  it('offset and drift of the clock', () => {
    assert.deepEqual(clocks(new ReportFaults({ clockOffsetS: -3600 })), Array(8).fill(-3600));
    const drifted = clocks(new ReportFaults({ clockDriftPpm: 1000 }));
    drifted.forEach((off, i) => {
      assert.ok(Math.abs(off - i * 0.1) < 0.001, `${drifted}`);
    });
  });

  it('steps of the clock add up', () => {
    const off = clocks(new ReportFaults({ clockStepS: 10, seed: 3 }));
    assert.ok(new Set(off).size > 1 && off.every((seconds) => seconds % 10 === 0), `${off}`);
  });

  it('missing: nothing, and at the end a goodbye behind an empty receiver report', () => {
    assert.deepEqual(reportsOf(new ReportFaults({ reports: 'missing' }), [1, 2]), []);
    const [last] = reportsOf(new ReportFaults({ reports: 'missing' }), [3], true);
    assert.deepEqual(last, { packets: 3, senderReports: [], byes: [7], malformed: undefined });
  });

  it('wrong: each in one way, the goodbye in none', () => {
    const parsed = reportsOf(new ReportFaults({ reports: 'wrong' }), Array(60).fill(1));
    const right = { ssrc: 7, ntpTimestamp: NTP_START + (1n << 32n), rtpTimestamp: 90_000 };
    const ways = parsed.map(({ senderReports: [report], malformed }) => {
      if (malformed !== undefined) return 'malformed';
      const { ssrc, ntpTimestamp, rtpTimestamp } = report!;
      const actual = { ssrc, ntpTimestamp, rtpTimestamp };
      const wrong = (Object.keys(right) as (keyof typeof right)[]).filter((field) => actual[field] !== right[field]);
      return wrong.join();
    });
    assert.deepEqual(new Set(ways), new Set(['malformed', 'ssrc', 'ntpTimestamp', 'rtpTimestamp']));
    const [last] = reportsOf(new ReportFaults({ reports: 'wrong' }), [1], true);
    assert.deepEqual([last!.byes, last!.malformed, last!.senderReports[0]!.ssrc], [[7], undefined, 7]);
  });
});

describe('faults of bytes and answers', () => {
  const answer = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 30\r\n\r\nv=0\r\n');
  const mixed = fc.oneof(
    fc.constant(answer),
    fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1 }).map((payloads) => {
      return Buffer.concat(payloads.map((payload, i) => rtpFrame(i, Buffer.from(payload))));
    }),
  );

  it('cuts lose nothing and leave nothing empty', () => {
    fc.assert(
      fc.property(mixed, fc.integer(), fc.integer({ min: 1, max: 50 }), (data, seed, most) => {
        const pieces = cutPieces(data, most, random(seed));
        assert.deepEqual(Buffer.concat(pieces), data);
        assert.ok(pieces.every(({ length }) => length > 0 && length <= most));
        const parts = cutHeaders(data, random(seed));
        assert.deepEqual(Buffer.concat(parts), data);
        assert.ok(parts.every(({ length }) => length > 0));
      }),
    );
  });

  it('cuts within headers: one in each frame, two in a message', () => {
    const run = Buffer.concat(frames.slice(0, 5));
    const starts = cutHeaders(run, random()).slice(0, -1);
    let at = 0;
    starts.forEach(({ length }, i) => {
      at += length;
      assert.ok(at > i * 20 && at < i * 20 + 4, `cut at ${at}`);
    });
    assert.equal(starts.length, 5);
    assert.equal(cutHeaders(answer, random()).length, 3);
    assert.deepEqual(Buffer.concat(cutHeaders(answer.subarray(0, 3), random(5))), answer.subarray(0, 3));
  });

  it('garbling goes by position alone, however the data come', () => {
    const data = Buffer.alloc(10_000);
    const whole = new Garbling(100, random()).take(data);
    assert.ok(data.every((byte) => byte === 0));
    const changes = whole.filter((byte) => byte !== 0).length;
    assert.ok(changes > 60 && changes < 150, `${changes}`);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), (size) => {
        const garbling = new Garbling(100, random());
        const parts: Buffer[] = [];
        for (let at = 0; at < data.length; at += size) parts.push(garbling.take(data.subarray(at, at + size)));
        assert.deepEqual(Buffer.concat(parts), whole);
      }),
      { numRuns: 30 },
    );
  });

  it('Content-Length is short, long, huge or no number; the body stays', () => {
    const lengths = (['short', 'long', 'huge', 'nonsense'] as const).map((how) => {
      const text = withContentLength(answer, how).toString();
      assert.ok(text.endsWith('\r\n\r\nv=0\r\n'));
      return /Content-Length: (\S+)/.exec(text)![1];
    });
    assert.deepEqual(lengths, ['10', '50', '4294967299', 'many']);
    const plain = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n');
    assert.deepEqual(withContentLength(plain, 'long'), plain);
  });

  it('a head without end is sound as far as it goes', () => {
    assert.equal(withoutEnd(answer).toString(), 'RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 30\r\n');
    assert.match(FILLER_FIELD.toString(), /^[A-Za-z-]+: \S+\r\n$/);
    assert.equal(FILLER_FIELD.length, 1024);
  });

  it('frames are told apart as RTP and RTCP', () => {
    const run = Buffer.concat(frames.slice(0, 3));
    assert.deepEqual(splitFrames(run), frames.slice(0, 3));
    assert.ok(!isRtcpFrame(frames[0]!));
  });
});

describe('faults as a user types them', () => {
  it('every name, with its default', () => {
    for (const name of FAULT_NAMES) {
      const plan = parseFaults(name);
      assert.ok(Object.keys(plan).length > 0, name);
      checkPlan(plan);
    }
    assert.equal(FAULT_NAMES.length, 21);
  });

  it('values, lists and joins', () => {
    assert.deepEqual(parseFaults('loss=0.5, split=headers,close=within:2'), {
      loss: 0.5,
      split: 'headers',
      end: { how: 'close', at: { where: 'within', number: 2 } },
    });
    assert.deepEqual(joinPlans(parseFaults('clock-offset=-5'), parseFaults('silence=mid-packet:7')), {
      clockOffsetS: -5,
      end: { how: 'silence', at: { where: 'mid-packet', number: 7 } },
    });
  });

  const BAD: readonly [string, RegExp][] = [
    ['', /unknown fault ""; there are loss, /],
    ['toString', /unknown fault "toString"/],
    ['loss=2', /loss=2: loss 2 is not a number from 0 to 1/],
    ['loss=', /"" is no number/],
    ['loss=much', /"much" is no number/],
    ['split=0', /split 0 is not an integer/],
    ['split=1.5', /split 1.5 is not an integer/],
    ['sps-flap=1', /takes no value/],
    ['close=here', /before:N, within:N/],
    ['close=after:0', /not an integer from 1/],
    ['content-length=odd', /short, long, huge, nonsense/],
    ['foreign=2', /foreign 2 is not a number from 0 to 1/],
    ['no-udp=1', /takes no value/],
    ['wrong-source=a b', /neither an address nor a host name/],
    ['close,silence', /only one of close and silence/],
    ['no-reports,wrong-reports', /both missing and wrong/],
    ['loss,loss=0.5', /loss is given twice/],
  ];
  for (const [text, message] of BAD) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseFaults(text), { name: 'RangeError', message }));
  }
});
