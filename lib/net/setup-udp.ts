import { RetinaRecordError } from '../errors.js';
import type { MediaDescription } from '../items.js';
import type { RtspResponse } from '../rtsp/message.js';
import { isMulticastAddress } from '../rtsp/multicast.js';
import type { Transport } from '../rtsp/transport.js';
import type { HandshakeOptions, SetupState } from './handshake.js';
import { aboutStream, acceptSetup, assignChannels, isSuccess, requestSetup, setupError } from './setup.js';
import type { UdpMedia } from './udp-media.js';
import { originOf } from './udp-origin.js';
import { closePair, joinGroup, openUdpPair, type UdpGroup, type UdpPair } from './udp-pair.js';

/** What SETUP over UDP needs. */
export interface UdpSetupOptions extends HandshakeOptions {
  /** Takes the sockets. */
  readonly udp: UdpMedia;
  readonly random: (bytes: number) => Buffer;
}

/**
 * Sets one stream up over UDP, by multicast if the server refuses unicast and its SDP names a group, and writes the result into
 * `state`. A server may answer with interleaved channels all the same (Q65).
 *
 * @returns how the stream's media will come
 * @throws RetinaRecordError `udp-ports`; as `setupError`, `acceptSetup` and {@link Requester.request}
 */
export async function setupOverUdp(
  state: SetupState,
  media: MediaDescription,
  options: UdpSetupOptions,
): Promise<'tcp' | 'udp'> {
  const { connection } = options.requester;
  const pair = await openUdpPair(connection.localAddress, options.random);
  let isTaken = false;
  try {
    let response = await requestSetup(state, media, { kind: 'udp', clientPorts: pair.ports }, options);
    if (response.status === 461 && state.multicastGroups.length > 0) {
      response = await requestSetup(state, media, { kind: 'multicast' }, options);
    }
    if (!isSuccess(response)) throw setupError(response, media, 'RTP over UDP: try --transport tcp', options);
    const how = await accept(state, media, pair, response, options);
    isTaken = how === 'unicast';
    return how === 'interleaved' ? 'tcp' : 'udp';
  } finally {
    if (!isTaken) closePair(pair);
  }
}

async function accept(
  state: SetupState,
  media: MediaDescription,
  pair: UdpPair,
  response: RtspResponse,
  options: UdpSetupOptions,
): Promise<'interleaved' | 'unicast' | 'multicast'> {
  const { requester, udp, warnings } = options;
  const { localAddress, remote, remoteAddress } = requester.connection;
  const { transport } = acceptSetup(state, media, undefined, response, options);
  if (transport.interleaved !== undefined) {
    const text = `${aboutStream(media)}: the server answers with TCP although UDP was asked for`;
    if (udp.streamCount > 0) throw new RetinaRecordError('transport-invalid', text, { connection: remote });
    warnings.add('transport', `${text}; TCP is used`);
    assignChannels(state, options);
    return 'interleaved';
  }
  const setup = state.presentation.media[media.index]!.setup!;
  const origin = originOf(transport, remoteAddress);
  if (!transport.multicast) {
    udp.add(pair, setup, origin);
    return 'unicast';
  }
  const group = groupOf(transport, origin.addresses[0]!, state.multicastGroups);
  if (group === undefined) {
    const text = `${aboutStream(media)}: the Transport header of the answer says multicast, but not to which group and port`;
    throw new RetinaRecordError('transport-invalid', text, { connection: remote });
  }
  udp.add(await joinGroup(localAddress, group), setup, { addresses: origin.addresses }, group);
  return 'multicast';
}

/** The group by the answer, or by the SDP where that names just one. */
function groupOf(transport: Transport, source: string, named: readonly string[]): UdpGroup | undefined {
  const { destination = '', port, serverPort, ttl } = transport;
  const address = isMulticastAddress(destination) ? destination : named.length === 1 ? named[0] : undefined;
  const ports = port ?? serverPort;
  return address === undefined || ports === undefined ? undefined : { address, ports, source, ttl };
}
