import { RetinaRecordError } from '../errors.js';

/** Which answer was waited for, and where. */
export interface Awaited {
  readonly method: string;
  readonly cseq: number;
  /** What the request was about: `stream rtsp://…`. */
  readonly about?: string | undefined;
  /** `host:port` */
  readonly connection: string;
  /** Bytes received so far. */
  readonly position: number;
}

/** No answer. @param when such as `within 10000 ms` */
export function timeoutError(awaited: Awaited, when: string): RetinaRecordError {
  return new RetinaRecordError('response-timeout', `${name(awaited)} was not answered ${when}`, {
    connection: awaited.connection,
  });
}

/** The connection has ended in place of an answer (Q23). @param cause the socket's error, absent after an orderly end */
export function closedError(awaited: Awaited, cause: Error | undefined): RetinaRecordError {
  const { connection, position } = awaited;
  const text = `${cause === undefined ? 'EOF' : errorName(cause)} while expecting response to ${name(awaited)}`;
  return new RetinaRecordError('connection-closed', text, { connection, position }, { cause });
}

/** Something else than an answer came. */
export function framingError(error: RetinaRecordError, awaited: Awaited): RetinaRecordError {
  const { connection, position } = awaited;
  const text = `in place of the answer to ${name(awaited)}: ${error.message}`;
  return new RetinaRecordError(error.code, text, { connection, position }, { cause: error });
}

/** An error of the system by its code, `ECONNRESET`, any other by its message. */
export function errorName(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}

function name({ method, cseq, about }: Awaited): string {
  return `${method} CSeq ${cseq}${about === undefined ? '' : ` for ${about}`}`;
}
