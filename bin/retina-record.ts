#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { main } from '../lib/cli/main.js';

// Every read of a socket is memory that V8 counts but does not hold itself, and soon it marks its whole small heap over and over, a
// fifth of the processor's time. A heap this small is collected in one go, and seldom.
setFlagsFromString('--no-incremental-marking');
// Of the packets next to nothing is left when young objects are collected: waking other threads for it costs more than doing it.
setFlagsFromString('--no-parallel-scavenge');

void main(process.argv.slice(2));
