import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { clockTime, parseTimeOfDay, startMoment, type TimeOfDay } from '../../../lib/cli/start-time.js';

const zone = process.env.TZ;
after(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const time = (text: string): TimeOfDay => parseTimeOfDay(text)!;

describe('parseTimeOfDay', () => {
  const cases: [string, [number, number, number, number] | undefined][] = [
    ['18:30', [18, 30, 0, 0]],
    ['18:30:07', [18, 30, 7, 0]],
    ['18:30:07.5', [18, 30, 7, 500]],
    ['18:30:07.123456789', [18, 30, 7, 123]],
    ['9:5', [9, 5, 0, 0]],
    [' 9 : 05 ', [9, 5, 0, 0]],
    ['00:00', [0, 0, 0, 0]],
    ['23:59:60', [23, 59, 60, 0]],
    ['24:00', undefined],
    ['18:60', undefined],
    ['18:00:61', undefined],
    ['18', undefined],
    ['18:00:', undefined],
    ['18:00:07.', undefined],
    ['18:00:07,5', undefined],
    ['6pm', undefined],
    ['-1:00', undefined],
    ['', undefined],
  ];
  for (const [text, fields] of cases) {
    it(JSON.stringify(text), () => {
      const parsed = parseTimeOfDay(text);
      assert.deepEqual(parsed && [parsed.hour, parsed.minute, parsed.second, parsed.millisecond], fields);
    });
  }
});

describe('startMoment', () => {
  const cases: [title: string, zone: string, start: string, now: string, wanted: string | RegExp][] = [
    ['later today', 'Europe/Berlin', '18:30', '2026-06-01T12:00:00+02:00', '2026-06-01T18:30:00+02:00'],
    ['with thousandths', 'UTC', '18:30:07.25', '2026-06-01T12:00:00Z', '2026-06-01T18:30:07.250Z'],
    ['this very moment', 'UTC', '12:00', '2026-06-01T12:00:00Z', '2026-06-01T12:00:00Z'],
    ['today is the local day', 'Pacific/Auckland', '00:30', '2026-06-01T12:00:00Z', '2026-06-01T12:30:00Z'],
    ['passed by a millisecond', 'UTC', '12:00', '2026-06-01T12:00:00.001Z', /--start 12:00:00 .*it is 12:00:00\.001/],
    ['passed: never tomorrow', 'UTC', '00:10', '2026-06-01T23:50:00Z', /--start 00:10:00 has passed.*it is 23:50:00/],
    ['clocks set forward since', 'Europe/Berlin', '18:00', '2026-03-29T01:30:00+01:00', '2026-03-29T18:00:00+02:00'],
    ['clocks set back since', 'Europe/Berlin', '18:00', '2026-10-25T01:30:00+02:00', '2026-10-25T18:00:00+01:00'],
    ['a time that is skipped', 'Europe/Berlin', '02:30', '2026-03-29T01:30:00+01:00', '2026-03-29T03:30:00+02:00'],
    ['a time twice: the first', 'Europe/Berlin', '02:30', '2026-10-25T01:30:00+02:00', '2026-10-25T02:30:00+02:00'],
    ['a time twice: the next', 'Europe/Berlin', '02:30', '2026-10-25T02:45:00+02:00', '2026-10-25T02:30:00+01:00'],
    ['a time twice: both over', 'Europe/Berlin', '02:30', '2026-10-25T02:45:00+01:00', /02:30:00 has passed/],
    ['set back by half an hour', 'Australia/Lord_Howe', '01:45', '2026-04-04T14:50:00Z', '2026-04-04T15:15:00Z'],
    ['passed before clocks are set back', 'Europe/Berlin', '01:30', '2026-10-25T01:45:00+02:00', /has passed/],
  ];
  for (const [title, where, start, now, wanted] of cases) {
    it(title, () => {
      process.env.TZ = where;
      const find = () => startMoment(time(start), new Date(now)).toISOString();
      if (typeof wanted === 'string') assert.equal(find(), new Date(wanted).toISOString());
      else assert.throws(find, { code: 'usage', message: wanted });
    });
  }
});

describe('clockTime', () => {
  it('is local, with thousandths where there are any', () => {
    process.env.TZ = 'Asia/Kolkata';
    assert.equal(clockTime(new Date('2026-06-01T00:00:00Z')), '05:30:00');
    assert.equal(clockTime(new Date('2026-06-01T00:00:00.007Z')), '05:30:00.007');
  });
});
