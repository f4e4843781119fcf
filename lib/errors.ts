/** Where in a session something went wrong, enough to open a capture at that packet. */
export interface ErrorContext {
  /** The connection, as `host:port`, or the file that is replayed. */
  readonly connection?: string | undefined;
  /** Byte offset in the connection's receive direction. */
  readonly position?: number | undefined;
  /** The stream's control URL or index. */
  readonly stream?: string | undefined;
  readonly sequenceNumber?: number | undefined;
  /** Unix time in ns. */
  readonly recv?: bigint | undefined;
}

/**
 * An error that ends a stage, a session or a recording. `code` is stable and meant for programs; the message is for
 * people: one line with what happened, where and what to do. `cause` keeps the error under it.
 */
export class RetinaRecordError extends Error {
  override readonly name = 'RetinaRecordError';

  constructor(
    readonly code: string,
    message: string,
    readonly context: ErrorContext = {},
    options?: { cause?: unknown },
  ) {
    super(message + describe(context), options);
  }
}

function describe(context: ErrorContext): string {
  const parts: string[] = [];
  if (context.connection !== undefined) parts.push(`connection ${context.connection}`);
  if (context.stream !== undefined) parts.push(`stream ${context.stream}`);
  if (context.sequenceNumber !== undefined) parts.push(`seq ${context.sequenceNumber}`);
  if (context.position !== undefined) parts.push(`byte ${context.position}`);
  if (context.recv !== undefined) parts.push(`at ${new Date(Number(context.recv / 1_000_000n)).toISOString()}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
