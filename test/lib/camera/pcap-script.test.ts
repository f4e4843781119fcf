import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pcapScript } from '../../../lib/camera/pcap-script.js';
import { isRandomAccessPayload } from '../../../lib/camera/random-access.js';
import { compileLoop } from '../../../lib/camera/wire-loop.js';

// The compiled tests lie one folder deeper than the sources.
const ROOT = fileURLToPath(import.meta.url).replace(/(\/dist)?\/test\/lib\/camera\/[^/]*$/, '');
const fixture = (name: string) => `${ROOT}/fixtures/${name}`;

interface Golden {
  readonly streams: readonly {
    readonly kind: string;
    readonly payloadType: number;
    readonly packets: number;
    readonly payloadBytes: number;
    readonly frames: number;
    readonly firstTimestamp: number;
    readonly lastTimestamp: number;
    readonly firstIdrTimestamp?: number;
  }[];
}

const golden = (name: string) => JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')) as Golden;

// Captures that begin with an IDR picture and end with a whole one, so that nothing is left out.
for (const name of ['demo', 'gst-bframes-sdponly-digest-wrap', 'gst-slices-stapa-wrap', 'gst-udp-single-nal']) {
  test(`${name}.pcap: all packets, and a loop one frame longer than its timestamps reach`, async () => {
    const script = await pcapScript(fixture(`${name}.pcap`), name);
    const expected = golden(name).streams.find(({ kind }) => kind === 'video')!;
    assert.equal(script.media.length, 1);
    const { packets, payloadType, clockRate, encodingName } = script.media[0]!;
    assert.deepEqual(
      { payloadType, clockRate, encodingName },
      { payloadType: expected.payloadType, clockRate: 90_000, encodingName: 'H264' },
    );
    assert.equal(packets.length, expected.packets);
    assert.equal(
      packets.reduce((sum, { payload }) => sum + payload.length, 0),
      expected.payloadBytes,
    );
    const times = new Set(packets.map(({ timestamp }) => timestamp));
    assert.equal(times.size, expected.frames);
    const span = Math.max(...times) - Math.min(...times);
    const frame = span / (expected.frames - 1);
    assert.ok(Math.abs((script.durationNs * 90_000) / 1e9 - span - frame) < 2, `${script.durationNs} ns`);
    assert.deepEqual(
      packets.map(({ sequence }) => sequence),
      packets.map((_, i) => i),
    );
  });
}

for (const name of ['gst-aac-basic', 'gortsplib-aac-tcp', 'vlc-aac-udp']) {
  test(`${name}.pcap: audio beside video, in one loop`, async () => {
    const script = await pcapScript(fixture(`${name}.pcap`), name);
    assert.deepEqual(
      script.media.map(({ type }) => type),
      ['video', 'audio'],
    );
    const [video, audio] = script.media;
    assert.ok(isStart(video!.packets.filter(({ timestamp }) => timestamp === 0).map(({ payload }) => payload)));
    assert.equal(audio!.encodingName, 'MPEG4-GENERIC');
    for (const { packets, clockRate } of script.media) {
      for (const [i, { timestamp, offsetNs }] of packets.entries()) {
        assert.ok(timestamp < (script.durationNs * clockRate) / 1e9);
        assert.ok(offsetNs >= Math.max(0, (timestamp * 1e9) / clockRate - 1), `packet ${i} is sent before its time`);
        assert.ok(i === 0 || offsetNs >= packets[i - 1]!.offsetNs);
      }
    }
    const loop = compileLoop(script, [0, 1]);
    assert.equal(loop.streams.length, video!.packets.length + audio!.packets.length);
  });
}

function isStart(payloads: Buffer[]): boolean {
  return payloads.some(isRandomAccessPayload);
}
