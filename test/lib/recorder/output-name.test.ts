import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cameraName, generatedName } from '../../../lib/recorder/output-name.js';

const nobody = async (): Promise<string[]> => {
  throw new Error('asked for nothing');
};
const answers =
  (...names: string[]) =>
  async (): Promise<string[]> =>
    names;

describe('generatedName', () => {
  it('movie, date, time and camera, in local time', () => {
    assert.equal(generatedName(new Date(2026, 0, 2, 3, 4, 5), 'gate'), 'movie20260102_030405_gate.mp4');
    assert.equal(generatedName(new Date(2026, 10, 23, 23, 59, 59, 999), 'a-b'), 'movie20261123_235959_a-b.mp4');
  });
});

describe('cameraName', () => {
  const cases: [title: string, host: string, lookUp: () => Promise<string[]>, name: string][] = [
    ['the first label of a host name, without asking anybody', 'gate.example.org', nobody, 'gate'],
    ['a host name of one label', 'cam1', nobody, 'cam1'],
    ['an address: the first label of its name', '192.168.1.5', answers('gate.lan', 'other.lan'), 'gate'],
    ['an IPv6 address too', 'fe80::1', answers('gate.lan.'), 'gate'],
    ['an address without a name', '192.168.1.5', nobody, 'ipv4-192-168-1-5'],
    ['an empty answer', '192.168.1.5', answers(), 'ipv4-192-168-1-5'],
    ['the question for an answer', '192.168.1.5', answers('5.1.168.192.in-addr.arpa.'), 'ipv4-192-168-1-5'],
    ['the address for an answer', '192.168.1.5', answers('192.168.1.5'), 'ipv4-192-168-1-5'],
    ['a useful answer behind a useless one', '10.0.0.1', answers('1.0.0.10.in-addr.arpa', 'gate.lan'), 'gate'],
    ['an IPv6 address without a name', 'fe80::1', nobody, 'ipv6-fe80--1'],
    ['an IPv6 address with a zone', 'fe80::1%eth0', nobody, 'ipv6-fe80--1-eth0'],
    ['a path for an answer', '10.0.0.1', answers('../../etc/passwd'), 'ipv4-10-0-0-1'],
    ['slashes, backslashes and a drive', '10.0.0.1', answers('c:\\a/b.lan'), 'c--a-b'],
    ['control characters', '10.0.0.1', answers('a\0b\nc\x1b[31m.lan'), 'a-b-c--31m'],
    ['nothing but what is not allowed', '10.0.0.1', answers('///.lan'), 'ipv4-10-0-0-1'],
    ['names of devices on Windows stand behind the date', '10.0.0.1', answers('CON'), 'CON'],
    ['letters of other scripts', 'кам-süd.example', nobody, 'кам-süd'],
    ['letters in two parts', 'su\u0308d.example', nobody, 's\u00fcd'],
    ['what would be an option', '10.0.0.1', answers('--help'), 'help'],
    ['a host name without a letter', '...', nobody, 'camera'],
    ['far too long', '10.0.0.1', answers('é'.repeat(300)), 'é'.repeat(31)],
  ];
  for (const [title, host, lookUp, name] of cases) {
    it(title, async () => assert.equal(await cameraName(host, lookUp), name));
  }

  it('asks for the address', async () => {
    const asked: string[] = [];
    await cameraName('192.0.2.7', async (address) => {
      asked.push(address);
      return ['x'];
    });
    assert.deepEqual(asked, ['192.0.2.7']);
  });

  it('whatever is answered, the file name is safe on every system', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ unit: 'grapheme' }));
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom('10.0.0.1', 'fe80::1'), async (answer, host) => {
        const name = generatedName(new Date(2026, 5, 1), await cameraName(host, answers(answer)));
        assert.match(name, /^movie20260601_000000_[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_-]*\.mp4$/u);
        assert.ok(Buffer.byteLength(`${name}.partial`) <= 255);
        assert.equal(Buffer.from(name).toString(), name);
      }),
    );
  });
});
