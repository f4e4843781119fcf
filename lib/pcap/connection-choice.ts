import { RetinaRecordError } from '../errors.js';
import type { Item } from '../items.js';
import type { Endpoint } from './ip.js';
import { RtspConnection } from './rtsp-connection.js';

/** Which of a capture's RTSP connections is wanted. Default: the first one that plays media. */
export interface ConnectionSelection {
  /** Number of the connection among the capture's RTSP connections, from 0, in order of their first RTSP message. */
  readonly connection?: number | undefined;
  /** Only connections with this TCP port, 1–65535, at either end. */
  readonly port?: number | undefined;
}

/** RTSP connections that may still turn out to be the one with the media. */
const MAX_CANDIDATES = 64;
/** Bytes of items of one such connection; with more it is taken to be the one. */
const MAX_CANDIDATE_BYTES = 1024 * 1024;
/** What an item counts beside its bytes. */
const ITEM_OVERHEAD = 256;

interface Candidate {
  readonly connection: RtspConnection;
  state: 'waiting' | 'chosen' | 'rejected';
  items: Item[];
  bytes: number;
}

/** Picks the one RTSP connection whose items go out; those of others are kept only until it is found. */
export class ConnectionChoice {
  private candidates: Candidate[] = [];
  private chosen: Candidate | undefined;
  private found = 0;

  constructor(
    private readonly selection: ConnectionSelection,
    private readonly output: (item: Item) => void,
  ) {}

  /** Called for each RTSP connection that is found; returns undefined if it is not wanted. */
  open(client: Endpoint, server: Endpoint, isWhole: boolean): RtspConnection | undefined {
    const { connection: wanted, port } = this.selection;
    if (port !== undefined && client.port !== port && server.port !== port) return undefined;
    const number = this.found++;
    if (this.chosen !== undefined || (wanted !== undefined && wanted !== number)) return undefined;
    if (this.candidates.length >= MAX_CANDIDATES) this.reject(this.candidates.shift()!);
    const sink = { item: (item: Item) => this.item(candidate, item), playing: () => this.choose(candidate) };
    const connection = new RtspConnection(client, server, isWhole, sink);
    const candidate: Candidate = { connection, state: 'waiting', items: [], bytes: 0 };
    this.candidates.push(candidate);
    if (wanted !== undefined) this.choose(candidate);
    return connection;
  }

  /** Takes a datagram that may be media of a connection. */
  datagram(source: Endpoint, destinationPort: number, data: Buffer, recv: bigint): void {
    for (const { connection } of this.chosen === undefined ? this.candidates : [this.chosen]) {
      if (connection.datagram(source, destinationPort, data, recv)) return;
    }
  }

  /**
   * The capture is over: if no connection plays, the first one is taken.
   *
   * @throws RetinaRecordError `pcap-no-rtsp` if there is none
   */
  end(summary: string): void {
    const first = this.candidates[0];
    if (this.chosen === undefined && first !== undefined) this.choose(first);
    if (this.chosen !== undefined) return;
    const { connection, port } = this.selection;
    const wanted = connection === undefined ? 'no RTSP connection' : `no RTSP connection number ${connection}`;
    const where = port === undefined ? '' : ` with port ${port}`;
    const found = `found ${this.found}, encrypted ones cannot be read; ${summary}`;
    throw new RetinaRecordError('pcap-no-rtsp', `the capture has ${wanted}${where} (${found})`);
  }

  private item(candidate: Candidate, item: Item): void {
    if (candidate.state === 'chosen') this.output(item);
    else if (candidate.state === 'waiting') {
      // A copy: the view would keep a whole piece of the file alive.
      const kept = item.kind === 'chunk' ? { ...item, data: Buffer.from(item.data) } : item;
      candidate.items.push(kept);
      candidate.bytes += ITEM_OVERHEAD + (kept.kind === 'chunk' ? kept.data.length : 0);
      if (candidate.bytes > MAX_CANDIDATE_BYTES) this.choose(candidate);
    }
  }

  private choose(candidate: Candidate): void {
    if (candidate.state !== 'waiting') return;
    this.chosen = candidate;
    candidate.state = 'chosen';
    for (const other of this.candidates) if (other !== candidate) this.reject(other);
    this.candidates = [];
    for (const item of candidate.items) this.output(item);
    candidate.items = [];
  }

  private reject(candidate: Candidate): void {
    candidate.state = 'rejected';
    candidate.connection.isAbandoned = true;
    candidate.items = [];
  }
}
