import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import commonjs from '@rollup/plugin-commonjs';
import { nodeResolve } from '@rollup/plugin-node-resolve';

const fromBuild = (path) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

/** commander asks for it in order to start commands that are programs of their own. There are none, and Node takes milliseconds to load it. */
const noPrograms = {
  name: 'no-programs',
  resolveId: (id, importer) => (id === 'node:child_process' && importer?.includes('commander') ? '\0none' : null),
  load: (id) => (id === '\0none' ? 'export default {}' : null),
};

/** From the command's files the package is found without Node's resolver, which takes milliseconds to load for it. */
const ownPackage = {
  name: 'own-package',
  transform(code, id) {
    if (id !== fromBuild('lib/version.js')) return null;
    const found = code.replace("'retina-record/", "'../../");
    return found === code ? this.error('lib/version.ts names the package in another way') : found;
  },
};

/** Where all characters are ASCII V8 keeps a byte for each, and they need not be decoded. */
const ascii = {
  name: 'ascii',
  renderChunk: (code) => ({
    code: code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    map: null,
  }),
};

/** Puts the licences of the packages in it beside the command. */
const licences = {
  name: 'licences',
  generateBundle() {
    const texts = new Map();
    for (const id of this.getModuleIds()) {
      const [folder, name] = /^[^\0]*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id) ?? [];
      if (name === undefined || texts.has(name)) continue;
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      texts.set(name, `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`);
    }
    this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source: [...texts.values()].join('\n\n') });
  },
};

/**
 * Puts the command's own modules and the packages that it always needs into a few CommonJS files. Loading some two hundred modules one by
 * one takes the command longer than everything else that it does before the first frame.
 */
export default {
  input: fromBuild('bin/retina-record.js'),
  external: [/^node:(?!child_process)/],
  plugins: [
    noPrograms,
    ownPackage,
    nodeResolve({ exportConditions: ['node'], preferBuiltins: true }),
    commonjs(),
    ascii,
    licences,
  ],
  output: {
    dir: fromBuild('command'),
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    // What V8 loads compiled cannot import modules itself.
    dynamicImportInCjs: false,
  },
  onLog(_level, log) {
    // How a package is made within is its own affair.
    if (log.code === 'CIRCULAR_DEPENDENCY' && log.ids.every((id) => id.includes('node_modules'))) return;
    throw new Error(log.message);
  },
};
