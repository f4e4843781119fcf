import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nalBytes } from '../../../lib/codec/h264-nal.js';
import { parseSei } from '../../../lib/codec/h264-sei.js';
import { frameTimingSei, senderReportSei, withSei } from '../../../lib/sei/timing-sei.js';
import { splitNtp, unixNsToNtp } from '../../../lib/time/ntp.js';
import { depacketize, hexUnits } from '../codec/rtp-items.js';

const SAMPLE_NTP = 16824201542114736079n;

describe('timing SEI', () => {
  it('of a frame, bit for bit', () => {
    const json = '{"recv":16824201542114736079,"rtp":4294967295}';
    const nal = frameTimingSei(splitNtp(SAMPLE_NTP), 4294967295);
    const expected = Buffer.concat([
      Buffer.of(0x06, 0x05, 16 + json.length),
      Buffer.from(`strawlab.org/89H${json}`, 'latin1'),
      Buffer.of(0x80),
    ]);
    assert.deepEqual(nalBytes(nal), expected);
    assert.deepEqual([nal.type, nal.refIdc, nal.byteLength], [6, 0, expected.length]);
  });

  it('of a frame, in hexadecimal', () => {
    assert.equal(
      nalBytes(frameTimingSei(splitNtp(1n), 0)).toString('hex'),
      '06052273747261776c61622e6f72672f3839487b2272656376223a312c22727470223a307d80',
    );
  });

  it('of a sender report, bit for bit', () => {
    const json = '{"recv":16824201542114736079,"ntp":18446744073709551615,"rtp":0}';
    const expected = Buffer.concat([
      Buffer.of(0x06, 0x05, 16 + json.length),
      Buffer.from(`strawlab.org/o8B${json}`, 'latin1'),
      Buffer.of(0x80),
    ]);
    assert.deepEqual(nalBytes(senderReportSei(splitNtp(SAMPLE_NTP), 2n ** 64n - 1n, 0)), expected);
  });

  it('has the time that the Rust original computes', () => {
    const time = BigInt(Date.parse('2024-02-17T20:14:34.013Z')) * 1_000_000n;
    assert.equal(unixNsToNtp(time), SAMPLE_NTP);
  });

  it('of any times', () => {
    const [ntp, rtp] = [fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat({ max: 2 ** 32 - 1 })];
    fc.assert(
      fc.property(ntp, ntp, rtp, (recv, sent, time) => {
        const [message, ...more] = parseSei(nalBytes(senderReportSei(splitNtp(recv), sent, time)));
        assert.deepEqual(more, []);
        assert.equal(message!.payload.toString('latin1', 16), `{"recv":${recv},"ntp":${sent},"rtp":${time}}`);
      }),
    );
  });

  it('each is of memory of its own', () => {
    const first = frameTimingSei(splitNtp(SAMPLE_NTP), 1);
    const before = nalBytes(first).toString('hex');
    frameTimingSei(splitNtp(0n), 2);
    assert.equal(nalBytes(first).toString('hex'), before);
  });
});

describe('withSei', () => {
  const CASES: [title: string, before: string[], after: string[]][] = [
    ['behind AUD, SPS, PPS and the camera SEI', ['09f0', '674d01', '68ee80', '0601aa80'], ['6588']],
    ['ahead of the prefix of a slice', ['09f0'], ['0e4080', '6588']],
    ['ahead of the first of several slices', ['0601aa80'], ['6588', '6540']],
    ['ahead of a data partition', ['09f0'], ['2288', '2388']],
    ['ahead of what stands behind slices', [], ['6588', '0cff80', '0b']],
    ['behind SEI of two kinds', ['0601aa80', '0605bb80'], ['4188']],
  ];
  for (const [title, before, after] of CASES) {
    it(`Q120 ${title}`, async () => {
      const all = [...before, ...after];
      const { units } = await depacketize(all.map((p, i) => ({ p, m: i === all.length - 1 })));
      const unit = units[0]!;
      const own = frameTimingSei(splitNtp(1n), 2);
      const result = withSei(unit, [own]);
      assert.deepEqual(hexUnits(result), [...before, nalBytes(own).toString('hex'), ...after]);
      assert.deepEqual(hexUnits(unit), all, 'the given unit is unchanged');
    });
  }
});
