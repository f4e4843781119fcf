import { resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { COMMAND, source } from './paths.js';
import { gortsplibServer } from './peers.js';
import { type Running, start } from './processes.js';

/** An RTSP server that listens. */
export interface Server {
  readonly url: string;
  readonly port: number;
  readonly process: Running;
}

/** Starts GStreamer's RTSP server for a file; every client gets it from the first frame on, in real time. */
export async function gstServer(t: TestContext, file: string, ...options: string[]): Promise<Server> {
  return serve(t, start('/usr/bin/python3', [source('test/peers/gst_server.py'), '--file', file, ...options]));
}

/** Starts GStreamer's RTSP server for a pipeline of its language, whose payloaders are called pay0, pay1, … */
export async function gstLaunch(t: TestContext, pipeline: string, ...options: string[]): Promise<Server> {
  return serve(t, start('/usr/bin/python3', [source('test/peers/gst_server.py'), '--launch', pipeline, ...options]));
}

/** Starts gortsplib's server, to which somebody has to {@link publish}. */
export async function startGortsplib(t: TestContext, ...options: string[]): Promise<Server> {
  return serve(t, start(gortsplibServer()!, options));
}

/** Lets ffmpeg send a file to a server again and again, in real time; resolves when it has begun. */
export async function publish(t: TestContext, server: Server, file: string): Promise<Running> {
  const input = ['-nostdin', '-v', 'error', '-re', '-stream_loop', '-1', '-i', file];
  const publisher = start('ffmpeg', [...input, '-c', 'copy', '-f', 'rtsp', '-rtsp_transport', 'tcp', server.url]);
  t.after(() => publisher.stop('SIGKILL'));
  await server.process.said(/^publishing$/m);
  return publisher;
}

/** Starts VLC as a server of a file; a client gets what is due when it comes. */
export async function vlcServer(t: TestContext, file: string, env: NodeJS.ProcessEnv = {}): Promise<Server> {
  return serve(t, start(source('test/peers/vlc_server.sh'), [file], { env }));
}

/**
 * Starts the command's own camera.
 *
 * @param fixture path, from the checkout's root if it is relative
 */
export async function embeddedCamera(t: TestContext, fixture: string, ...options: string[]): Promise<Server> {
  const camera = start(process.execPath, [COMMAND, 'camera', resolve(source('.'), fixture), '--port', '0', ...options]);
  return serve(t, camera, /^(rtsp:\/\/\S+)$/m);
}

async function serve(t: TestContext, process: Running, ready = /^ready (rtsp:\/\/\S+)$/m): Promise<Server> {
  t.after(() => process.stop());
  const url = (await process.said(ready))[1]!;
  return { url, port: Number(new URL(url).port), process };
}
