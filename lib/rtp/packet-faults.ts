import type { ErrorContext } from '../errors.js';
import type { FrameInPlace } from '../in-place.js';
import type { Fault, FaultCode, MediaDescription } from '../items.js';

/** Tells what is wrong with one stream's packets, and where. */
export class PacketFaults {
  private readonly said = new Set<string>();

  /** @param emit takes each fault */
  constructor(
    private readonly media: MediaDescription,
    private readonly emit: (fault: Fault) => void,
  ) {}

  /** Tells of a fault of the packet in `frame`. */
  tell(code: FaultCode, message: string, frame: Readonly<FrameInPlace>, lost?: number): void {
    const { position, recv, data, start, end } = frame;
    const sequenceNumber = end - start >= 4 ? data.readUInt16BE(start + 2) : undefined;
    const fault = { kind: 'fault', code, message, media: this.media, position, sequenceNumber, recv } as const;
    this.emit(lost === undefined ? fault : { ...fault, lost });
  }

  /** Tells of a fault that need not be told again for the next packets; of two with the same key the first. */
  tellOnce(key: string, code: FaultCode, message: string, frame: Readonly<FrameInPlace>): void {
    if (this.said.has(key)) return;
    this.said.add(key);
    this.tell(code, `${message} (said once)`, frame);
  }

  /** Where an error of the packet in `frame` has happened. */
  context(frame: Readonly<FrameInPlace>): ErrorContext {
    return {
      stream: this.media.control,
      sequenceNumber: frame.data.readUInt16BE(frame.start + 2),
      position: frame.position,
      recv: frame.recv,
    };
  }
}
