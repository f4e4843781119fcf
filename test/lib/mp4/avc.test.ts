import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type H264Parameters, ParameterSets } from '../../../lib/codec/h264-parameters.js';
import type { SpsInfo } from '../../../lib/codec/h264-sps.js';
import { displayWidth } from '../../../lib/mp4/avc.js';
import { initSegment } from '../../../lib/mp4/init-segment.js';
import { readMp4 } from '../../read-mp4.js';
import { pps, sps } from '../camera/h264-writer.js';

const base64 = (text: string) => Buffer.from(text, 'base64');

function parameters(...units: Buffer[]): H264Parameters {
  const sets = new ParameterSets();
  sets.update(units);
  return sets.current!;
}

/** mp4box's names for the fields of `avcC`. */
interface AvcConfiguration {
  configurationVersion: number;
  AVCProfileIndication: number;
  profile_compatibility: number;
  AVCLevelIndication: number;
  lengthSizeMinusOne: number;
  SPS: { data: Uint8Array }[];
  PPS: { data: Uint8Array }[];
}

/** The first sample entry of an initialization segment with these parameters, read by mp4box. */
function sampleEntry(value: H264Parameters) {
  const bytes = initSegment([{ id: 1, timescale: 90_000, format: { kind: 'video', parameters: [value] } }], {
    creationTime: 0n,
    tags: {},
  });
  const { file, info } = readMp4(bytes);
  const entry = file.moov.traks[0]!.mdia.minf.stbl.stsd.entries[0] as unknown as {
    type: string;
    width: number;
    height: number;
    avcC: AvcConfiguration;
    boxes: { type: string }[];
    colrs?: { colour_primaries: number; full_range_flag: number }[];
    pasp?: { hSpacing: number; vSpacing: number };
  };
  return { entry, info, bytes };
}

const sets = (list: readonly { data: Uint8Array }[]) =>
  Array.from(list, ({ data }) => Buffer.from(data).toString('hex'));

describe('avc1 sample entry', () => {
  it('Q130 avcC: version 1, profile and level from the SPS, 4-byte lengths, both sets', () => {
    const spsUnit = base64('Z00AKZpkA8ARPyzUBAQFAAADA+gAAOpgBA==');
    const { entry, info, bytes } = sampleEntry(parameters(spsUnit, base64('aO48gA==')));
    const { avcC } = entry;
    assert.deepEqual([entry.type, entry.width, entry.height], ['avc1', 1920, 1080]);
    assert.deepEqual(
      [avcC.configurationVersion, avcC.AVCProfileIndication, avcC.profile_compatibility, avcC.AVCLevelIndication],
      [1, 0x4d, 0x00, 0x29],
    );
    assert.equal(avcC.lengthSizeMinusOne, 3);
    assert.deepEqual(sets(avcC.SPS), [spsUnit.toString('hex')]);
    assert.deepEqual(sets(avcC.PPS), ['68ee3c80']);
    assert.equal(info.tracks[0]!.codec.toLowerCase(), 'avc1.4d0029');
    const at = bytes.indexOf('avcC') + 4;
    assert.equal(bytes.subarray(at, at + 6).toString('hex'), '014d0029ffe1');
    assert.equal(bytes.readUInt32BE(at - 8), 8 + 6 + 2 + spsUnit.length + 1 + 2 + 4, 'no extension for Main');
  });

  it('Q130 avcC of High profile ends in chroma format and bit depths', () => {
    const { bytes, entry } = sampleEntry(parameters(base64('Z2QAM6zoAoALWQ=='), base64('aO48MA==')));
    const at = bytes.indexOf('avcC');
    const size = bytes.readUInt32BE(at - 4);
    assert.equal(bytes.subarray(at - 4 + size - 4, at - 4 + size).toString('hex'), 'fdf8f800');
    assert.equal(entry.avcC.AVCProfileIndication, 100);
  });

  it('Q129 avcC with several PPS', () => {
    const { entry } = sampleEntry(parameters(sps(), pps(0), pps(1)));
    assert.deepEqual(sets(entry.avcC.PPS), [pps(0).toString('hex'), pps(1).toString('hex')]);
  });

  it('Q129 avcC with more sets than it can count', () => {
    const many = Array.from({ length: 32 }, (_, id) => sps({ id }));
    const pictures = Array.from({ length: 256 }, (_, id) => pps(id));
    const { entry } = sampleEntry(parameters(...many, ...pictures));
    assert.deepEqual([entry.avcC.SPS.length, entry.avcC.PPS.length], [31, 255]);
  });

  it('colour of the VUI becomes colr', () => {
    const { bytes } = sampleEntry(parameters(base64('Z2QAHqwsaoLA9puCgIKgAAADACAAAAMD0IAA'), base64('aO48gA==')));
    const at = bytes.indexOf('colr');
    assert.equal(bytes.subarray(at - 4, at + 15).toString('hex'), '00000013636f6c726e636c7800050001000580');
    const { entry } = sampleEntry(parameters(base64('Z2QAM6zoAoALWQ=='), base64('aO48MA==')));
    assert.deepEqual(
      entry.boxes.map(({ type }) => type),
      ['avcC'],
    );
  });

  it('pixel aspect ratio becomes pasp and the width of the track', () => {
    const square = parameters(base64('Z01AH5WgLASabAQ='), base64('aO48gA=='));
    const wide = { ...square, info: { ...square.info, pixelAspectRatio: { horizontal: 16, vertical: 11 } } };
    const { file } = readMp4(sampleEntry(wide).bytes);
    assert.equal(file.moov.traks[0]!.tkhd.width / 65536, 1024);
    const at = sampleEntry(wide).bytes.indexOf('pasp');
    assert.equal(
      sampleEntry(wide)
        .bytes.subarray(at + 4, at + 12)
        .toString('hex'),
      '000000100000000b',
    );
  });

  it('Q127 a pixel aspect ratio without sense does not reach the track header', () => {
    const of = (horizontal: number, vertical: number) =>
      displayWidth({ width: 1920, pixelAspectRatio: { horizontal, vertical } } as SpsInfo);
    assert.deepEqual([of(4, 3), of(65_535, 1), of(1, 65_535)], [2560, 1920, 1920]);
  });
});
