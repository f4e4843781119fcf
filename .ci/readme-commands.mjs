// Usage: readme-commands.mjs README MARK FOLDER
// Writes each ```sh block of the README that stands under a comment <!-- ci: MARK --> into FOLDER as a script: 01.sh, 02.sh, …
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [readme, mark, folder] = process.argv.slice(2);
const pattern = new RegExp(`<!-- ci: ${mark} -->\\s*\`\`\`sh\\n(.*?)^\`\`\``, 'gms');
const blocks = [...readFileSync(readme, 'utf8').matchAll(pattern)];
if (blocks.length === 0) {
  console.error(`${readme} has no block of commands under <!-- ci: ${mark} -->`);
  process.exit(1);
}
for (const [i, [, commands]] of blocks.entries()) {
  // A leading prompt is for people.
  const script = commands.replace(/^\$ /gm, '');
  writeFileSync(join(folder, `${String(i + 1).padStart(2, '0')}.sh`), script);
}
