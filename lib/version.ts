import { readFileSync } from 'node:fs';

/** The package's folder. Everything that is built lies two folders below it: `dist/lib`, `dist/command`. */
const ROOT = new URL('../../', import.meta.url);

/** Version of this package. */
function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string };
  return version;
}

/** Name and version of this program, as it stands in files and in requests. */
export function programName(): string {
  return `retina-record ${packageVersion()}`;
}

/** URL of a file that is shipped with this package. */
export function packageFile(path: string): URL {
  return new URL(path, ROOT);
}
