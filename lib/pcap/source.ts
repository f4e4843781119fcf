import { Readable } from 'node:stream';
import type { Item } from '../items.js';
import type { ConnectionSelection } from './connection-choice.js';
import { PcapItems } from './pcap-items.js';
import { type CaptureInput, openCapture, readPacketBatches } from './read-packets.js';

/** Options of {@link pcapSource}. */
export interface PcapSourceOptions extends ConnectionSelection {
  /** Bytes of TCP segments that may wait for a missing one, for each direction. Default 4 MiB. */
  readonly maxReorderBytes?: number | undefined;
}

/**
 * Replays a capture: reads pcap or pcapng and emits the items of one RTSP session, as a session's source would have.
 *
 * `chunk` items are the server's bytes (from the first answer on), stamped with the time of capture; media over UDP come as
 * `interleaved` items on the channels that the presentation names, their position counting the bytes of datagrams. The
 * `presentation` comes before the first media it describes. What the capture lacks is a `fault` (`truncated`), after
 * which `position` goes on behind the hole.
 *
 * Fails with a RetinaRecordError: `pcap-read`, `pcap-format`, `pcap-no-rtsp`.
 *
 * @param input a file's path, or a Readable of Buffers, which is destroyed with the source
 */
export function pcapSource(input: CaptureInput, options: PcapSourceOptions = {}): Readable {
  const bytes = openCapture(input);
  // Reading reports the error; until it begins, nobody else listens.
  bytes.on('error', () => {});
  const batches = readItems(bytes, typeof input === 'string' ? input : undefined, options);
  let batch: Item[] = [];
  let next = 0;
  let isReading = false;
  return new Readable({
    objectMode: true,
    async read() {
      if (isReading) return;
      isReading = true;
      try {
        for (let wantsMore = true; wantsMore; ) {
          if (next < batch.length) wantsMore = this.push(batch[next++]);
          else {
            const { done, value } = await batches.next();
            if (done) wantsMore = this.push(null);
            batch = value ?? [];
            next = 0;
          }
        }
      } catch (error) {
        this.destroy(error as Error);
      }
      isReading = false;
    },
    destroy(error, callback) {
      bytes.destroy();
      callback(error);
    },
  });
}

async function* readItems(
  input: Readable,
  name: string | undefined,
  options: PcapSourceOptions,
): AsyncGenerator<Item[], void, undefined> {
  let batch: Item[] = [];
  const items = new PcapItems(options, options.maxReorderBytes, (item) => batch.push(item));
  let damage: string | undefined;
  const onDamage = (message: string) => {
    damage = message;
  };
  for await (const packets of readPacketBatches(input, { name, onDamage })) {
    for (const packet of packets) items.push(packet);
    yield batch;
    batch = [];
  }
  items.end(damage);
  yield batch;
}
