export * from '../transforms/index.js';
export { type H264ReceiverOptions, h264Receiver, timedMp4Writer } from './assemblies.js';
export { type Camera, type CameraEvents, startCamera } from './camera/camera.js';
export type { CameraStats, SessionEvent } from './camera/context.js';
export { loadScript } from './camera/load-script.js';
export type { CameraOptions } from './camera/options.js';
export type { CameraScript, ScriptMedia, ScriptPacket } from './camera/script.js';
export {
  type AacConfig,
  type AudioConfig,
  type AudioMedia,
  audioConfig,
  type G711Config,
} from './codec/audio-config.js';
export type { H264Parameters } from './codec/h264-parameters.js';
export type { ColourDescription, SpsInfo } from './codec/h264-sps.js';
export { type ErrorContext, RetinaRecordError } from './errors.js';
export type * from './items.js';
export type { FragmentInfo } from './mp4/fragment-output.js';
export type { MovieTags } from './mp4/tags.js';
export type { CaptureEnd, CaptureSink, ConnectionCapture } from './net/capture.js';
export { connect } from './net/connect.js';
export type { ConnectOptions, TeardownPolicy, TlsOptions, TransportChoice } from './net/options.js';
export type { Session } from './net/session.js';
export type { ServerInfo } from './net/session-parts.js';
export type { TeardownOutcome } from './net/teardown.js';
export type { Timers } from './net/timers.js';
export type { TransportOffer } from './net/udp-probe.js';
export type { SessionWarning } from './net/warnings.js';
export { type PcapSourceOptions, pcapSource } from './pcap/source.js';
export { type CameraInfo, type CameraInfoOptions, cameraInfo, type StreamInfo } from './recorder/camera-info.js';
export {
  type CaptureFile,
  type CaptureFileOptions,
  type CaptureResult,
  openCaptureFile,
} from './recorder/capture-file.js';
export type { Observation, ReportInfo } from './recorder/observe.js';
export type { RecordOptions, RecordTarget } from './recorder/options.js';
export { record } from './recorder/record.js';
export type { Recording, RecordingEvents } from './recorder/recording.js';
export type { AudioStats, EndReason, RecordingReport, RecordingStats } from './recorder/report.js';
export type { InitialTimestampPolicy } from './rtp/initial-timestamp.js';
export type { RtcpSsrcPolicy } from './rtp/rtcp-ssrc.js';
export type { RtspHeaders, RtspMessage, RtspRequest, RtspResponse } from './rtsp/message.js';
export { Stage } from './stage.js';
export { type Clock, systemClock } from './time/clock.js';
export { ntpToUnixNs, unixNsToNtp } from './time/ntp.js';
