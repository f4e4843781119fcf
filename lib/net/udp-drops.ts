import { endianness } from 'node:os';
import { parseIpAddress } from '../pcap/ip-address.js';

/** Where a socket is bound. */
export interface BoundSocket {
  readonly address: string;
  readonly port: number;
}

/** `address:port` as the kernel writes it: hexadecimal, the address as 32-bit words in the machine's own order. */
export function kernelName({ address, port }: BoundSocket, order: 'LE' | 'BE' = endianness()): string {
  const bytes = Buffer.from(parseIpAddress(address) ?? []);
  if (order === 'LE') bytes.swap32();
  return `${bytes.toString('hex').toUpperCase()}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * Datagrams that the kernel has thrown away since those sockets were bound, because their buffers were full: column `drops` of
 * Linux's /proc/net/udp and /proc/net/udp6. What is not understood counts as 0.
 *
 * @param names from {@link kernelName}
 */
export function countDrops(table: string, names: ReadonlySet<string>): number {
  let total = 0;
  for (const line of table.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields.length < 13 || !names.has(fields[1]!)) continue;
    const drops = Number(fields[12]);
    if (Number.isSafeInteger(drops) && drops > 0) total += drops;
  }
  return total;
}
