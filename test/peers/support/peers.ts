import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { source } from './paths.js';
import { rustRecorder } from './rust.js';
import { rustMp4 } from './rust-mp4.js';

export { rustRecorder } from './rust.js';

interface Peer {
  /** Why the peer cannot be had; undefined if it is there. */
  readonly missing: () => string | undefined;
  /** Whether {@link REQUIRED} demands it: all that the system's package manager can install. */
  readonly packaged: boolean;
}

/** With this variable set to 1 a missing peer that packages can provide is a failure, not a skipped test. */
const REQUIRED = process.env.RETINA_RECORD_REQUIRE_PEERS === '1';

const PEERS = {
  ffmpeg: program(
    'ffmpeg with libx264',
    'ffmpeg',
    'ffmpeg',
    ['-v', 'error', '-h', 'encoder=libx264'],
    'Encoder libx264',
  ),
  ffprobe: program('ffprobe', 'ffmpeg', 'ffprobe', ['-version']),
  gstServer: {
    packaged: true,
    missing: () =>
      succeeds('/usr/bin/python3', [source('test/peers/gst_server.py'), '--help']) && gstHas('h264parse', 'rtph264pay')
        ? undefined
        : 'gst-rtsp-server (python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)',
  },
  gstreamer: {
    packaged: true,
    missing: () =>
      gstHas('rtspsrc', 'qtdemux', 'h264parse', 'avdec_h264')
        ? undefined
        : 'GStreamer (gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav)',
  },
  tshark: program('tshark', 'tshark', 'tshark', ['--version']),
  tcpdump: program('tcpdump', 'tcpdump', 'tcpdump', ['--version']),
  capturing: {
    packaged: false,
    // Listing link types opens the device, which is what needs the privilege.
    missing: () => (succeeds('tcpdump', ['-i', 'lo', '-L']) ? undefined : 'leave to capture with tcpdump'),
  },
  vlcServer: {
    packaged: true,
    missing: () => (vlcPlugins() === '' ? 'VLC (apt-get install vlc-bin vlc-plugin-base)' : undefined),
  },
  mount: {
    packaged: false,
    missing: () =>
      succeeds('unshare', [...unshareMount(), 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'])
        ? undefined
        : 'leave to mount a tmpfs',
  },
  vlcPlayer: {
    packaged: false,
    missing: () =>
      /^\s*live555\b/m.test(vlcPlugins())
        ? undefined
        : "VLC with its RTSP input, the live555 plugin, which Debian's VLC is built without",
  },
  chromium: {
    // Where it is a snap and not a package it cannot be demanded.
    packaged: false,
    missing: () => (succeeds('chromium', ['--version']) ? undefined : 'Chromium (apt-get install chromium)'),
  },
  gortsplib: { packaged: false, missing: () => (gortsplibServer() === undefined ? goProblem : undefined) },
  rust: {
    packaged: false,
    missing: () =>
      rustRecorder() === undefined
        ? 'the Rust retina-record (cargo install retina-record --locked; on PATH or in RETINA_RECORD_RUST)'
        : undefined,
  },
  rustMp4: { packaged: false, missing: () => rustMp4().problem || undefined },
} satisfies Record<string, Peer>;

/** A program of somebody else that a test needs. */
export type PeerName = keyof typeof PEERS;

/** Whether a peer is there. */
export function hasPeer(name: PeerName): boolean {
  return PEERS[name].missing() === undefined;
}

/** A test that is skipped, and says why, where a peer is missing; or fails, if peers are required. */
export function peerTest(title: string, peers: readonly PeerName[], body: (t: TestContext) => Promise<void>): void {
  const missing = peers.flatMap((name) => {
    const peer: Peer = PEERS[name];
    const what = peer.missing();
    return what === undefined ? [] : [{ what, packaged: peer.packaged }];
  });
  const reason = missing.map(({ what }) => `missing: ${what}`).join('; ');
  if (REQUIRED && missing.some(({ packaged }) => packaged)) {
    test(title, () => {
      throw new Error(reason);
    });
  } else {
    test(title, { skip: reason || false, timeout: 120_000 }, body);
  }
}

/** A command line that runs VLC, which refuses to run as root. */
export function vlcCommand(...args: string[]): [command: string, ...args: string[]] {
  if (process.getuid?.() !== 0) return ['cvlc', ...args];
  const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', 'env', 'HOME=/tmp'];
  return ['setpriv', ...asNobody, 'cvlc', ...args];
}

function vlcPlugins(): string {
  const [command, ...args] = vlcCommand('--list', '--no-color');
  return spawnSync(command, args, { encoding: 'utf8', timeout: 20_000 }).stdout ?? '';
}

/** Arguments of unshare for a process that may mount what nobody else sees. */
export function unshareMount(): string[] {
  return process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
}

let goProblem = '';
let goServer: string | undefined;

/** The gortsplib server's executable: the one in RETINA_RECORD_GORTSPLIB, else built here once per process. */
export function gortsplibServer(): string | undefined {
  const { RETINA_RECORD_GORTSPLIB: built } = process.env;
  if (built) return built;
  if (goServer !== undefined || goProblem !== '') return goServer;
  const folder = mkdtempSync(join(tmpdir(), 'retina-record-go-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const target = join(folder, 'gortsplib-server');
  const cwd = source('test/peers/gortsplib-server');
  const { status, error, stderr } = spawnSync('go', ['build', '-o', target, '.'], {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status === 0) goServer = target;
  else goProblem = `gortsplib's server, which Go 1.23 or later builds (${error?.message ?? stderr.trim().slice(-200)})`;
  return goServer;
}

function program(what: string, packages: string, command: string, args: readonly string[], says = ''): Peer {
  return {
    packaged: true,
    missing: () => (succeeds(command, args, says) ? undefined : `${what} (apt-get install ${packages})`),
  };
}

function succeeds(command: string, args: readonly string[], says = ''): boolean {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 20_000, env: asAnybody() });
  return status === 0 && stdout.includes(says);
}

function gstHas(...elements: string[]): boolean {
  return elements.every((element) => succeeds('gst-inspect-1.0', ['--exists', element]));
}

/** The environment with a home that can be written to: GStreamer and VLC keep caches there. */
function asAnybody(): NodeJS.ProcessEnv {
  return { ...process.env, HOME: process.env.HOME ?? tmpdir() };
}
