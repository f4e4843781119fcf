import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
/** By the package's own name: the way there differs between sources and build. */
const PACKAGE_JSON = 'retina-record/package.json';

/** Version of this package. */
function packageVersion(): string {
  return (require(PACKAGE_JSON) as { version: string }).version;
}

/** Name and version of this program, as it stands in files and in requests. */
export function programName(): string {
  return `retina-record ${packageVersion()}`;
}

/** URL of a file that is shipped with this package. */
export function packageFile(path: string): URL {
  return new URL(path, pathToFileURL(require.resolve(PACKAGE_JSON)));
}
