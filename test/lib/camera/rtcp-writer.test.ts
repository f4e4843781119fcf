import assert from 'node:assert/strict';
import { test } from 'node:test';
import { senderReportCompound } from '../../../lib/camera/rtcp-writer.js';

const REPORT = {
  ssrc: 0x01020304,
  unixNs: 500_000_000n,
  rtpTimestamp: 0xfffffffe,
  packetCount: 2 ** 32 + 1,
  octetCount: 9,
};
const SR = `80c80006 01020304 83aa7e80 80000000 fffffffe 00000001 00000009`;

const CASES = [
  {
    title: 'sender report and CNAME',
    cname: 'ab',
    goodbye: false,
    expected: `${SR} 81ca0003 01020304 01026162 00000000`,
  },
  {
    title: 'at least one zero ends the items',
    cname: 'abcdef',
    goodbye: false,
    expected: `${SR} 81ca0004 01020304 01066162 63646566 00000000`,
  },
  {
    title: 'padding to whole words',
    cname: 'abc',
    goodbye: false,
    expected: `${SR} 81ca0003 01020304 01036162 63000000`,
  },
  {
    title: 'goodbye at the end',
    cname: 'a',
    goodbye: true,
    expected: `${SR} 81ca0002 01020304 01016100 81cb0001 01020304`,
  },
];

for (const { title, cname, goodbye, expected } of CASES) {
  test(title, () => {
    assert.equal(senderReportCompound(REPORT, cname, goodbye).toString('hex'), expected.replaceAll(' ', ''));
  });
}
