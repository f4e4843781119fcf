import { promises as files } from 'node:fs';
import { RetinaRecordError } from '../errors.js';

/** Where the password may come from. */
export interface PasswordOptions {
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
}

/** Name of the environment variable that may hold the password. */
const PASSWORD_VARIABLE = 'RETINA_RECORD_PASSWORD';

/**
 * The password: from the option, else the first line of the file, else the environment. The URL's comes after these.
 *
 * @throws RetinaRecordError `usage` if the file cannot be read
 */
export async function findPassword({ password, passwordFile }: PasswordOptions): Promise<string | undefined> {
  if (password !== undefined) return password;
  if (passwordFile === undefined) return process.env[PASSWORD_VARIABLE];
  try {
    const [first = ''] = (await files.readFile(passwordFile, 'utf8')).split('\n', 1);
    return first.endsWith('\r') ? first.slice(0, -1) : first;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RetinaRecordError('usage', `cannot read the password file ${passwordFile} (${code})`, {}, { cause });
  }
}
