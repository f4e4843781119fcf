import type { Socket } from 'node:net';
import type { HeaderList } from '../rtsp/message.js';

/** One end of a connection, as Node names it. */
export interface CaptureEnd {
  readonly address: string;
  readonly port: number;
}

/** Takes the bytes of one connection in both directions, in order; none of these may throw or take long. */
export interface ConnectionCapture {
  /** @param data what was sent, with the values of Authorization masked; nobody writes to it any more */
  sent(data: Buffer, at: bigint): void;
  /** @param at when the bytes were read, in Unix ns */
  received(data: Buffer, at: bigint): void;
  /** The connection has ended. May be called again. */
  closed(at: bigint): void;
}

/** Keeps what is said on the connections of a session; see {@link ConnectOptions.capture}. */
export interface CaptureSink {
  /** A connection was made at `at`, Unix time in ns. */
  open(client: CaptureEnd, server: CaptureEnd, at: bigint): ConnectionCapture;
  /** A datagram that was received, or is being sent, at `at`. Without this media over UDP are not kept. */
  datagram?(source: CaptureEnd, destination: CaptureEnd, data: Buffer, at: bigint): void;
}

/** Begins the capture of a socket that is connected. Bytes that came out of TLS are kept in the clear. */
export function captureSocket(
  sink: CaptureSink | undefined,
  socket: Socket,
  at: bigint,
): ConnectionCapture | undefined {
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
  return sink?.open({ address: localAddress, port: localPort }, { address: remoteAddress, port: remotePort }, at);
}

/** The fields of a request as they may be kept: of Authorization nothing but the scheme. */
export function maskAuthorization(headers: HeaderList): HeaderList {
  return headers.map(([name, value]) =>
    /^(?:proxy-)?authorization$/i.test(name) ? [name, `${/^\S+ /.exec(value)?.[0] ?? ''}***`] : [name, value],
  );
}
