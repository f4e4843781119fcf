import { type Logger, pino } from 'pino';

/** Levels of `--log-level`, most severe first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How messages are written. */
export interface LogOptions {
  /** NDJSON instead of plain lines. */
  readonly json: boolean;
  /** Errors only. */
  readonly quiet: boolean;
  readonly level: LogLevel;
}

const STDERR = 2;

/**
 * The level that RUST_LOG asks for, which the Rust program of this name goes by, if it is a bare level; what it says of single
 * modules is that program's own.
 */
export function levelOfRustLog(text: string | undefined): LogLevel | undefined {
  const word = text?.trim().toLowerCase();
  if (word === 'trace') return 'debug';
  return word === 'off' ? 'error' : LOG_LEVELS.find((level) => level === word);
}

/** The command's messages, to stderr. What the library has to say is handed to it here: the library itself logs nothing. */
export async function createLogger({ json, quiet, level }: LogOptions): Promise<Logger> {
  const options = {
    level: quiet ? 'error' : level,
    base: null,
    serializers: { err: pino.stdSerializers.err },
  };
  // Written at once: a message must not be lost when the process ends, nor come after the status line it belongs before.
  if (json)
    return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: STDERR, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    destination: STDERR,
    sync: true,
    colorize: process.stderr.isTTY === true && process.env.NO_COLOR === undefined,
    ignore: 'time,pid,hostname',
    hideObject: true,
    customPrettifiers: {},
    errorLikeObjectKeys: [],
  });
  return pino(options, stream);
}
