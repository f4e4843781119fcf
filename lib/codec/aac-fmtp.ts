import { parseFmtp } from '../rtsp/fmtp.js';
import { type AacConfig, parseAacConfig } from './aac-config.js';

/** What a stream of AAC is, and how its frames lie in RTP packets (RFC 3640 section 4.1). */
export interface AacFmtp {
  readonly config: AacConfig;
  /**
   * Whether the AU headers' index lengths are left out. Then a header has 13 bits by the letter, 16 by AAC-hbr: the packets
   * show which.
   */
  readonly indexOmitted: boolean;
}

/** Length in bits of the size in an AU header of AAC-hbr. */
const SIZE_LENGTH = 13;
/** Length in bits of the index, and of each further AU's index delta. */
const INDEX_LENGTH = 3;
/** Parameters that put more into the AU headers or behind them; AAC-hbr has none of it. */
const FOREIGN = [
  'ctsdeltalength',
  'dtsdeltalength',
  'randomaccessindication',
  'streamstateindication',
  'auxiliarydatasizelength',
];

/**
 * Reads the parameters of `mpeg4-generic` (RFC 3640 sections 3.3.6, 4.1). Lenient (Q137): keys in any case (Ubiquiti), `AAC_hbr`, no
 * mode or no lengths at all where there is a config (anpviz, AVoIP encoders).
 *
 * @returns or why such a stream is not recorded; never throws
 */
export function parseAacFmtp(fmtp: string | undefined): AacFmtp | { readonly problem: string } {
  const params = parseFmtp(fmtp ?? '');
  const mode = params.get('mode') || 'AAC-hbr';
  if (mode.toLowerCase().replaceAll('_', '-') !== 'aac-hbr') {
    return { problem: `MPEG4-GENERIC of mode ${JSON.stringify(mode)} is not recorded, only AAC-hbr` };
  }
  const hex = params.get('config')?.replace(/^"(.*)"$/, '$1');
  if (!hex) return { problem: 'MPEG4-GENERIC without config is not recorded' };
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) return { problem: `AAC config ${JSON.stringify(hex)} is not hexadecimal` };
  const sizeLength = params.get('sizelength') || String(SIZE_LENGTH);
  if (Number(sizeLength) !== SIZE_LENGTH) return unfit('sizelength', sizeLength, `${SIZE_LENGTH}`);
  let indexOmitted = false;
  for (const name of ['indexlength', 'indexdeltalength']) {
    const value = params.get(name) || '0';
    if (Number(value) === 0) indexOmitted = true;
    else if (Number(value) !== INDEX_LENGTH) return unfit(name, value, `${INDEX_LENGTH}`);
  }
  for (const name of FOREIGN) {
    const value = params.get(name) || '0';
    if (Number(value) !== 0) return unfit(name, value, 'none');
  }
  const config = parseAacConfig(Buffer.from(hex, 'hex'));
  return 'problem' in config ? config : { config, indexOmitted };
}

function unfit(name: string, value: string, wanted: string): { readonly problem: string } {
  return { problem: `MPEG4-GENERIC with ${name} ${JSON.stringify(value)} is not recorded, AAC-hbr has ${wanted}` };
}
