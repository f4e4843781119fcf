// Reads a JSON array of versions from stdin and prints the newest release of an even major version: Node's long-term lines.
import { readFileSync } from 'node:fs';

const versions = JSON.parse(readFileSync(0, 'utf8'))
  .filter((version) => /^\d+\.\d+\.\d+$/.test(version))
  .map((version) => version.split('.').map(Number))
  .filter(([major]) => major % 2 === 0)
  .sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
console.log(versions.at(-1).join('.'));
