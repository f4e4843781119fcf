import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect } from '../../../lib/net/connect.js';
import { openOutput } from '../../../lib/recorder/output-file.js';
import { Recording } from '../../../lib/recorder/recording.js';
import { readMp4 } from '../../read-mp4.js';
import { cameraFor, demoDigests, digest, folderFor } from './cameras.js';

describe('a recording whose disk fills up', () => {
  for (const torn of [0, 1000]) {
    it(`keeps every whole fragment; ${torn} bytes of the next had been written`, async (t) => {
      const camera = await cameraFor(t, { loop: true });
      const folder = folderFor(t);
      const file = await openOutput(join(folder, 'out.mp4'), false);
      const { stream } = file;
      const write = stream._write.bind(stream);
      let whole = 0;
      stream._write = (data: Buffer, encoding, callback) => {
        if (stream.bytesWritten < 250_000) {
          whole = stream.bytesWritten + data.length;
          write(data, encoding, callback);
          return;
        }
        const full = Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' });
        if (torn === 0) callback(full);
        else write(data.subarray(0, torn), encoding, () => callback(full));
      };
      const session = await connect(camera.url);
      const report = await new Recording(session, { file, stream }, {}).done;
      assert.deepEqual([report.reason, report.path], ['output', file.path]);
      assert.match(report.error!.message, /^cannot write .*out\.mp4: the disk is full \(ENOSPC\)$/);
      assert.deepEqual(readdirSync(folder), ['out.mp4']);
      const bytes = readFileSync(file.path);
      assert.equal(bytes.length, whole);
      const { samples } = readMp4(bytes);
      assert.ok(samples.length > 25);
      assert.deepEqual(
        samples.map(({ data }) => digest(data)),
        samples.map((_, i) => demoDigests[i % demoDigests.length]),
      );
    });
  }
});
