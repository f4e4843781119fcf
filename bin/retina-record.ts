#!/usr/bin/env node
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tuneEngine } from '../lib/cli/engine.js';

const keepCode = tuneEngine(dirname(fileURLToPath(import.meta.url)));
// All else is loaded behind that.
void import('../lib/cli/main.js').then(({ main }) => main(process.argv.slice(2), keepCode));
