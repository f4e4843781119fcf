import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RtspDialogue } from '../../../lib/pcap/rtsp-dialogue.js';
import { UdpRoutes } from '../../../lib/pcap/udp-routes.js';
import { InterleaveFramer } from '../../../lib/rtsp/framer.js';
import type { RtspMessage, RtspRequest, RtspResponse } from '../../../lib/rtsp/message.js';
import * as make from './synthesize.js';

function parse(turn: make.Turn): RtspMessage {
  const messages: RtspMessage[] = [];
  new InterleaveFramer({ frame: () => {}, junk: () => {}, message: (message) => messages.push(message) }).push(
    turn.data,
    0,
  );
  return messages[0]!;
}

function dialogue() {
  const oddities: string[] = [];
  const routes = new UdpRoutes('10.0.0.2');
  const heard = new RtspDialogue('rtsp://10.0.0.2:554/', routes, (message) => oddities.push(message));
  return {
    heard,
    routes,
    oddities,
    request: (text: string) => heard.request(parse(make.client(text)) as RtspRequest),
    response: (text: string) => heard.response(parse(make.server(text)) as RtspResponse),
  };
}

const TWO_MEDIA = `${make.SDP}m=audio 0 RTP/AVP 0\r\na=control:track2\r\n`;
const DESCRIBED = `RTSP/1.0 200 OK\nCSeq: 1\nContent-Type: application/sdp\nContent-Length: ${TWO_MEDIA.length}\n\n`;

describe('RtspDialogue', () => {
  it('pairs answers with requests by CSeq, not by order', () => {
    const { heard, request, oddities } = dialogue();
    request('DESCRIBE rtsp://10.0.0.2/live RTSP/1.0\nCSeq: 1\n\n');
    heard.response(parse(make.server(DESCRIBED, Buffer.from(TWO_MEDIA))) as RtspResponse);
    const setup = (cseq: number, track: string, channels: string) =>
      request(
        `SETUP rtsp://10.0.0.2/live/${track} RTSP/1.0\nCSeq: ${cseq}\nTransport: RTP/AVP/TCP;interleaved=${channels}\n\n`,
      );
    setup(2, 'track2', '2-3');
    setup(3, 'track1', '0-1');
    const answer = (cseq: number, channels: string) =>
      heard.response(
        parse(
          make.server(`RTSP/1.0 200 OK\nCSeq: ${cseq}\nTransport: RTP/AVP/TCP;interleaved=${channels}\n\n`),
        ) as RtspResponse,
      );
    assert.equal(answer(3, '4-5'), false);
    assert.equal(answer(2, '2-3'), false);
    assert.deepEqual(
      heard.presentation!.media.map(({ setup }) => setup?.rtpChannel),
      [4, 2],
    );
    assert.deepEqual(oddities, []);
  });

  it('says so where an answer fits nothing', () => {
    const { heard, request, response, oddities } = dialogue();
    response('RTSP/1.0 200 OK\nCSeq: 5\nTransport: RTP/AVP/TCP;interleaved=0-1\n\n');
    request('DESCRIBE rtsp://10.0.0.2/live RTSP/1.0\nCSeq: 1\n\n');
    heard.response(parse(make.server(DESCRIBED, Buffer.from(TWO_MEDIA))) as RtspResponse);
    request('SETUP rtsp://10.0.0.2/live/track9 RTSP/1.0\nCSeq: 2\n\n');
    response('RTSP/1.0 200 OK\nCSeq: 2\nTransport: RTP/AVP/TCP;interleaved=0-1\n\n');
    assert.deepEqual(oddities, [
      'SETUP without an answer to DESCRIBE in the capture',
      'a SETUP names none of the streams that the SDP describes',
    ]);
  });

  it('does not take the SETUP of a section that was left out for the only stream’s', () => {
    const { heard, request, response, oddities } = dialogue();
    const sdp = `${make.SDP}m=application 0 RTP/AVP\r\na=control:track2\r\n`;
    request('DESCRIBE rtsp://10.0.0.2/live RTSP/1.0\nCSeq: 1\n\n');
    const head = `RTSP/1.0 200 OK\nCSeq: 1\nContent-Type: application/sdp\nContent-Length: ${sdp.length}\n\n`;
    heard.response(parse(make.server(head, Buffer.from(sdp))) as RtspResponse);
    assert.equal(heard.presentation!.media.length, 1);
    for (const [n, channels] of ['0-1', '2-3'].entries()) {
      request(`SETUP rtsp://10.0.0.2/live/track${n + 1} RTSP/1.0\nCSeq: ${n + 2}\n\n`);
      response(`RTSP/1.0 200 OK\nCSeq: ${n + 2}\nTransport: RTP/AVP/TCP;interleaved=${channels}\n\n`);
    }
    assert.equal(heard.presentation!.media[0]!.setup!.rtpChannel, 0);
    assert.match(oddities.at(-1)!, /names none of the streams/);
  });

  it('tells that media play from the answer to PLAY alone, refused ones aside', () => {
    const { request, response } = dialogue();
    request('PLAY rtsp://10.0.0.2/live/ RTSP/1.0\nCSeq: 3\n\n');
    assert.equal(response('RTSP/1.0 100 Continue\nCSeq: 3\n\n'), false);
    assert.equal(response('RTSP/1.0 200 OK\nCSeq: 3\n\n'), true);
    request('PLAY rtsp://10.0.0.2/live/ RTSP/1.0\nCSeq: 4\n\n');
    assert.equal(response('RTSP/1.0 455 Method Not Valid in This State\nCSeq: 4\n\n'), false);
  });

  it('remembers 64 requests', () => {
    const { request, response } = dialogue();
    for (let cseq = 0; cseq < 65; cseq++) request(`PLAY rtsp://10.0.0.2/live/ RTSP/1.0\nCSeq: ${cseq}\n\n`);
    assert.equal(response('RTSP/1.0 200 OK\nCSeq: 0\n\n'), false);
    assert.equal(response('RTSP/1.0 200 OK\nCSeq: 1\n\n'), true);
  });
});
