import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Camera, startCamera } from '../../../lib/camera/camera.js';
import { loadScript } from '../../../lib/camera/load-script.js';
import type { CameraOptions } from '../../../lib/camera/options.js';
import type { CameraScript, ScriptPacket } from '../../../lib/camera/script.js';
import { packageFile } from '../../../lib/version.js';
import { readTiming } from '../../read-timing.js';

const FIXTURES = fileURLToPath(packageFile('fixtures/'));

/** The demo capture as a script: 150 frames, an IDR every 25, video alone. */
export const demo: CameraScript = await loadScript(`${FIXTURES}demo.pcap`);

/** MD5 of each of its access units, as ffmpeg copies them. */
export const demoDigests: readonly string[] = JSON.parse(readFileSync(`${FIXTURES}demo.json`, 'utf8')).streams[0]
  .copiedMd5;

/** The demo with other packets. */
export function altered(change: (packets: readonly ScriptPacket[]) => readonly ScriptPacket[]): CameraScript {
  const [video] = demo.media;
  return { ...demo, media: [{ ...video!, packets: change(video!.packets) }] };
}

/** Numbers of the demo's frames by packet, from 0. */
export function frameOfPacket(packets: readonly ScriptPacket[]): number[] {
  let frame = -1;
  let last: number | undefined;
  return packets.map(({ timestamp }) => {
    if (timestamp !== last) frame++;
    last = timestamp;
    return frame;
  });
}

/** A camera on loopback that is closed when the test ends: as fast as the client reads, once and then BYE. */
export async function cameraFor(t: TestContext, options: Partial<CameraOptions> = {}): Promise<Camera> {
  const camera = await startCamera({ script: demo, pacing: 'fast', loop: false, ...options });
  t.after(() => camera.close());
  return camera;
}

/** A folder that is removed when the test ends. */
export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** MD5 of a sample as the camera sent it: its NAL units without the timing SEI, behind start codes. */
export function digest(sample: Buffer): string {
  const hash = createHash('md5');
  for (const nal of readTiming(sample).nalUnits) hash.update(Buffer.of(0, 0, 0, 1)).update(nal);
  return hash.digest('hex');
}
