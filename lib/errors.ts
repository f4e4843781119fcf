import { maskUrl } from './rtsp/mask-url.js';

/** Where in a session something went wrong, enough to open a capture at that packet. */
export interface ErrorContext {
  /** The connection, as `host:port`, or the file that is replayed. */
  readonly connection?: string | undefined;
  /** Byte offset in the connection's receive direction. */
  readonly position?: number | undefined;
  /** The stream's control URL or index; passwords in it are masked. */
  readonly stream?: string | undefined;
  readonly sequenceNumber?: number | undefined;
  /** Unix time in ns. */
  readonly recv?: bigint | undefined;
}

/**
 * An error that ends a stage, a session or a recording. `code` is stable and meant for programs; the message is for
 * people: one line with what happened, where and what to do. `cause` keeps the error under it. No password that stands in
 * the stream's URL gets into it.
 */
export class RetinaRecordError extends Error {
  override readonly name = 'RetinaRecordError';
  readonly context: ErrorContext;
  /** The message without the context; not shown beside it. */
  readonly #what: string;

  constructor(
    readonly code: string,
    what: string,
    context: ErrorContext = {},
    options?: { cause?: unknown },
  ) {
    const { stream } = context;
    const masked = stream === undefined ? context : { ...context, stream: maskUrl(stream) };
    super(what + describe(masked), options);
    this.context = masked;
    this.#what = what;
  }

  /** The same error, which says more of where it happened; what it says already stays. */
  within(context: ErrorContext): RetinaRecordError {
    const { code, cause, stack } = this;
    const error = new RetinaRecordError(
      code,
      this.#what,
      { ...context, ...this.context },
      cause === undefined ? {} : { cause },
    );
    if (stack !== undefined) error.stack = stack.replace(this.message, () => error.message);
    return error;
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
