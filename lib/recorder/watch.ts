import type { Item } from '../items.js';
import { Stage } from '../stage.js';
import type { Monitor } from './monitor.js';

/** Lets a recording's {@link Monitor} see every item, and only those pass that it admits. */
export class Watch extends Stage {
  constructor(private readonly monitor: Monitor) {
    super();
  }

  protected override handle(item: Item): void {
    if (this.monitor.admit(item)) this.push(item);
  }
}
