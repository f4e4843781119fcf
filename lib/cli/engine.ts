// What is used later is loaded here, ahead of the flags: Node ships its own modules compiled, and once a flag of V8's has changed each
// further one is compiled anew.
import 'node:crypto';
import fs from 'node:fs';
import 'node:net';
import 'node:os';
import 'node:process';
import { setFlagsFromString } from 'node:v8';
import 'node:worker_threads';
import { cacheCode } from './code-cache.js';

/**
 * Sets V8 and the C library up for a stream of packets. To be called ahead of loading what handles them: the functions that are there
 * already keep some of the old settings.
 *
 * @param folder where the command's own modules are; what is loaded from there then is loaded compiled, see {@link cacheCode}
 * @returns keeps that for the next run
 */
export function tuneEngine(folder: string): () => void {
  // Node loads its file streams when they are asked for.
  Reflect.get(fs, 'WriteStream');
  // Every read of a socket is memory that V8 counts but does not hold itself, and soon it marks its whole small heap over and over, a
  // fifth of the processor's time. A heap this small is collected in one go, and seldom.
  setFlagsFromString('--no-incremental-marking');
  // Of the packets next to nothing is left when young objects are collected: waking other threads for it costs more than doing it.
  setFlagsFromString('--no-parallel-scavenge');
  // In real time much of the code never runs often enough to pay for being compiled well: less of it is put into each function, and it
  // is looked at later. The second flag is Node 20's alone.
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=200');
  if (process.versions.v8.startsWith('11.3.')) setFlagsFromString('--interrupt-budget=200000');
  // glibc returns freed memory to the system, and has each of its pages made anew a moment later, until it has seen a block freed that
  // is larger than what comes and goes here (mallopt(3), M_TRIM_THRESHOLD). No byte of this one is touched.
  Buffer.allocUnsafeSlow(8 * 1024 * 1024);
  return cacheCode(folder);
}
