import { createRequire } from 'node:module';

/** Version of this package. */
export function packageVersion(): string {
  const require = createRequire(import.meta.url);
  // By the package's own name: the way there differs between sources and build.
  return (require('retina-record/package.json') as { version: string }).version;
}

/** Name and version of this program, as it stands in files and in requests. */
export function programName(): string {
  return `retina-record ${packageVersion()}`;
}
