import loglevel from 'loglevel';

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

/** What a message says beside its text, where messages are JSON. */
type Fields = Readonly<Record<string, unknown>>;

interface Write {
  (text: string): void;
  (fields: Fields, text: string): void;
}

/** Takes the command's messages. */
export type Logger = Readonly<Record<LogLevel, Write>>;

/** The levels' numbers in JSON, those that Node's loggers have agreed on. */
const NUMBERS: Readonly<Record<LogLevel, number>> = { error: 50, warn: 40, info: 30, debug: 20 };
/** Their colours on a terminal: red, yellow, green, blue (ECMA-48 section 8.3.117). */
const COLOURS: Readonly<Record<LogLevel, number>> = { error: 31, warn: 33, info: 32, debug: 34 };

/**
 * The level that RUST_LOG asks for, which the Rust program of this name goes by, if it is a bare level; what it says of single
 * modules is that program's own.
 */
export function levelOfRustLog(text: string | undefined): LogLevel | undefined {
  const word = text?.trim().toLowerCase();
  if (word === 'trace') return 'debug';
  return word === 'off' ? 'error' : LOG_LEVELS.find((level) => level === word);
}

/**
 * The command's messages, to stderr. What the library has to say is handed to it here: the library itself logs nothing.
 *
 * @param out takes whole lines; default stderr
 */
export function createLogger(
  { json, quiet, level }: LogOptions,
  out: { write(lines: string): void } = process.stderr,
): Logger {
  const isColoured = process.stderr.isTTY === true && process.env.NO_COLOR === undefined;
  const format = json ? jsonLine : isColoured ? colouredLine : plainLine;
  // Without anybody to read them messages are lost, and the recording goes on.
  process.stderr.on('error', () => {});
  const logger = loglevel.getLogger('retina-record');
  logger.methodFactory =
    (name) =>
    (...message: [string] | [Fields, string]) => {
      const [fields, text] = message.length === 1 ? [{}, ...message] : message;
      out.write(`${format(name as LogLevel, fields, text)}\n`);
    };
  logger.setLevel(quiet ? 'error' : level, false);
  return logger;
}

function jsonLine(level: LogLevel, fields: Fields, msg: string): string {
  return JSON.stringify({ level: NUMBERS[level], time: new Date().toISOString(), ...fields, msg });
}

function plainLine(level: LogLevel, _fields: Fields, text: string): string {
  return `${level.toUpperCase()}: ${text}`;
}

function colouredLine(level: LogLevel, _fields: Fields, text: string): string {
  return `\x1b[${COLOURS[level]}m${level.toUpperCase()}\x1b[39m: \x1b[36m${text}\x1b[39m`;
}
