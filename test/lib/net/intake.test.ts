import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Chunk } from '../../../lib/items.js';
import { Intake } from '../../../lib/net/intake.js';
import { BlockReader } from '../../../lib/net/socket-memory.js';
import { FakeTime } from './fake-timers.js';
import { markingTime } from './marking-time.js';

const HOLD_MS = 1000;

/** Whether reads are stamped at once, or the clock says afterwards when they came. */
type Stamping = 'at once' | 'afterwards';
const STAMPINGS: readonly Stamping[] = ['at once', 'afterwards'];

/** An intake, what it has looked at and handed on, and a way to let it read so many bytes. */
function start(
  onChunk: (chunk: Chunk, intake: Intake) => void = () => {},
  stamping: Stamping = 'afterwards',
  onLook: (recv: bigint) => void = () => {},
) {
  const time = new FakeTime();
  const reader = new BlockReader();
  let looked = 0;
  let delivered = 0;
  let sent = 0;
  const look = (data: Buffer, position: number, recv: bigint): void => {
    onLook(recv);
    assert.equal(position, looked);
    check(data, position);
    looked += data.length;
  };
  const intake = new Intake(
    { socket: {} as Socket, listen: (listener) => reader.listen(listener) },
    { clock: stamping === 'at once' ? time : markingTime(time), timers: time, capture: undefined, look },
  );
  const consumer = {
    chunk: (chunk: Chunk): void => {
      assert.equal(chunk.position, delivered);
      check(chunk.data, delivered);
      delivered += chunk.data.length;
      assert.ok(looked >= delivered, `${delivered} bytes handed on, ${looked} looked at`);
      onChunk(chunk, intake);
    },
    closed: () => {},
  };
  const read = (length: number): void => {
    const { buffer, callback } = reader.onread;
    const memory = (buffer as () => Uint8Array)();
    for (let i = 0; i < length; i++) memory[i] = (sent + i) % 251;
    sent += length;
    callback(length, memory);
    assert.equal(intake.received, sent);
  };
  intake.listen();
  intake.start(0);
  intake.connect(consumer, HOLD_MS);
  return { time, intake, read, looked: () => looked, delivered: () => delivered, sent: () => sent };
}

function check(data: Buffer, position: number): void {
  for (let i = 0; i < data.length; i += 97) assert.equal(data[i], (position + i) % 251);
}

describe('Intake', () => {
  it('keeps what is read, and hands all of it on together', () => {
    for (const stamping of STAMPINGS) {
      const { time, read, looked, delivered } = start(() => {}, stamping);
      read(100);
      time.advance(100);
      read(100);
      assert.deepEqual([looked(), delivered()], [0, 0]);
      time.advance(200);
      read(100);
      assert.deepEqual([looked(), delivered()], [300, 300]);
    }
  });

  it('says of each read when it came, to those who look and to those who take', () => {
    for (const stamping of STAMPINGS) {
      const looked: bigint[] = [];
      const taken: bigint[] = [];
      const { time, read } = start(
        (chunk) => taken.push(chunk.recv),
        stamping,
        (recv) => looked.push(recv),
      );
      const readAt: bigint[] = [];
      for (const ms of [0, 3, 40, 100, 200]) {
        time.advance(ms);
        readAt.push(time.now());
        read(10);
      }
      assert.equal(taken.length, 5);
      assert.deepEqual(looked, taken);
      for (const [i, recv] of taken.entries()) assert.ok(Math.abs(Number(recv - readAt[i]!)) < 1_000_000, `${i}`);
    }
  });

  it('hands on at once what comes in long reads, and their end', () => {
    const { read, delivered } = start();
    read(10);
    read(65_536);
    assert.equal(delivered(), 65_546);
    read(10);
    assert.equal(delivered(), 65_556);
    read(10);
    assert.equal(delivered(), 65_556);
  });

  it('looks at once while an answer is awaited, at what was kept before too', () => {
    const { intake, read, looked, delivered } = start();
    read(100);
    intake.isAwaiting = true;
    assert.deepEqual([looked(), delivered()], [100, 0]);
    read(50);
    assert.deepEqual([looked(), delivered()], [150, 0]);
    intake.isAwaiting = false;
    read(50);
    assert.deepEqual([looked(), delivered()], [150, 0]);
    intake.flush();
    assert.deepEqual([looked(), delivered()], [200, 200]);
  });

  it('loses and repeats nothing, in order, whatever happens when', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('read' as const), n: fc.integer({ min: 1, max: 3000 }) }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'read' as const, n: 65_536 }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), n: fc.integer({ min: 1, max: 1200 }) }) },
      fc.record({ kind: fc.constantFrom('await', 'settle', 'flush', 'look', 'pause'), n: fc.constant(0) }),
    );
    const stamping = fc.constantFrom(...STAMPINGS);
    const reaction = fc.constantFrom('await', 'settle', 'flush', 'look', 'pause', 'none', 'none', 'none');
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.array(reaction),
        fc.boolean(),
        stamping,
        (steps, reactions, stops, how) => {
          const act = (intake: Intake, what: string): void => {
            if (what === 'await' || what === 'settle') intake.isAwaiting = what === 'await';
            else if (what === 'flush') intake.flush();
            else if (what === 'look') intake.look();
            else if (what === 'pause') intake.notePause();
          };
          const react = (_chunk: Chunk, intake: Intake): void => act(intake, reactions.shift() ?? 'none');
          const { time, intake, read, looked, delivered, sent } = start(react, how);
          for (const { kind, n } of steps) {
            if (kind === 'read') read(n);
            else if (kind === 'wait') time.advance(n);
            else act(intake, kind);
          }
          if (stops) intake.stop();
          else intake.flush();
          assert.deepEqual([looked(), delivered()], [sent(), sent()]);
          if (stops) assert.deepEqual(time.delaysMs, []);
        },
      ),
    );
  });

  it('looks at what is kept before it goes out with what is being handed on', () => {
    let paused = false;
    const { time, intake, read, looked, delivered } = start((_chunk, self) => {
      if (!paused) self.notePause();
      paused = true;
    });
    intake.isAwaiting = true;
    read(10);
    intake.isAwaiting = false;
    time.advance(HOLD_MS - 100);
    read(20);
    time.advance(100);
    assert.deepEqual([looked(), delivered()], [30, 30]);
  });

  it('hands nothing on after stop, and goes on looking', () => {
    const { time, intake, read, looked, delivered } = start();
    read(100);
    intake.stop();
    read(50);
    assert.deepEqual([looked(), delivered(), time.delaysMs], [150, 100, []]);
  });

  it('is stopped even if whoever takes something then throws', () => {
    const { time, intake, read, looked } = start(() => {
      throw new Error('a listener of the caller');
    });
    read(100);
    assert.throws(() => intake.stop(), /a listener/);
    assert.deepEqual(time.delaysMs, []);
    read(50);
    intake.look();
    assert.equal(looked(), 150);
  });

  it('takes as having waited what is read behind a pause, and nothing that was kept before', () => {
    const waited: (boolean | undefined)[] = [];
    const { intake, read } = start((chunk) => waited.push(chunk.waited));
    read(10);
    intake.notePause();
    read(10);
    read(10);
    intake.flush();
    assert.deepEqual(waited, [false, true, false]);
  });
});
