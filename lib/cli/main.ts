import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { joinPlans, parseFaults } from '../camera/faults/parse.js';
import type { FaultPlan } from '../camera/faults/plan.js';
import { RetinaRecordError } from '../errors.js';
import { programName } from '../version.js';
import type { CameraCliOptions } from './camera-command.js';
import { EXIT, exitCodeOf } from './exit-code.js';
import type { InfoCliOptions } from './info-command.js';
import { LiveLine } from './live-line.js';
import { createLogger, type Logger, levelOfRustLog } from './log.js';
import {
  addConnectionOptions,
  addLogOptions,
  addRecordOptions,
  duration,
  type LogCliOptions,
  type RecordCliOptions,
} from './record-options.js';

/** After so long V8 may have thrown away what is needed at the start alone. */
const LONG_RUN_SECONDS = 600;

/**
 * Runs the command and sets the process's exit code. What a run does not need is not loaded.
 *
 * @param keepCode keeps what has been compiled, see {@link cacheCode}; called behind a recording, which is what has to start soon
 */
export async function main(args: readonly string[], keepCode: () => void): Promise<void> {
  try {
    await buildProgram(keepCode).parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? usageExit(error) : report(error);
  }
}

function usageExit(error: CommanderError): number {
  return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
}

/** One line for an error that no logger was there for, or that ended a command. */
function report(error: unknown): number {
  if (!(error instanceof RetinaRecordError)) throw error;
  process.stderr.write(`retina-record: ${error.message}\n`);
  return exitCodeOf(error);
}

function buildProgram(keepCode: () => void): Command {
  const program = new Command('retina-record')
    .description('Record MP4 from RTSP cameras without transcoding, with the timing of every frame kept inside.')
    .version(programName())
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError('(--help lists all options)')
    .argument('[OUT]', 'MP4 file to write, default movieDATE_TIME_CAMERA.mp4; - writes fragmented MP4 to stdout');
  addLogOptions(addRecordOptions(program)).action(
    async (out: string | undefined, cli: RecordCliOptions & LogCliOptions) => {
      await run(cli, async (log, live) => {
        const { recordCommand } = await import('./record-command.js');
        return (await recordCommand(out, cli, log, live)).exitCode;
      });
      if (process.exitCode === EXIT.ok && process.uptime() < LONG_RUN_SECONDS) keepCode();
    },
  );
  addDemo(program);
  addCamera(program);
  addInfo(program);
  return program;
}

function addInfo(program: Command): void {
  const info = addConnectionOptions(program.command('info'))
    .description('tell what a camera offers; the first thing to run when one gives trouble')
    .addOption(new Option('--wait <time>', 'wait so long for a sender report').argParser(duration).default(6000, '6s'))
    .option('-y, --overwrite', 'overwrite the capture if it exists');
  addLogOptions(info, 'the answer as JSON on stdout, messages as NDJSON on stderr').action(
    async (cli: InfoCliOptions) => {
      await run(cli, async (log) => {
        const { infoCommand } = await import('./info-command.js');
        return infoCommand(cli, log);
      });
    },
  );
}

function addDemo(program: Command): void {
  const demo = program
    .command('demo')
    .description('record from an embedded camera, to see it work')
    .argument('[OUT]', 'file to write, overwritten if it exists', 'retina-record-demo.mp4')
    .option('--duration <time>', 'end after so long, default 5s', duration);
  addLogOptions(demo).action(async (out: string, cli: LogCliOptions & { duration?: number }) => {
    await run(cli, async (log, live) => {
      const { demoCommand } = await import('./demo-command.js');
      return (await demoCommand(out, cli, log, live)).exitCode;
    });
  });
}

function addCamera(program: Command): void {
  const camera = program
    .command('camera')
    .description('serve a capture (.pcap) or H.264 byte stream (.h264) as an RTSP camera; prints its URL')
    .argument('<FIXTURE>', 'file to serve')
    .option('--port <n>', 'port to listen on, 0 for any', port, 8554)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--path <path>', 'path of the URL', '/')
    .option('--username <name>', 'ask clients for this user name')
    .option('--password <password>', 'and this password')
    .addOption(new Option('--auth <scheme>', 'how to ask for it').choices(['basic', 'digest']).default('digest'))
    .option('--no-loop', 'end the stream at the end of the file')
    .option('--turns <n>', 'end the stream after so many turns', turns)
    .option('--fast', 'send as fast as the client reads')
    .option('--fps <rate>', 'frame rate of a byte stream', frameRate, 25)
    .addOption(
      new Option('--transport <kind>', 'what clients may choose for the media')
        .choices(['tcp', 'udp', 'both'])
        .default('both'),
    )
    .option(
      '--fault <name[=value],…>',
      'misbehave: loss, close, silence and others, see README; may be repeated',
      faults,
    )
    .option('--seed <n>', 'repeats what faults leave to chance', seed, 1);
  addLogOptions(camera).action(async (fixture: string, cli: CameraCliOptions & LogCliOptions) => {
    await run(cli, async (log) => {
      const { cameraCommand } = await import('./camera-command.js');
      await cameraCommand(fixture, cli, log);
      return EXIT.ok;
    });
  });
}

/** Runs a command with its logger and turns its errors into messages. */
async function run(
  cli: LogCliOptions,
  command: (log: Logger, live: LiveLine | undefined) => Promise<number>,
): Promise<void> {
  const { json = false, quiet = false, logLevel } = cli;
  const level = logLevel ?? levelOfRustLog(process.env.RUST_LOG) ?? 'info';
  const live = process.stderr.isTTY === true && !json && !quiet ? new LiveLine() : undefined;
  const log = createLogger({ json, quiet, level }, live);
  try {
    process.exitCode = await command(log, live);
  } catch (error) {
    if (!(error instanceof RetinaRecordError)) throw error;
    log.error({ event: 'error', code: error.code }, error.message);
    process.exitCode = exitCodeOf(error);
  }
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return value;
}

/** Adds what one `--fault` says to those before it. */
function faults(text: string, before: FaultPlan = {}): FaultPlan {
  try {
    return joinPlans(before, parseFaults(text));
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function seed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value >= 2 ** 31)
    throw new InvalidArgumentError('A seed is a number from 0 to 2147483647.');
  return value;
}

function turns(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1) throw new InvalidArgumentError('Turns are a number from 1.');
  return value;
}

function frameRate(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1000)) throw new InvalidArgumentError('A frame rate is a number above 0, up to 1000.');
  return value;
}
