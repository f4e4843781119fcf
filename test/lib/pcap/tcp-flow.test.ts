import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Item } from '../../../lib/items.js';
import { RtspConnection } from '../../../lib/pcap/rtsp-connection.js';
import { TcpFlow } from '../../../lib/pcap/tcp-flow.js';
import { TCP_ACK, TCP_SYN, type TcpSegment } from '../../../lib/pcap/transport.js';
import { CLIENT, SERVER } from './synthesize.js';

function segment(sequenceNumber: number, text: string, flags = TCP_ACK): TcpSegment {
  const payload = Buffer.from(text, 'latin1');
  return { sourcePort: 0, destinationPort: 0, sequenceNumber, acknowledgmentNumber: 0, flags, payload };
}

function follow() {
  const items: Item[] = [];
  const opened: RtspConnection[] = [];
  const sink = { item: (item: Item) => items.push(item), playing: () => {} };
  const syn = segment(9, '', TCP_SYN);
  const flow = new TcpFlow(
    [CLIENT, SERVER],
    syn,
    (client, server, isWhole) => {
      opened.push(new RtspConnection(client, server, isWhole, sink));
      return opened.at(-1);
    },
    undefined,
  );
  flow.segment(0, syn, 1n);
  flow.segment(1, segment(99, '', TCP_SYN | TCP_ACK), 1n);
  return { flow, items, opened };
}

describe('TcpFlow', () => {
  it('recognizes RTSP from segments of a byte each', () => {
    const { flow, items, opened } = follow();
    const request = 'OPTIONS * RTSP/1.0\r\n';
    for (let i = 0; i < request.length; i++) {
      assert.equal(flow.isWanted, false);
      flow.segment(0, segment(10 + i, request[i]!), 1n);
    }
    assert.equal(flow.isWanted, true);
    assert.equal(opened.length, 1);
    flow.segment(1, segment(100, 'RTSP/1.0 200 OK\r\n'), 2n);
    assert.equal(items.length, 1);
  });

  it('gives nothing more to a connection that nobody wants any more', () => {
    const { flow, items, opened } = follow();
    flow.segment(1, segment(100, 'RTSP/1.0 200 OK\r\n'), 1n);
    assert.equal(items.length, 1);
    opened[0]!.isAbandoned = true;
    assert.equal(flow.isWanted, false);
    flow.segment(1, segment(117, '\r\n'), 2n);
    flow.end();
    assert.equal(items.length, 1);
  });

  it('waits for no more than 16 KiB while it does not know what this is', () => {
    const { flow, opened } = follow();
    for (let i = 0; i < 17; i++) flow.segment(1, segment(200 + 1000 * i, 'x'.repeat(1000)), 1n);
    // The hole is given up, and from now on each segment is looked at for itself.
    flow.segment(1, segment(50_000, 'RTSP/1.0 200 OK\r\n\r\n'), 1n);
    assert.equal(opened.length, 1);
  });
});
