import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { RecordOptions } from '../../../lib/recorder/options.js';
import { record } from '../../../lib/recorder/record.js';
import { type MediaWishes, selectMedia } from '../../../lib/recorder/select-media.js';
import { describePresentation } from '../../../lib/rtsp/presentation.js';
import { described, FakeCamera, wellBehaved } from '../net/fake-camera.js';
import { describeResponse } from '../rtsp/responses.js';
import { folderFor } from './cameras.js';

const VIDEO = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000'];
const H265 = ['m=video 0 RTP/AVP 98', 'a=rtpmap:98 H265/90000'];
const AAC = [
  'm=audio 0 RTP/AVP 97',
  'a=rtpmap:97 MPEG4-GENERIC/16000/1',
  'a=fmtp:97 mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408',
];
const PCMU = ['m=audio 0 RTP/AVP 0'];
const G723 = ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 G723.1/8000'];
const OPUS = ['m=audio 0 RTP/AVP 99', 'a=rtpmap:99 OPUS/48000/2'];
const METADATA = ['m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000'];
const SENDONLY = 'a=sendonly';

/** Streams chosen of those of an SDP, and what was said meanwhile. */
function choose(sections: readonly (readonly string[])[], wishes: Omit<MediaWishes, 'onWarning'> = {}) {
  const { presentation } = describePresentation('rtsp://192.0.2.1/', describeResponse(sections.flat()));
  assert.equal(presentation.media.length, sections.length);
  const warnings: string[] = [];
  const onWarning = ({ code, message }: { code: string; message: string }) => warnings.push(`${code}: ${message}`);
  return { chosen: selectMedia(presentation, { ...wishes, onWarning }), warnings };
}

describe('selectMedia', () => {
  const cases: [title: string, sections: string[][], chosen: number[], warnings: RegExp[]][] = [
    ['video alone', [VIDEO], [0], []],
    ['video and AAC', [VIDEO, AAC], [0, 1], []],
    ['video and G.711 without rtpmap', [VIDEO, PCMU], [0, 1], []],
    ['video first, wherever it stands', [AAC, VIDEO], [1, 0], []],
    [
      'Q56 Dahua: streams 0 and 1 of video, AAC and metadata',
      [VIDEO, AAC, METADATA],
      [0, 1],
      [/^stream-left-out: stream 2 \(application VND\.ONVIF\.METADATA\) is left out: neither/],
    ],
    ['Q56 the first of two videos', [VIDEO, VIDEO], [0], [/^stream-left-out: stream 1 \(video H264\).*one video/]],
    ['Q56 the video that can be recorded', [H265, VIDEO], [1], [/^stream-left-out: stream 0 \(video H265\)/]],
    ['Q56 the first of two audios', [VIDEO, PCMU, AAC], [0, 1], [/^stream-left-out: stream 2 .*one audio .*PCMU/]],
    [
      'Q56 ONVIF: the back channel is never set up',
      [VIDEO, [...PCMU, SENDONLY], AAC],
      [0, 2],
      [/^stream-left-out: stream 1 \(audio PCMU\).*to the camera/],
    ],
    [
      'Q56 D-Link: everything is sendonly, and means nothing',
      [
        [...VIDEO, SENDONLY],
        [...AAC, SENDONLY],
      ],
      [0, 1],
      [],
    ],
    [
      'Q144 Dahua: G723.1 is named and left out, the video is recorded',
      [VIDEO, G723],
      [0],
      [/^audio-left-out: stream 1: G723\.1 is not recorded/],
    ],
    ['Q144 usable audio behind one that is not', [VIDEO, OPUS, AAC], [0, 2], [/^audio-left-out: stream 1: OPUS/]],
    ['Q145 Hikvision: metadata are not set up', [VIDEO, METADATA], [0], [/^stream-left-out: stream 1 .*METADATA/]],
    [
      'H.265 and AAC: audio alone, and it says so',
      [H265, AAC],
      [1],
      [/^no-video: .*only video h265, audio mpeg4-generic: audio alone is recorded$/],
    ],
  ];
  for (const [title, sections, wanted, messages] of cases) {
    it(title, () => {
      const { chosen, warnings } = choose(sections);
      assert.deepEqual(chosen, wanted);
      assert.equal(warnings.length, messages.length, warnings.join('\n'));
      for (const [i, message] of messages.entries()) assert.match(warnings[i]!, message);
    });
  }

  it('leaves out what nobody wishes, and says nothing of it', () => {
    assert.deepEqual(choose([VIDEO, AAC], { noAudio: true }), { chosen: [0], warnings: [] });
    assert.deepEqual(choose([VIDEO, AAC], { noVideo: true }), { chosen: [1], warnings: [] });
    assert.deepEqual(choose([VIDEO, G723], { noAudio: true }), { chosen: [0], warnings: [] });
  });

  it('Q145 nothing but metadata, or what is not wished: an error that lists what there is', () => {
    const none: [string[][], Omit<MediaWishes, 'onWarning'>, string, RegExp][] = [
      [[METADATA], {}, 'no-video', /no stream of H\.264 video .*only: application vnd\.onvif\.metadata$/],
      [[H265, OPUS], {}, 'no-video', /only: video h265, audio opus$/],
      [[H265, AAC], { noAudio: true }, 'no-video', /H\.264 video/],
      [[VIDEO, OPUS], { noVideo: true }, 'no-audio', /no stream of audio .*only: video h264, audio opus$/],
      [[VIDEO, AAC], { noVideo: true, noAudio: true }, 'no-audio', /no stream/],
    ];
    for (const [sections, wishes, code, message] of none) {
      assert.throws(() => choose(sections, wishes), { code, message });
    }
  });
});

describe('what record() sets up', () => {
  const sdp = ['v=0', ...VIDEO, 'a=control:v', ...PCMU, 'a=control:a', ...METADATA, 'a=control:m', ''].join('\r\n');
  const cases: [title: string, options: RecordOptions, controls: string[]][] = [
    ['Q145 ONVIF: video and audio, never the metadata', {}, ['v', 'a']],
    ['without audio', { noAudio: true }, ['v']],
    ['without video', { noVideo: true }, ['a']],
    ['what selectMedia says, if the caller has one', { selectMedia: () => [2] }, ['m']],
  ];
  for (const [title, options, controls] of cases) {
    it(title, async (t) => {
      const camera = await FakeCamera.start((received) =>
        received.method === 'DESCRIBE' ? described(sdp) : wellBehaved(received),
      );
      t.after(() => camera.close());
      const recording = await record(camera.url, join(folderFor(t), 'out.mp4'), options);
      await recording.stop();
      const setups = camera.requests.filter(({ method }) => method === 'SETUP');
      assert.deepEqual(
        setups.map(({ request }) => request.uri.split('/').at(-1)),
        controls,
      );
    });
  }

  it('nothing that could be recorded: an error, and no file', async (t) => {
    const camera = await FakeCamera.start((received) =>
      received.method === 'DESCRIBE' ? described(sdp) : wellBehaved(received),
    );
    t.after(() => camera.close());
    const folder = folderFor(t);
    const options = { noVideo: true, noAudio: true };
    await assert.rejects(record(camera.url, join(folder, 'out.mp4'), options), { code: 'no-audio' });
    assert.deepEqual(readdirSync(folder), []);
    assert.deepEqual(camera.methods, ['DESCRIBE']);
  });
});
