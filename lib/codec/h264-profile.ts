import type { SpsInfo } from './h264-sps.js';

/** profile_idc of ISO/IEC 14496-10 annex A.2. */
const PROFILES: ReadonlyMap<number, string> = new Map([
  [66, 'Baseline'],
  [77, 'Main'],
  [88, 'Extended'],
  [100, 'High'],
  [110, 'High 10'],
  [122, 'High 4:2:2'],
  [244, 'High 4:4:4 Predictive'],
  [44, 'CAVLC 4:4:4 Intra'],
]);
const CONSTRAINT_SET1 = 0x40;
const CONSTRAINT_SET3 = 0x10;
const BASELINE = 66;

/** Profile and level as people write them: `High`, level `4.1` (ISO/IEC 14496-10 annexes A.2, A.3). */
export function profileAndLevel({ profileIdc, constraintFlags, levelIdc }: SpsInfo): {
  profile: string;
  level: string;
} {
  const isConstrained = profileIdc === BASELINE && (constraintFlags & CONSTRAINT_SET1) !== 0;
  const name = PROFILES.get(profileIdc) ?? `profile ${profileIdc}`;
  // Level 1b of the older profiles is 1.1 with a flag.
  const is1b = levelIdc === 9 || (levelIdc === 11 && profileIdc < 100 && (constraintFlags & CONSTRAINT_SET3) !== 0);
  const level = is1b ? '1b' : `${Math.floor(levelIdc / 10)}.${levelIdc % 10}`;
  return { profile: isConstrained ? `Constrained ${name}` : name, level };
}
