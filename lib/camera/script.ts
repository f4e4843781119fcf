/** One RTP packet of a {@link CameraScript}, with all positions relative to the start of the script. */
export interface ScriptPacket {
  /** RTP payload, at most 65 519 bytes (one interleaved frame, RFC 2326 section 10.12). Nobody writes to it. */
  readonly payload: Buffer;
  readonly marker: boolean;
  /** Ticks of the medium's clock rate since the start; may be negative where pictures are reordered. */
  readonly timestamp: number;
  /** Position in the medium's sequence, from 0; a gap stands for a packet that the capture lacks. */
  readonly sequence: number;
  /** When to send the packet, in ns since the start; never less than that of the packet before. */
  readonly offsetNs: number;
}

/** One medium of a {@link CameraScript}: what the SDP says about it, and its packets. */
export interface ScriptMedia {
  /** `video`, `audio`, `application`, … */
  readonly type: string;
  /** RTP payload type, 0–127. */
  readonly payloadType: number;
  /** Encoding name as the rtpmap shall spell it. */
  readonly encodingName: string;
  /** RTP clock rate in Hz. */
  readonly clockRate: number;
  /** Audio channels, where the rtpmap names them. */
  readonly channels?: number | undefined;
  /** Parameters of `a=fmtp`, without the payload type. */
  readonly fmtp?: string | undefined;
  /** Frames per second for `a=framerate`. */
  readonly frameRate?: number | undefined;
  /** In the order of sending; at least one. */
  readonly packets: readonly ScriptPacket[];
}

/** What a camera serves: pure data, shared by all its sessions. */
export interface CameraScript {
  /** What is served, for the SDP's session name. */
  readonly name: string;
  readonly media: readonly ScriptMedia[];
  /** Distance of two loops' starts in ns, above 0. */
  readonly durationNs: number;
}
