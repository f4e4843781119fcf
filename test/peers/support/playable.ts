import assert from 'node:assert/strict';
import { readVideoTrack, type VideoTrack } from './mp4-samples.js';
import { hasPeer } from './peers.js';
import { run } from './processes.js';

/**
 * Asserts that ffprobe, ffmpeg's decoder, mp4box and, where it is there, GStreamer's demultiplexer open a file without a word, and gives
 * its samples.
 */
export async function assertPlayable(file: string): Promise<VideoTrack> {
  const probe = await run('ffprobe', ['-v', 'warning', '-show_streams', '-show_format', file]);
  assert.equal(probe.code, 0, probe.stderr);
  assert.equal(probe.stderr, '', 'ffprobe has nothing to complain of');
  const decode = await run('ffmpeg', ['-nostdin', '-v', 'warning', '-i', file, '-f', 'null', '-']);
  // G.711 says how many channels there are; which ones is always a guess.
  const complaints = decode.stderr.replace(/^Guessed Channel Layout .*\n/gm, '');
  assert.equal(complaints, '', 'ffmpeg has nothing to complain of while decoding');
  assert.equal(decode.code, 0);
  if (hasPeer('gstreamer')) await assertDemultiplexes(file);
  const track = await readVideoTrack(file);
  // mp4box passes over G.711.
  const unknown = track.complaints.filter((complaint) => !/Unknown sample entry type: '[au]law'/.test(complaint));
  assert.deepEqual(unknown, [], 'mp4box has nothing to complain of');
  assert.ok(track.samples.length > 0);
  assert.ok(track.samples[0]!.isSync, 'the first sample is a random access point');
  return track;
}

/** What qtdemux warns of in every file without fragments, and boxes that it reads, or passes over, without knowing their names. */
const ALWAYS_SAID =
  /^.* (?:failed to find fragment defaults for stream \d+|unknown QuickTime node type (?:sgpd|sbgp|alaw|ulaw))\n/gm;

/** Asserts that GStreamer's demultiplexer has no warning for a file. */
async function assertDemultiplexes(file: string): Promise<void> {
  const pipeline = ['filesrc', `location=${file}`, '!', 'qtdemux', 'name=d', 'd.', '!', 'fakesink'];
  const env = { GST_DEBUG: '*:1,qtdemux:2', GST_DEBUG_NO_COLOR: '1' };
  const { code, stderr } = await run('gst-launch-1.0', pipeline, { env });
  assert.equal(stderr.replace(ALWAYS_SAID, ''), '', 'qtdemux has nothing to complain of');
  assert.equal(code, 0);
}

/** Asserts that GStreamer's MP4 demultiplexer, H.264 parser and decoder take a file without a warning. */
export async function assertGstreamerPlays(file: string): Promise<void> {
  const pipeline = [
    'filesrc',
    `location=${file}`,
    '!',
    'qtdemux',
    '!',
    'h264parse',
    '!',
    'avdec_h264',
    '!',
    'fakesink',
  ];
  // The demultiplexer's own warnings are looked at apart from that.
  const env = {
    GST_DEBUG: '*:1,h264parse:2,baseparse:2,codecparsers_h264:2,libav:2,basesink:2',
    GST_DEBUG_NO_COLOR: '1',
  };
  const { code, stdout, stderr } = await run('gst-launch-1.0', pipeline, { env });
  assert.equal(stderr, '', 'GStreamer has nothing to complain of');
  assert.doesNotMatch(stdout.toString(), /warning|error/i);
  assert.equal(code, 0);
}
