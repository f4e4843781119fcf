import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { RetinaRecordError } from '../errors.js';
import type { TlsOptions } from './options.js';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM text.
 *
 * @throws RetinaRecordError `tls-ca-invalid` if there is none or one is damaged
 */
export function parseCertificates(pem: string | Buffer): X509Certificate[] {
  const blocks = pem.toString('latin1').match(PEM) ?? [];
  if (blocks.length === 0) throw new RetinaRecordError('tls-ca-invalid', 'tls.ca holds no certificate in PEM');
  return blocks.map((block, i) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new RetinaRecordError('tls-ca-invalid', `certificate ${i + 1} of tls.ca cannot be read`, {}, { cause });
    }
  });
}

/**
 * Judges a peer after the handshake; nothing has been sent to it yet. Cameras sign for themselves and know no names: a
 * certificate that was given as trusted is accepted byte for byte.
 *
 * @throws RetinaRecordError `tls-untrusted`
 */
export function checkPeer(
  socket: TLSSocket,
  trusted: readonly X509Certificate[],
  options: TlsOptions,
  connection: string,
): void {
  if (options.insecure || socket.authorized) return;
  const peer = socket.getPeerX509Certificate();
  if (peer !== undefined && trusted.some((certificate) => certificate.raw.equals(peer.raw))) return;
  // With rejectUnauthorized off Node leaves the reason here: an error's code, or for a wrong name the error.
  const reason: unknown = socket.authorizationError;
  const why = reason instanceof Error ? reason.message : String(reason);
  const fingerprint = peer === undefined ? '' : `; its SHA-256 fingerprint is ${peer.fingerprint256}`;
  throw new RetinaRecordError(
    'tls-untrusted',
    `the server's certificate is not trusted: ${why}${fingerprint}. Trust it by name as a CA, or accept any certificate`,
    { connection },
    { cause: reason },
  );
}
