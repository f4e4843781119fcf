import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nalBytes } from '../../../lib/codec/h264-nal.js';
import { parseSei } from '../../../lib/codec/h264-sei.js';
import { frameTimingSei, senderReportSei, withSei } from '../../../lib/sei/timing-sei.js';
import { unixNsToNtp } from '../../../lib/time/ntp.js';
import { depacketize, hexUnits } from '../codec/rtp-items.js';

const SAMPLE_NTP = 16824201542114736079n;

describe('timing SEI', () => {
  it('of a frame, bit for bit', () => {
    const json = '{"recv":16824201542114736079,"rtp":4294967295}';
    const nal = frameTimingSei(SAMPLE_NTP, 4294967295);
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
      nalBytes(frameTimingSei(1n, 0)).toString('hex'),
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
    assert.deepEqual(nalBytes(senderReportSei(SAMPLE_NTP, 2n ** 64n - 1n, 0)), expected);
  });

  it('has the time that the Rust original computes', () => {
    const time = BigInt(Date.parse('2024-02-17T20:14:34.013Z')) * 1_000_000n;
    assert.equal(unixNsToNtp(time), SAMPLE_NTP);
  });

  it('sizes of 255 and more in ff-coding', () => {
    for (const size of [253, 254, 255, 256, 509, 510, 511, 765]) {
      // Numbers of any length take the place of long payloads.
      const digits = size - 16 - '{"recv":,"rtp":0}'.length;
      const nal = nalBytes(frameTimingSei(10n ** BigInt(digits - 1), 0));
      const coded = [...Array.from({ length: Math.floor(size / 255) }, () => 255), size % 255];
      assert.deepEqual([...nal.subarray(0, 2 + coded.length)], [6, 5, ...coded]);
      assert.equal(nal.length, 2 + coded.length + size + 1);
      assert.equal(nal.at(-1), 0x80);
      const [message, ...more] = parseSei(nal);
      assert.deepEqual([message!.type, message!.payload.length, more.length], [5, size, 0]);
    }
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
      const own = frameTimingSei(1n, 2);
      const result = withSei(unit, [own]);
      assert.deepEqual(hexUnits(result), [...before, nalBytes(own).toString('hex'), ...after]);
      assert.deepEqual(hexUnits(unit), all, 'the given unit is unchanged');
    });
  }
});
