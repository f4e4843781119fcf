import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { viewOf } from '../../lib/buffer-view.js';
import { allocateBlock } from '../../lib/shared-block.js';

it('a block stays where it is when one of its views is transferred to another thread', () => {
  const block = allocateBlock(1000);
  const [view, other] = [viewOf(block, 0, 10), viewOf(block, 10, 10)];
  const { port1 } = new MessageChannel();
  try {
    port1.postMessage(view, [view.buffer as ArrayBuffer]);
  } catch (error) {
    assert.equal((error as Error).name, 'DataCloneError');
  }
  port1.close();
  assert.deepEqual([view.length, other.length, block.byteLength], [10, 10, 1000]);
});
