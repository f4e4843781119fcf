#!/usr/bin/env node
import { main } from '../lib/cli/main.js';

void main(process.argv.slice(2));
