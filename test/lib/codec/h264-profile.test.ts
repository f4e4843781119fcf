import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { profileAndLevel } from '../../../lib/codec/h264-profile.js';
import type { SpsInfo } from '../../../lib/codec/h264-sps.js';

describe('profileAndLevel', () => {
  const cases: [number, number, number, string, string][] = [
    [66, 0x00, 30, 'Baseline', '3.0'],
    [66, 0xc0, 31, 'Constrained Baseline', '3.1'],
    [66, 0x10, 11, 'Baseline', '1b'],
    [77, 0x00, 11, 'Main', '1.1'],
    [100, 0x00, 51, 'High', '5.1'],
    [100, 0x10, 11, 'High', '1.1'],
    [100, 0x00, 9, 'High', '1b'],
    [244, 0x00, 40, 'High 4:4:4 Predictive', '4.0'],
    [199, 0x00, 40, 'profile 199', '4.0'],
  ];
  for (const [profileIdc, constraintFlags, levelIdc, profile, level] of cases) {
    it(`${profile}, level ${level}`, () => {
      const info = { profileIdc, constraintFlags, levelIdc } as SpsInfo;
      assert.deepEqual(profileAndLevel(info), { profile, level });
    });
  }
});
