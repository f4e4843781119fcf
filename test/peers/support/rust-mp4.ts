import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { source } from './paths.js';

/** Cargo may have to get some crates, and compiles on a busy machine. */
const LIMIT_MS = 300_000;

let built: { readonly program?: string; readonly problem: string } | undefined;

/**
 * The reader in `test/peers/rust-mp4`: the one in RETINA_RECORD_RUST_MP4, else built here once per process, away from the sources.
 *
 * @returns why it cannot be had, and the program if it can
 */
export function rustMp4(): { readonly program?: string; readonly problem: string } {
  const { RETINA_RECORD_RUST_MP4: named } = process.env;
  built ??= named ? { program: named, problem: '' } : build();
  return built;
}

function build(): { readonly program?: string; readonly problem: string } {
  const folder = mkdtempSync(join(tmpdir(), 'retina-record-cargo-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const args = ['build', '--locked', '--target-dir', folder];
  const { status, error, stderr } = spawnSync('cargo', args, {
    cwd: source('test/peers/rust-mp4'),
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (status === 0) return { program: join(folder, 'debug/rust-mp4'), problem: '' };
  const why = error?.message ?? stderr.trim().slice(-200);
  return { problem: `the mp4 crate's reader, which cargo builds (${why})` };
}
