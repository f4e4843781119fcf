import { type Logger, pino } from 'pino';

/** Levels of `--log-level`, most severe first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** How messages are written. */
export interface LogOptions {
  /** NDJSON instead of plain lines. */
  readonly json: boolean;
  /** Errors only. */
  readonly quiet: boolean;
  readonly level: (typeof LOG_LEVELS)[number];
}

const STDERR = 2;

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
