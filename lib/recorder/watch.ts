import type { Item } from '../items.js';
import { FRAME_HIGH_WATER_MARK, Stage } from '../stage.js';
import type { Monitor } from './monitor.js';

/** Lets a recording's {@link Monitor} see every item, and only those pass that it admits. */
export class Watch extends Stage {
  constructor(private readonly monitor: Monitor) {
    super({ readable: FRAME_HIGH_WATER_MARK, writable: FRAME_HIGH_WATER_MARK });
  }

  protected override handle(item: Item): void {
    if (this.monitor.admit(item)) this.push(item);
  }
}
