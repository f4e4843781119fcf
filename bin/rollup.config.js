import { readFileSync } from 'node:fs';

const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/**
 * Puts the command's own modules into a few CommonJS files. Loading some two hundred ES modules one by one takes the command longer
 * than everything else that it does before the first frame; the packages it uses are left to the user's package manager.
 */
export default {
  input: 'dist/bin/retina-record.js',
  external: [/^node:/, ...Object.keys(dependencies)],
  output: {
    dir: 'dist/command',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
  },
  onLog(_level, log) {
    throw new Error(log.message);
  },
};
