import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAacConfig } from '../../../lib/codec/aac-config.js';
import { parseAacFmtp } from '../../../lib/codec/aac-fmtp.js';
import { type AudioMedia, audioCodecString, audioConfig } from '../../../lib/codec/audio-config.js';
import { describePresentation } from '../../../lib/rtsp/presentation.js';
import { describeResponse } from '../rtsp/responses.js';
import { aac, HBR } from './audio-items.js';

/** What is made of the audio sections of an SDP. */
function fromSdp(...lines: string[]) {
  const response = describeResponse([
    'v=0',
    's=-',
    't=0 0',
    'm=video 0 RTP/AVP 96',
    'a=rtpmap:96 H264/90000',
    ...lines,
  ]);
  const { presentation, warnings } = describePresentation('rtsp://192.0.2.1/', response);
  assert.deepEqual(warnings, []);
  return presentation.media.slice(1).map(audioConfig);
}

/** Codec string, rate, channels and frame length; or the problem. */
function summary(media: AudioMedia): unknown {
  const config = audioConfig(media);
  if ('problem' in config) return config.problem;
  const frameLength = config.codec === 'aac' ? [config.frameLength, config.specificConfig.toString('hex')] : [];
  return [audioCodecString(config), config.sampleRate, config.channels, ...frameLength];
}

const withFmtp = (fmtp: string | undefined) => summary(aac({ fmtp }));
const withConfig = (hex: string) => withFmtp(HBR.replace('1188', hex));
const USABLE = ['mp4a.40.2', 48_000, 1, 1024, '1188'];

describe('fmtp of mpeg4-generic', () => {
  const usable: [title: string, fmtp: string][] = [
    ['Q137 Dahua: a trailing semicolon', `${HBR};`],
    [
      'Q137 Ubiquiti and VLC: keys in any case',
      'streamtype=5; mode=AAC-hbr; Config=1188; SizeLength=13; IndexLength=3; IndexDeltaLength=3; Profile=1;',
    ],
    ['Q137 mode in lower case', HBR.replace('AAC-hbr', 'aac-hbr')],
    ['Q137 mode with an underscore', HBR.replace('AAC-hbr', 'AAC_hbr')],
    ['Q137 AVoIP encoders: no mode', HBR.replace('mode=AAC-hbr;', '')],
    ['Q137 anpviz: a config and nothing else', 'config=1188'],
    ['Q137 mode and config without lengths', 'mode=AAC-hbr;config=1188'],
    ['Q137 index lengths absent', 'mode=AAC-hbr;sizelength=13;config=1188'],
    ['Q137 config in quotes', HBR.replace('1188', '"1188"')],
  ];
  for (const [title, fmtp] of usable) it(title, () => assert.deepEqual(withFmtp(fmtp), USABLE));

  const problems: [title: string, fmtp: string | undefined, problem: RegExp][] = [
    ['Q137 no fmtp', undefined, /without config/],
    ['Q137 no config', HBR.replace('config=1188', ''), /without config/],
    ['Q137 config in base64', HBR.replace('1188', 'EYg='), /"EYg=" is not hexadecimal/],
    ['Q137 half a byte of config', HBR.replace('1188', '118'), /"118" is not hexadecimal/],
    ['Q137 low bit rate mode', HBR.replace('AAC-hbr', 'AAC-lbr'), /mode "AAC-lbr" .* only AAC-hbr/],
    ['Q137 sizes of 6 bits', HBR.replace('sizelength=13', 'sizelength=6'), /sizelength "6"/],
    ['Q137 an index of 2 bits', HBR.replace('indexlength=3', 'indexlength=2'), /indexlength "2"/],
    ['Q137 an index delta that is no number', HBR.replace('deltalength=3', 'deltalength=x'), /indexdeltalength "x"/],
    ['Q137 composition times in the AU headers', `${HBR};ctsdeltalength=22`, /ctsdeltalength "22"/],
    ['Q137 auxiliary data behind the AU headers', `${HBR};auxiliaryDataSizeLength=8`, /auxiliarydatasizelength "8"/],
  ];
  for (const [title, fmtp, problem] of problems) it(title, () => assert.match(String(withFmtp(fmtp)), problem));

  it('Q137 index lengths absent or 0 leave the length of AU headers open', () => {
    const omitted = (fmtp: string) => (parseAacFmtp(fmtp) as { indexOmitted: boolean }).indexOmitted;
    assert.equal(omitted(HBR), false);
    assert.equal(omitted('config=1188'), true);
    assert.equal(omitted(HBR.replace('indexlength=3', 'indexlength=0')), true);
    assert.equal(omitted(HBR.replace(';indexdeltalength=3', '')), true);
  });

  it('Q137 anpviz: payload type 0, an fmtp of config alone, two channels in the rtpmap, one in the config', () => {
    const [config] = fromSdp('m=audio 0 RTP/AVP 0', 'a=fmtp:0 config=1408', 'a=rtpmap:0 MPEG4-GENERIC/16000/2');
    const specificConfig = Buffer.from('1408', 'hex');
    assert.deepEqual(config, { codec: 'aac', sampleRate: 16_000, channels: 1, frameLength: 1024, specificConfig });
  });
});

describe('AudioSpecificConfig', () => {
  const usable: [title: string, hex: string, ...expected: unknown[]][] = [
    ['Q138 Dahua: 48000 Hz, mono', '1188', 'mp4a.40.2', 48_000, 1, 1024],
    ['Q138 Wowza: 12000 Hz, stereo', '1490', 'mp4a.40.2', 12_000, 2, 1024],
    ['Q138 48000 Hz, 5.1', '11b0', 'mp4a.40.2', 48_000, 6, 1024],
    ['Q138 7.1', '11b8', 'mp4a.40.2', 48_000, 8, 1024],
    ['Q138 SBR signalled as absent behind the config', '119056E500', 'mp4a.40.2', 48_000, 2, 1024],
    ['Q138 SBR signalled behind the config: the core counts', '131056e59d4800', 'mp4a.40.2', 24_000, 2, 1024],
    ['Q138 an explicit rate of 24 bits', '17803e8008', 'mp4a.40.2', 32_000, 1, 1024],
    ['Q138 frames of 960 samples', '118c', 'mp4a.40.2', 48_000, 1, 960],
    ['Q138 AAC Main', '0988', 'mp4a.40.1', 48_000, 1, 1024],
  ];
  for (const [title, hex, ...expected] of usable) {
    it(title, () => assert.deepEqual(withConfig(hex), [...expected, hex.toLowerCase()]));
  }

  const problems: [title: string, hex: string, problem: RegExp][] = [
    ['Q138 SBR (type 5)', '2b118800', /SBR \(audio object type 5\)/],
    ['Q138 parametric stereo (type 29)', 'eb098800', /PS \(audio object type 29\)/],
    ['Q138 an escaped type (42, USAC)', 'f94640', /audio object type 42/],
    ['Q138 a type without frames of 1024 or 960 (23, AAC LD)', 'b988', /audio object type 23/],
    ['Q138 type 0', '0188', /audio object type 0/],
    ['Q138 a reserved rate', '1688', /index 13 is reserved/],
    ['Q138 96000 Hz does not fit a sample entry', '1008', /96000 Hz .* 65535/],
    ['Q138 an explicit rate of 70000 Hz', '178088b808', /70000 Hz/],
    ['Q138 an explicit rate of 0', '1780000008', /at 0 Hz/],
    ['Q138 channel configuration 0', '1180', /channel configuration 0/],
    ['Q138 a reserved channel configuration', '11c0', /channel configuration 8/],
    ['Q138 one byte', '11', /config 11 is too short/],
    ['Q138 an explicit rate cut off', '17803e', /too short/],
    ['Q138 an escaped type cut off', 'f9', /too short/],
  ];
  for (const [title, hex, problem] of problems) it(title, () => assert.match(String(withConfig(hex)), problem));

  it('survives any bytes, and says either a stream that can be stored or one line of why not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const data = Buffer.from(bytes);
        const config = parseAacConfig(data);
        if ('problem' in config) {
          assert.match(config.problem, /^[^\n]+$/);
          return;
        }
        assert.ok(config.sampleRate >= 1 && config.sampleRate <= 65_535);
        assert.ok(config.channels >= 1 && config.channels <= 8);
        assert.ok(config.frameLength === 1024 || config.frameLength === 960);
        assert.equal(config.specificConfig, data);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back what was written', () => {
    const bits = fc.record({
      type: fc.integer({ min: 1, max: 4 }),
      rate: fc.integer({ min: 1, max: 65_535 }),
      channels: fc.integer({ min: 1, max: 6 }),
      short: fc.boolean(),
      tail: fc.uint8Array({ maxLength: 4 }),
    });
    fc.assert(
      fc.property(bits, ({ type, rate, channels, short, tail }) => {
        const text = [
          type.toString(2).padStart(5, '0'),
          '1111',
          rate.toString(2).padStart(24, '0'),
          channels.toString(2).padStart(4, '0'),
          short ? '100' : '000',
        ].join('');
        const bytes = text.match(/.{8}/g)!.map((octet) => Number.parseInt(octet, 2));
        const specificConfig = Buffer.from([...bytes, ...tail]);
        const frameLength = short ? 960 : 1024;
        const expected = { codec: 'aac', sampleRate: rate, channels, frameLength, specificConfig };
        assert.deepEqual(parseAacConfig(specificConfig), expected);
      }),
    );
  });
});

describe('G.711 and other audio', () => {
  const usable: [title: string, sdp: string[], config: unknown][] = [
    ['Q143 PCMA with rtpmap', ['8', 'a=rtpmap:8 PCMA/8000'], { codec: 'pcma', sampleRate: 8000, channels: 1 }],
    ['Q143 payload type 0 without rtpmap', ['0'], { codec: 'pcmu', sampleRate: 8000, channels: 1 }],
    ['Q143 payload type 8 without rtpmap', ['8'], { codec: 'pcma', sampleRate: 8000, channels: 1 }],
    ['Q143 16 kHz', ['98', 'a=rtpmap:98 pcmu/16000'], { codec: 'pcmu', sampleRate: 16_000, channels: 1 }],
    ['Q143 stereo', ['98', 'a=rtpmap:98 PCMA/8000/2'], { codec: 'pcma', sampleRate: 8000, channels: 2 }],
  ];
  for (const [title, [format, ...attributes], config] of usable) {
    it(title, () => assert.deepEqual(fromSdp(`m=audio 0 RTP/AVP ${format}`, ...attributes), [config]));
  }

  const others: [title: string, format: string, name: string, rtpmap?: string][] = [
    ['Q143 L16', '11', 'L16'],
    ['Q143 G.722', '9', 'G722'],
    ['Q143 G.726', '97', 'G726-32', 'G726-32/8000'],
    ['Q143 DVI4', '5', 'DVI4'],
    ['Q144 Dahua: G723.1, which is none', '97', 'G723.1', 'G723.1/8000'],
    ['Q144 Hikvision: PCM, which is L16 in the wrong byte order', '11', 'PCM', 'PCM/48000'],
    ['Q144 Opus of one channel', '97', 'OPUS', 'OPUS/48000/1'],
    ['Q144 AAC in LATM', '97', 'MP4A-LATM', 'MP4A-LATM/90000'],
  ];
  for (const [title, format, name, rtpmap] of others) {
    it(`${title}: named and left out, next to the video`, () => {
      const attributes = rtpmap === undefined ? [] : [`a=rtpmap:${format} ${rtpmap}`];
      const problem = `${name} is not recorded: only AAC (MPEG4-GENERIC), PCMA and PCMU are`;
      assert.deepEqual(fromSdp(`m=audio 0 RTP/AVP ${format}`, ...attributes), [{ problem }]);
    });
  }

  it('Q144 MPEG4-GENERIC on payload type 0 is AAC all the same', () => {
    const [config] = fromSdp('m=audio 0 RTP/AVP 0', 'a=rtpmap:0 MPEG4-GENERIC/48000', `a=fmtp:0 ${HBR}`);
    assert.deepEqual(config, parseAacConfig(Buffer.from('1188', 'hex')));
  });

  it('Q143 a rate that no MP4 file can hold', () => {
    const media = { type: 'audio', encodingName: 'pcma', clockRate: 65_536 };
    assert.match(String(summary(media)), /^PCMA at 65536 Hz is not recorded/);
    assert.deepEqual(summary({ ...media, clockRate: 65_535 }), ['alaw', 65_535, 1]);
    assert.deepEqual(summary({ ...media, encodingName: 'pcmu', clockRate: 8000 }), ['ulaw', 8000, 1]);
  });

  it('an RTP clock faster than any audio has', () => {
    assert.match(
      String(summary(aac({ clockRate: 999_999_999 }))),
      /^MPEG4-GENERIC with an RTP clock of 999999999 Hz is not/,
    );
  });

  it('a stream that is no audio is none, whatever its name', () => {
    const media = { type: 'application', encodingName: 'vnd.onvif.metadata', clockRate: 90_000 };
    assert.match(String(summary(media)), /^VND.ONVIF.METADATA .* application/);
    assert.match(String(summary({ ...media, encodingName: 'pcma' })), /^PCMA is not recorded as audio/);
  });
});
