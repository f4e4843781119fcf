import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { frameHashes, makeClip, SMALL } from './clips.js';
import { run, runWell } from './processes.js';
import { gstLaunch } from './servers.js';

const G711_PAYLOAD = { pcm_alaw: 'rtppcmapay pt=8', pcm_mulaw: 'rtppcmupay pt=0' };

/**
 * Starts GStreamer's RTSP server for the small clip with noise in G.711, of which no two stretches are alike.
 *
 * @returns the server's URL, and the noise as a WAV file
 */
export async function serveG711(
  t: TestContext,
  folder: string,
  codec: keyof typeof G711_PAYLOAD,
): Promise<{ url: string; sound: string }> {
  const { file } = await makeClip(SMALL);
  const sound = join(folder, `${codec}.wav`);
  const noise = `anoisesrc=sample_rate=8000:duration=${SMALL.seconds}:seed=1:amplitude=0.5`;
  await runWell('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', noise, '-c:a', codec, sound]);
  const video = `filesrc location=${file} ! qtdemux ! queue ! h264parse ! rtph264pay name=pay0 pt=96`;
  const audio = `filesrc location=${sound} ! wavparse ! ${G711_PAYLOAD[codec]} name=pay1`;
  const { url } = await gstLaunch(t, `( ${video} ${audio} )`);
  return { url, sound };
}

/** Adds noise as an AAC track to an MP4 file. */
export async function withAac(folder: string, video: string, sampleRate: number, seconds: number): Promise<string> {
  const file = join(folder, `aac-${sampleRate}.mp4`);
  const noise = `anoisesrc=sample_rate=${sampleRate}:duration=${seconds}:seed=1:amplitude=0.5`;
  const inputs = ['-i', video, '-f', 'lavfi', '-i', noise];
  const codecs = ['-c:v', 'copy', '-c:a', 'aac', '-ac', '2', '-b:a', '96k'];
  await runWell('ffmpeg', ['-nostdin', '-v', 'error', ...inputs, ...codecs, '-movflags', '+faststart', file]);
  return file;
}

/** One MD5 for each frame of a file's audio as it is stored, in order. */
export async function storedAudio(file: string): Promise<string[]> {
  const copy = ['-map', '0:a', '-c', 'copy', '-f', 'framemd5', '-'];
  const text = await runWell('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, ...copy]);
  return frameHashes(text);
}

/** A file's audio as ffmpeg decodes it: 16-bit samples, little-endian. */
export async function decodedAudio(file: string): Promise<Buffer> {
  return runWell('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, '-map', '0:a', '-f', 's16le', '-']);
}

/** The same as GStreamer decodes it, which has to have nothing to complain of. */
export async function gstreamerAudio(file: string, ...decoder: string[]): Promise<Buffer> {
  const demux = ['filesrc', `location=${file}`, '!', 'qtdemux', '!', ...decoder, '!', 'audioconvert'];
  const pipeline = ['-q', ...demux, '!', 'audio/x-raw,format=S16LE', '!', 'fdsink', 'fd=1'];
  const { code, stdout, stderr } = await run('gst-launch-1.0', pipeline);
  assert.equal(stderr, '', 'GStreamer has nothing to complain of');
  assert.equal(code, 0);
  return stdout;
}

/** The sound of a file, as ffprobe sees it. */
export interface Sound {
  /** Frames as they are stored. */
  readonly bytes: number;
  /** When the last one ends, in seconds. */
  readonly end: number;
}

/**
 * Reads the one audio track of a file.
 *
 * @throws Error if there is nothing in it
 */
export async function readSound(file: string): Promise<Sound> {
  const entries = ['-show_entries', 'packet=pts_time,duration_time,size', '-of', 'csv=p=0'];
  const text = await runWell('ffprobe', ['-v', 'error', '-select_streams', 'a', ...entries, file]);
  const packets = text.toString('latin1').split('\n').filter(Boolean);
  if (packets.length === 0) throw new Error(`${file} has no audio`);
  let [bytes, end] = [0, 0];
  for (const packet of packets) {
    const [time, duration, size] = packet.split(',').map(Number);
    end = Math.max(end, time! + duration!);
    bytes += size!;
  }
  return { bytes, end };
}
