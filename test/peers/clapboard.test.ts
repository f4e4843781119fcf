import assert from 'node:assert/strict';
import { join } from 'node:path';
import { beepDelays, makeClapboard } from './support/clapboard.js';
import { temporaryFolder } from './support/paths.js';
import { peerTest } from './support/peers.js';
import { recordToEnd } from './support/recorder.js';
import { gstServer } from './support/servers.js';

/** Most that sound may be off against what it was in the source. */
const TOLERANCE_S = 0.01;

peerTest('the measure itself: beeps that are late or early by so much are found to be', ['ffmpeg'], async (t) => {
  for (const late of [0, 0.033, -0.08, 0.3]) {
    for (const delay of await beepDelays(await makeClapboard(temporaryFolder(t), { late }))) {
      assert.ok(Math.abs(delay - late) <= 0.002, `${delay} s, made with ${late} s`);
    }
  }
});

const CASES = [
  { name: 'closed', args: [] },
  { name: 'closed, sound of 44.1 kHz, B-frames', args: [], clip: { sampleRate: 44_100, bFrames: 2 } },
  { name: 'closed, UDP', args: ['--transport', 'udp'] },
  { name: 'left fragmented', args: ['--fragmented'] },
];

for (const { name, args, clip } of CASES) {
  peerTest(
    `gst-rtsp-server, ${name}: a clap-board's flash and beep are within 10 ms of each other`,
    ['ffmpeg', 'gstServer'],
    async (t) => {
      const folder = temporaryFolder(t);
      const file = await makeClapboard(folder, clip);
      const made = await beepDelays(file);
      const { url } = await gstServer(t, file, '--audio', '--rtcp-interval', '1');
      const out = join(folder, 'out.mp4');
      const { code, stderr } = await recordToEnd(t, url, ...args, out);
      assert.equal(code, 0, stderr);
      const recorded = await beepDelays(out);
      t.diagnostic(`beeps behind flashes in ms: ${recorded.map((delay) => Math.round(delay * 1e4) / 10).join(' ')}`);
      for (const delay of recorded) {
        assert.ok(Math.abs(delay - made[0]!) <= TOLERANCE_S, `${delay} s, ${made[0]} s in the source`);
      }
    },
  );
}
