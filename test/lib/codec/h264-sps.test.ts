import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseSps } from '../../../lib/codec/h264-sps.js';
import { sps as writeSps } from '../camera/h264-writer.js';

interface Facts {
  readonly camera: string;
  /** NAL unit in base64, as in the SDP. */
  readonly sps: string;
  readonly codec: string;
  readonly size: readonly [width: number, height: number];
  readonly frameDuration?: readonly [numerator: number, denominator: number];
  readonly reorder?: number;
  readonly trailing?: true;
}

// biome-ignore format: a table
const CAMERAS: readonly Facts[] = [
  { camera: 'Q127 Dahua', sps: 'Z2QAHqwsaoLA9puCgIKgAAADACAAAAMD0IAA', codec: 'avc1.64001E', size: [704, 480], frameDuration: [2, 30] },
  { camera: 'Q127 Reolink, no VUI', sps: 'Z2QAM6zoAoALWQ==', codec: 'avc1.640033', size: [2560, 1440] },
  { camera: 'Q127 Wowza, Big Buck Bunny', sps: 'Z0LAHtkDxWhAAAADAEAAAAwDxYuS', codec: 'avc1.42C01E', size: [240, 160], frameDuration: [2, 48], reorder: 0 },
  { camera: 'Q126, Q127 Hikvision, whose SDP says 420029', sps: 'Z00AKZpkA8ARPyzUBAQFAAADA+gAAOpgBA==', codec: 'avc1.4D0029', size: [1920, 1080], frameDuration: [2000, 60000] },
  { camera: 'Q127 VStarcam', sps: 'Z00AKp2oHgCJ+WbgICAoAAADAAgAAAMAfCA=', codec: 'avc1.4D002A', size: [1920, 1080], frameDuration: [2, 15] },
  { camera: 'Q127 Wyze, which broke a parser in JavaScript', sps: 'J00AKedAPAET8s1AQEB8AAADAAQAAAMAoNGADqYAFfl//wKA', codec: 'avc1.4D0029', size: [1920, 1080], frameDuration: [2, 40] },
  { camera: 'Q127 Geovision', sps: 'Z01AMpWgCoAwfiZuAgICgAAB9AAAdTBC', codec: 'avc1.4D4032', size: [2688, 1520], frameDuration: [2000, 60000] },
  { camera: 'Q127 Anpviz', sps: 'Z01AH5WgLASabAQ=', codec: 'avc1.4D401F', size: [704, 576] },
  { camera: 'Q126 GW Security, whose SDP says 5046314; a start code behind the SPS', sps: 'Z00AKpWoHgCJ+WbgICAgQAAAAAE=', codec: 'avc1.4D002A', size: [1920, 1080], trailing: true },
  { camera: 'Q128 the change to 640x480', sps: 'Z01AHpplBQHv81AQEBQAAA+gAAE4gBA=', codec: 'avc1.4D401E', size: [640, 480], frameDuration: [2000, 20000] },
  { camera: 'Q125 Reolink, bytes behind the SPS', sps: 'Z2QAM6wVFKCgPaEAAAT2AABjOAQE', codec: 'avc1.640033', size: [640, 480], frameDuration: [2540, 25400], trailing: true },
  { camera: 'Q125 Reolink, the same without', sps: 'Z2QAM6wVFKCgPaEAAAT2AABjOAQ=', codec: 'avc1.640033', size: [640, 480], frameDuration: [2540, 25400] },
];

describe('parseSps', () => {
  for (const { camera, sps, codec, size, frameDuration, reorder, trailing } of CAMERAS) {
    it(camera, () => {
      const info = parseSps(Buffer.from(sps, 'base64'))!;
      assert.equal(info.codec, codec);
      assert.deepEqual([info.width, info.height], size);
      assert.equal(info.pixelAspectRatio, undefined);
      const { numerator, denominator } = info.frameDuration ?? {};
      assert.deepEqual([numerator, denominator], frameDuration ?? [undefined, undefined]);
      assert.equal(info.maxNumReorderFrames, reorder);
      assert.equal(info.trailingBytes, trailing ?? false);
    });
  }

  it('Q127 interlaced pictures that are not square, as x264 writes them', () => {
    const cases = [
      ['Z2QAHqzZQLQk2CCAAAADAIAAABkPihTL', [720, 576], [16, 11]],
      ['Z01AHuygWhJ+v/AE0APBAAADAAEAAAMAMh8UKZY=', [720, 572], [77, 60]], // cropped, and the ratio in full
    ] as const;
    for (const [sps, size, ratio] of cases) {
      const info = parseSps(Buffer.from(sps, 'base64'))!;
      assert.deepEqual([info.width, info.height], size);
      const { horizontal, vertical } = info.pixelAspectRatio!;
      assert.deepEqual([horizontal, vertical], ratio);
      assert.equal(info.frameMbsOnly, false);
    }
  });

  it('tells what the start of a slice header depends on', () => {
    const syntax = (options: Parameters<typeof writeSps>[0]) => {
      const { frameNumBits, picOrderCntLsbBits, separateColourPlanes, frameMbsOnly } = parseSps(writeSps(options))!;
      return [frameNumBits, picOrderCntLsbBits, separateColourPlanes, frameMbsOnly];
    };
    assert.deepEqual(syntax({}), [4, 4, false, true]);
    assert.deepEqual(syntax({ frameNumBits: 16, orderType: 2 }), [16, 0, false, true]);
    assert.deepEqual(syntax({ separatePlanes: true, fields: true }), [4, 4, true, false]);
    assert.equal(parseSps(writeSps({ frameNumBits: 17 })), undefined);
  });

  it('Q125 zeros behind the SPS are not bytes behind it', () => {
    const sps = Buffer.from('Z2QAM6wVFKCgPaEAAAT2AABjOAQAAAA=', 'base64');
    assert.equal(parseSps(sps)?.trailingBytes, false);
  });

  it('Q127 an SPS cut anywhere in its VUI keeps width and height', () => {
    const whole = Buffer.from('Z00AKZpkA8ARPyzUBAQFAAADA+gAAOpgBA==', 'base64');
    let known = 0;
    for (let length = 0; length < whole.length; length++) {
      const info = parseSps(whole.subarray(0, length));
      if (info === undefined) {
        assert.equal(known, 0, `cut at ${length}`);
        continue;
      }
      known++;
      assert.deepEqual([info.width, info.height, info.codec], [1920, 1080, 'avc1.4D0029']);
    }
    assert.ok(known > 10);
  });

  it('Q127 random bytes in the VUI cost only the VUI', () => {
    const whole = Buffer.from('Z00AKZpkA8ARPyzUBAQFAAADA+gAAOpgBA==', 'base64');
    // Byte 11 begins with vui_parameters_present_flag or holds bits of the cropping; what follows is VUI alone.
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
        const info = parseSps(Buffer.concat([whole.subarray(0, 12), tail]))!;
        assert.deepEqual([info.width, info.height], [1920, 1080]);
      }),
      { numRuns: 3000 },
    );
  });

  it('takes any bytes without throwing, quickly', () => {
    const header = fc.constantFrom(0x67, 0x27, 0x07, 0x47);
    const profile = fc.constantFrom(66, 77, 88, 100, 110, 122, 244, 44);
    fc.assert(
      fc.property(header, profile, fc.uint8Array({ maxLength: 120 }), (first, second, rest) => {
        const info = parseSps(Uint8Array.of(first, second, ...rest));
        if (info === undefined) return;
        assert.ok(info.width > 0 && info.width <= 16384 && info.height > 0 && info.height <= 16384);
        assert.ok(info.id >= 0 && info.id <= 31);
        assert.ok(info.bitDepthLuma <= 14 && info.chromaFormatIdc <= 3);
      }),
      { numRuns: 20_000 },
    );
    for (const byte of [0, 3, 0x80, 0xff])
      parseSps(Buffer.concat([Buffer.from('67640028', 'hex'), Buffer.alloc(1 << 20, byte)]));
  });

  it('is not an SPS', () => {
    for (const hex of ['', '67', '68ee3cb000', 'e7640033ac1514a0a02ff950', '67640033']) {
      assert.equal(parseSps(Buffer.from(hex, 'hex')), undefined);
    }
  });
});
