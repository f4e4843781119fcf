import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIpAddress } from '../../../lib/pcap/ip-address.js';

describe('parseIpAddress', () => {
  const cases: [string, string | undefined][] = [
    ['192.0.2.1', 'c0000201'],
    ['::ffff:192.0.2.1', 'c0000201'],
    ['::ffff:c000:201', 'c0000201'],
    ['::1', `${'0'.repeat(31)}1`],
    ['::', '0'.repeat(32)],
    ['fe80::1%eth0', `fe80${'0'.repeat(27)}1`],
    ['2001:db8::', `20010db8${'0'.repeat(24)}`],
    ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
    ['64:ff9b::192.0.2.33', `0064ff9b${'0'.repeat(16)}c0000221`],
    ['camera.local', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => assert.equal(parseIpAddress(text)?.toString('hex'), expected));
  }
});
