import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseResource } from '../../../lib/camera/resource.js';

const CASES: [uri: string, path: string, expected: { base: string; stream?: number } | undefined][] = [
  ['rtsp://h:554/', '/', { base: 'rtsp://h:554' }],
  ['rtsp://h', '/', { base: 'rtsp://h' }],
  ['RTSP://h:1/stream=0', '/', { base: 'RTSP://h:1', stream: 0 }],
  ['rtsp://h:1/cam/', '/cam', { base: 'rtsp://h:1/cam' }],
  ['rtsp://h:1/cam/stream=12/', '/cam/', { base: 'rtsp://h:1/cam', stream: 12 }],
  ['rtsp://h:1/cam?a=b/stream=1', '/cam', { base: 'rtsp://h:1/cam', stream: 1 }],
  ['rtsp://h:1?a=b', '/', { base: 'rtsp://h:1' }],
  ['rtsp://user:secret@h:1/cam', '/cam', { base: 'rtsp://h:1/cam' }],
  ['rtsp://[::1]:554/cam', '/cam', { base: 'rtsp://[::1]:554/cam' }],
  ['rtsp://h:1/came', '/cam', undefined],
  ['rtsp://h:1/cam/x', '/cam', undefined],
  ['rtsp://h:1/cam/stream=x', '/cam', undefined],
  ['http://h:1/cam', '/cam', undefined],
  ['/cam', '/cam', undefined],
  ['*', '/', undefined],
];

for (const [uri, path, expected] of CASES) {
  test(`${uri} at ${path}`, () => {
    assert.deepEqual(parseResource(uri, path), expected && { stream: undefined, ...expected });
  });
}

test('anything else is survived, in linear time', () => {
  fc.assert(fc.property(fc.string(), (uri) => void parseResource(uri, '/')));
  assert.equal(parseResource(`rtsp://${'@'.repeat(60_000)}`, '/'), undefined);
});
