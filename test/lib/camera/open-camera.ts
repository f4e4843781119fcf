import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Camera, startCamera } from '../../../lib/camera/camera.js';
import type { FaultEvent, SessionEvent } from '../../../lib/camera/context.js';
import type { CameraOptions } from '../../../lib/camera/options.js';
import { FakeTime } from './fake-time.js';
import { testScript } from './scripts.js';
import { UdpClient } from './udp-client.js';

/** No sender reports, where they would only be in the way. */
export const SILENT = { senderReportIntervalMs: 0 };

/** A camera that lives as long as its test, with clients over UDP that do too. */
export async function openCamera(t: TestContext, options: Partial<CameraOptions> = {}) {
  const time = new FakeTime();
  const camera: Camera = await startCamera({ script: testScript(5), clock: time, timers: time, ...options });
  t.after(() => camera.close());
  const events: SessionEvent[] = [];
  camera.on('session', (event) => events.push(event));
  const happened: string[] = [];
  camera.on('fault', ({ what }: FaultEvent) => happened.push(what));
  const udpClient = async (): Promise<UdpClient> => {
    const client = await UdpClient.open(camera.port);
    t.after(() => client.close());
    return client;
  };
  return { camera, time, events, happened, udpClient };
}

/** Lets sockets have their turn until something that nobody announces has happened. */
export async function until(done: () => boolean): Promise<void> {
  while (!done()) await setImmediate();
}

/** Binds a port of loopback and lets it go. @returns the port that it got */
export async function bindOnce(port: number): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind({ port, address: '127.0.0.1', exclusive: true });
  await once(socket, 'listening');
  const bound = (socket.address() as AddressInfo).port;
  socket.close();
  return bound;
}
