import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, isIP, type Server } from 'node:net';
import { systemClock } from '../time/clock.js';
import { ClientConnection } from './client-connection.js';
import type { CameraContext, CameraStats, FaultEvent, SessionEvent } from './context.js';
import { DatagramPorts } from './datagram-ports.js';
import { noFaults } from './faults/plan.js';
import { type CameraOptions, checkOptions } from './options.js';
import { describeScript } from './sdp.js';
import { systemTimers } from './timers.js';
import { compileLoop, type WireLoop } from './wire-loop.js';

/** Events of a {@link Camera}. */
export interface CameraEvents {
  session: [event: SessionEvent];
  /** A fault of the plan that happens once: the connection's end, a head without end. */
  fault: [event: FaultEvent];
}

/** A running RTSP server that serves one script to any number of clients. Made by {@link startCamera}. */
export class Camera extends EventEmitter<CameraEvents> {
  /** Where the camera can be played, without credentials. */
  readonly url: string;
  readonly port: number;

  readonly #server: Server;
  readonly #connections: ReadonlySet<ClientConnection>;
  /** Out of reach for whoever prints a camera: it holds the credentials. */
  readonly #context: CameraContext;

  constructor(server: Server, connections: ReadonlySet<ClientConnection>, context: CameraContext) {
    super();
    this.#server = server;
    this.#connections = connections;
    this.#context = context;
    const { address, port } = server.address() as AddressInfo;
    this.port = port;
    this.url = `rtsp://${isIP(address) === 6 ? `[${address}]` : address}:${port}${context.path}`;
  }

  /** Counters since the start, as they are now. */
  get stats(): Readonly<CameraStats> {
    return { ...this.#context.stats };
  }

  /** Ends all sessions, cuts the connections and stops listening. */
  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined;
    this.#server.close();
    for (const session of [...this.#context.sessions.values()]) session.end('closed');
    for (const connection of this.#connections) connection.destroy();
    await Promise.all([closed, this.#context.datagrams?.close()]);
  }
}

/**
 * Starts an RTSP 1.0 server (RFC 2326) that plays a script over interleaved TCP and UDP.
 *
 * @throws RangeError if an option is out of its range; the system's error (such as `EADDRINUSE`) if it cannot listen; RetinaRecordError
 *   `udp-ports` if it finds no two free UDP ports
 */
export async function startCamera(options: CameraOptions): Promise<Camera> {
  checkOptions(options);
  const { host = '127.0.0.1', port = 0 } = options;
  const { address } = await lookup(host);
  const datagrams = options.transports === 'tcp' ? undefined : await DatagramPorts.bind(address);
  const connections = new Set<ClientConnection>();
  let camera: Camera | undefined;
  const context = createContext(options, datagrams, {
    announce: (event) => camera?.emit('session', event),
    announceFault: (event) => camera?.emit('fault', event),
  });
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    const connection = new ClientConnection(socket, context);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  try {
    server.listen(port, address);
    await once(server, 'listening');
  } catch (error) {
    await datagrams?.close();
    throw error;
  }
  camera = new Camera(server, connections, context);
  return camera;
}

function createContext(
  options: CameraOptions,
  datagrams: DatagramPorts | undefined,
  events: Pick<CameraContext, 'announce' | 'announceFault'>,
): CameraContext {
  const { script, loop = true, clock = systemClock } = options;
  const turns = loop === true ? Number.POSITIVE_INFINITY : Math.max(1, Number(loop));
  const sessionId = randomBytes(6).readUIntBE(0, 6).toString();
  const loops = new Map<string, WireLoop>();
  return {
    script,
    path: options.path ?? '/',
    auth: options.auth,
    turns,
    pacing: options.pacing ?? 'realtime',
    atEnd: options.atEnd ?? 'stay',
    senderReportIntervalMs: options.senderReportIntervalMs ?? 2000,
    ssrc: options.ssrc,
    initialSequence: options.initialSequence,
    initialTimestamp: options.initialTimestamp,
    sessionTimeoutS: options.sessionTimeoutS ?? 60,
    faults: options.faults,
    transports: datagrams === undefined ? ['tcp'] : options.transports === 'udp' ? ['udp'] : ['tcp', 'udp'],
    datagrams,
    clock,
    timers: options.timers ?? systemTimers,
    stats: {
      connections: 0,
      requests: 0,
      sessions: 0,
      bytesSent: 0,
      datagramsSent: 0,
      receiverReports: 0,
      holePunches: 0,
      ...noFaults(),
    },
    sessions: new Map(),
    describe: (address) => describeScript(script, { sessionId, address, ends: turns !== Number.POSITIVE_INFINITY }),
    loopOf: (mediaIndices) => {
      const key = mediaIndices.join();
      const compiled = loops.get(key) ?? compileLoop(script, mediaIndices);
      loops.set(key, compiled);
      return compiled;
    },
    ...events,
  };
}
