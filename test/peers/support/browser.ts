import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { TestContext } from 'node:test';
import { source, temporaryFolder } from './paths.js';
import { start } from './processes.js';

/** How the page is to play what it is given. */
export interface Plan {
  /** MIME type with codecs: play by Media Source Extensions. Default: the `<video>` element loads the file by itself. */
  readonly type?: string | undefined;
  /** Where each piece that is appended begins, in ascending order from 0. Default: pieces as they come from the server. */
  readonly cuts?: readonly number[] | undefined;
  /** Seconds of the media in a second. Default 1. */
  readonly rate?: number | undefined;
}

/** What the page saw. */
export interface PlayReport {
  /** Why it could not be played to its end. */
  readonly error?: string;
  /** Events of the `<video>` element, in order. */
  readonly events: readonly string[];
  /** Presentation times in seconds of the pictures that were put on the screen. */
  readonly mediaTimes: readonly number[];
  readonly width: number;
  readonly height: number;
  /** Seconds. */
  readonly duration: number;
  /** Seconds. */
  readonly currentTime: number;
  readonly totalVideoFrames: number;
  readonly droppedVideoFrames: number;
  readonly corruptedVideoFrames: number;
  readonly decodedVideoBytes: number;
  readonly decodedAudioBytes: number;
  /** Ranges in seconds. */
  readonly buffered: readonly (readonly [from: number, to: number])[];
}

const FLAGS = [
  '--headless=new',
  // Containers, and whoever is root, cannot have the sandbox; the page is our own.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--autoplay-policy=no-user-gesture-required',
  '--no-first-run',
  '--disable-extensions',
  '--disable-sync',
  '--disable-component-update',
  '--disable-background-networking',
  // Nothing but the loopback server is to be reached.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/**
 * Plays a file, or what a program writes while it writes it, in a real `<video>` element of headless Chromium. The page tells its
 * result to the server that it came from, so that no library for remote control is needed.
 *
 * @throws Error if the browser ends, or reports nothing within a minute
 */
export async function playInBrowser(t: TestContext, media: string | Readable, plan: Plan = {}): Promise<PlayReport> {
  let report: (value: PlayReport) => void = () => {};
  const reported = new Promise<PlayReport>((resolve) => {
    report = resolve;
  });
  const server = createServer((request, response) => {
    answer(request, response, media, plan, report).catch((error: Error) => response.destroy(error));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close().closeAllConnections());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const home = temporaryFolder(t);
  const browser = start('chromium', [...FLAGS, `--user-data-dir=${join(home, 'profile')}`, url], {
    env: { HOME: home },
  });
  t.after(() => browser.stop('SIGKILL'));
  const result = await Promise.race([reported, browser.ended]);
  if ('code' in result) throw new Error(`Chromium ended with ${result.code ?? result.signal}:\n${result.stderr}`);
  await browser.stop();
  return result;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  media: string | Readable,
  plan: Plan,
  report: (value: PlayReport) => void,
): Promise<void> {
  if (request.url === '/') {
    response.setHeader('content-type', 'text/html');
    await pipeline(createReadStream(source('test/peers/browser/player.html')), response);
  } else if (request.url === '/plan') {
    response.end(JSON.stringify({ rate: 1, ...plan }));
  } else if (request.url === '/media') {
    response.setHeader('content-type', 'video/mp4');
    if (typeof media === 'string') await sendFile(request, response, media);
    else await pipeline(media, response);
  } else if (request.url === '/report') {
    report(JSON.parse(await text(request)) as PlayReport);
    response.end();
  } else {
    response.writeHead(404).end();
  }
}

/** The whole file, or the one range that is asked for (RFC 9110 section 14.2): `<video>` seeks to the `moov` at the end. */
async function sendFile(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const { size } = statSync(path);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const from = range === null ? 0 : Number(range[1]);
  const to = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('content-length', to - from + 1);
  if (range !== null) response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${size}` });
  await pipeline(createReadStream(path, { start: from, end: to }), response);
}
