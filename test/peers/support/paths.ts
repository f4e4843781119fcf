import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The built command. */
export const COMMAND = fileURLToPath(new URL('../../../command/retina-record.cjs', import.meta.url));

/** A file of the checkout; this module runs in dist/test/peers/support. */
export function source(path: string): string {
  return fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
}

/** A folder that lasts as long as the test. VLC, which does not run as root, may read it too. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'retina-record-peers-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
