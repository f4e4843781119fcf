/**
 * The items that flow through the pipeline: one discriminated union, tag `kind`, readonly fields.
 *
 * A stage handles the kinds it knows and passes all others on untouched, by identity, in order. All times called
 * `recv` are Unix time in nanoseconds (`bigint`) at which the bytes were read from the socket; RTP times are ticks
 * of the media's clock rate (`number`), NTP times are 64-bit fixed point since 1900 (`bigint`, RFC 3550 section 4).
 */
import type { AudioConfig } from './codec/audio-config.js';
import type { H264Parameters } from './codec/h264-parameters.js';
import type { RtspMessage } from './rtsp/message.js';

/** Bytes as a source read them. A stage may hand on views of `data`; nobody may write to it. */
export interface Chunk {
  readonly kind: 'chunk';
  readonly data: Buffer;
  /** Unix time in ns at which the bytes were read. */
  readonly recv: bigint;
  /** Offset of the first byte in the connection's receive direction. Default: right after the previous chunk. */
  readonly position?: number | undefined;
  /** True if the socket had been paused before this read, so that the bytes may have waited in the kernel. */
  readonly waited?: boolean | undefined;
}

/** One media section of the SDP, with what SETUP and PLAY added (RFC 4566 section 5.14, RFC 2326 sections 12.33, 12.39). */
export interface MediaDescription {
  /** Position of the section among the SDP's usable media sections, from 0. */
  readonly index: number;
  /** Media type: `video`, `audio`, `application`, … */
  readonly type: string;
  /** Encoding name in lower case, `h264`, `mpeg4-generic`, … */
  readonly encodingName: string;
  /** RTP payload type, 0–127. */
  readonly payloadType: number;
  /** RTP clock rate in Hz, at least 1. */
  readonly clockRate: number;
  /** Audio channels, where the rtpmap names them. */
  readonly channels?: number | undefined;
  /** The parameters of `a=fmtp`, without the payload type. */
  readonly fmtp?: string | undefined;
  /** Absolute control URL for SETUP. */
  readonly control: string;
  /** The value of a valid `a=framerate`, informative only. */
  readonly frameRate?: number | undefined;
  /** `a=sendonly` and relatives, if given. */
  readonly direction?: 'sendonly' | 'recvonly' | 'sendrecv' | 'inactive' | undefined;
  /** What the SETUP answer said; absent while the stream is not set up. */
  readonly setup?: MediaSetup | undefined;
  /** What RTP-Info of the PLAY answer said of this stream. */
  readonly rtpInfo?: RtpInfo | undefined;
}

/** Result of a SETUP (RFC 2326 section 12.39). */
export interface MediaSetup {
  /** Interleaved channel of RTP, 0–255; a UDP source numbers its streams the same way. */
  readonly rtpChannel: number;
  /** Interleaved channel of RTCP, 0–255. */
  readonly rtcpChannel: number;
  /** SSRC that the answer announced. */
  readonly ssrc?: number | undefined;
}

/** One stream's entry of the RTP-Info header (RFC 2326 section 12.33). */
export interface RtpInfo {
  /** Sequence number of the first packet, 0–65535. */
  readonly seq?: number | undefined;
  /** RTP timestamp that belongs to the start of the range, unsigned 32 bits. */
  readonly rtptime?: number | undefined;
  /** SSRC, a widespread extension. */
  readonly ssrc?: number | undefined;
}

/** What configures later stages: the media of a session. Sent in band, before the first packet it describes. */
export interface Presentation {
  readonly kind: 'presentation';
  readonly media: readonly MediaDescription[];
  /** URL of the request, without credentials. */
  readonly url: string;
  /** URL to which relative control URLs were joined. */
  readonly baseUrl: string;
  /** URL for PLAY; TEARDOWN and keepalive go to `baseUrl`. */
  readonly controlUrl: string;
  /** `a=tool` of the session level. */
  readonly tool?: string | undefined;
  /** `s=` of the session level, if it says anything. */
  readonly name?: string | undefined;
}

/** An RTP or RTCP packet as it came out of the framing (RFC 2326 section 10.12), or a UDP datagram. */
export interface InterleavedFrame {
  readonly kind: 'interleaved';
  readonly channel: number;
  readonly data: Buffer;
  /** Offset of the frame's first byte (`$`) in the connection. */
  readonly position: number;
  readonly recv: bigint;
  readonly waited: boolean;
}

/** An RTSP request or response that arrived between the frames. */
export interface RtspMessageItem {
  readonly kind: 'rtsp';
  readonly message: RtspMessage;
  readonly position: number;
  readonly recv: bigint;
}

/** An RTP packet (RFC 3550 section 5.1). */
export interface RtpPacket {
  readonly kind: 'rtp';
  readonly media: MediaDescription;
  /** 0–65535. */
  readonly sequenceNumber: number;
  /** The 32-bit timestamp as sent. */
  readonly timestamp: number;
  /** The timestamp in ticks since the stream's zero, unwrapped; may be negative. */
  readonly extendedTimestamp: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly ssrc: number;
  /** Payload without header, CSRC list, extension and padding. */
  readonly payload: Buffer;
  /** Packets missing right before this one. */
  readonly lost: number;
  readonly position: number;
  readonly recv: bigint;
  readonly waited: boolean;
}

/** A compound RTCP packet (RFC 3550 section 6.1), not yet looked into. */
export interface RtcpPacket {
  readonly kind: 'rtcp';
  readonly media: MediaDescription;
  readonly data: Buffer;
  readonly position: number;
  readonly recv: bigint;
  readonly waited: boolean;
}

/** An RTCP sender report (RFC 3550 section 6.4.1). */
export interface SenderReport {
  readonly kind: 'senderReport';
  readonly media: MediaDescription;
  readonly ssrc: number;
  /** 64-bit NTP timestamp exactly as sent. */
  readonly ntpTimestamp: bigint;
  /** 32-bit RTP timestamp exactly as sent. */
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
  readonly position: number;
  readonly recv: bigint;
}

/** An RTCP BYE (RFC 3550 section 6.6). */
export interface Bye {
  readonly kind: 'bye';
  readonly media: MediaDescription;
  readonly ssrcs: readonly number[];
  /** True if none of them is the stream's: some other sender leaves. Absent where the stream's is not known. */
  readonly foreign?: boolean | undefined;
  readonly recv: bigint;
}

/** One NAL unit, header byte included, in as many pieces as it was received in (ISO/IEC 14496-10 section 7.3.1). */
export interface NalUnit {
  /** nal_unit_type, 1–23. */
  readonly type: number;
  /** nal_ref_idc, 0–3. */
  readonly refIdc: number;
  readonly parts: readonly Buffer[];
  /** Sum of the parts' lengths. */
  readonly byteLength: number;
}

/** A coded picture with everything sent for it, in the order sent (ISO/IEC 14496-10 section 7.4.1.2.3). */
export interface AccessUnit {
  readonly kind: 'accessUnit';
  readonly media: MediaDescription;
  readonly nalUnits: readonly NalUnit[];
  /** RTP timestamp as sent, unsigned 32 bits. */
  readonly timestamp: number;
  /** Presentation time in ticks of the clock rate since the stream's zero, unwrapped. */
  readonly extendedTimestamp: number;
  /** `idr`: IDR picture; `recovery`: a recovery point SEI says decoding can start here; `none` otherwise. */
  readonly randomAccess: 'idr' | 'recovery' | 'none';
  /** True if all slices have nal_ref_idc 0, so that no other picture needs this one. */
  readonly disposable: boolean;
  /** Parameter sets in force; absent until both SPS and PPS are known. */
  readonly parameters?: H264Parameters | undefined;
  /** True on the first access unit and on each that follows a real change of parameter sets. */
  readonly parametersChanged: boolean;
  /** RTP packets lost since the previous access unit that was delivered. */
  readonly lost: number;
  /** Receive time of the first packet that carries bytes of this unit. */
  readonly recvFirst: bigint;
  /** Receive time of the last packet that carries bytes of this unit. */
  readonly recvLast: bigint;
  /** True if one of its packets waited in the kernel while the socket was paused. */
  readonly waited: boolean;
}

/** One frame of audio, or one packet's worth of samples where the codec has no frames. */
export interface AudioFrame {
  readonly kind: 'audioFrame';
  readonly media: MediaDescription;
  /** What a decoder has to know; the same object for all frames of a stream. */
  readonly config: AudioConfig;
  /** The frame's bytes, in as many pieces as they were received in. */
  readonly parts: readonly Buffer[];
  /** Sum of the parts' lengths, at least 1. */
  readonly byteLength: number;
  /** RTP timestamp of the frame's first sample, unsigned 32 bits; for frames behind the first in a packet, worked out. */
  readonly timestamp: number;
  /** The same in ticks of the clock rate since the stream's zero, unwrapped. */
  readonly extendedTimestamp: number;
  /** How long it sounds, in ticks of the clock rate. */
  readonly duration: number;
  /** RTP packets lost since the previous frame that was delivered. */
  readonly lost: number;
  /** Receive time of the first packet that carries bytes of this frame. */
  readonly recvFirst: bigint;
  /** Receive time of the last packet that carries bytes of this frame. */
  readonly recvLast: bigint;
  /** True if one of its packets waited in the kernel while the socket was paused. */
  readonly waited: boolean;
}

/** Codes of the faults that a recording survives. */
export type FaultCode =
  | 'junk' // bytes between frames that are neither frame nor message
  | 'truncated' // the input ended inside a frame or message
  | 'unassigned-channel'
  | 'rtp-malformed'
  | 'rtp-loss'
  | 'rtp-reordered'
  | 'rtp-duplicate'
  | 'rtp-payload-type'
  | 'rtp-ssrc'
  | 'rtp-timestamp'
  | 'rtcp-malformed'
  | 'rtcp-ssrc'
  | 'sender-report-left-out' // more came than one frame is to carry
  | 'h264-malformed'
  | 'h264-unsupported'
  | 'h264-damaged' // an access unit was left out
  | 'h264-parameters'
  | 'h264-oddity' // accepted, but not as the specification says
  | 'audio-malformed' // an audio packet or frame was left out
  | 'audio-unsupported' // a stream of audio is left out
  | 'audio-oddity'
  | 'udp-foreign' // a datagram from somebody else
  | 'udp-overflow' // the kernel dropped datagrams that we read too slowly
  | 'rtsp-oddity'
  | 'connection-closed'
  | 'connection-silent';

/** Something went wrong and the recording goes on; travels in order with the media. */
export interface Fault {
  readonly kind: 'fault';
  readonly code: FaultCode;
  /** One line that says what happened and where. */
  readonly message: string;
  readonly media?: MediaDescription | undefined;
  readonly position?: number | undefined;
  readonly sequenceNumber?: number | undefined;
  readonly recv?: bigint | undefined;
  /** Packets lost, for `rtp-loss`. */
  readonly lost?: number | undefined;
  readonly cause?: unknown;
}

/** Everything that flows between the stages. */
export type Item =
  | Chunk
  | Presentation
  | InterleavedFrame
  | RtspMessageItem
  | RtpPacket
  | RtcpPacket
  | SenderReport
  | Bye
  | AccessUnit
  | AudioFrame
  | Fault;
