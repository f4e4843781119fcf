import type { createLogUpdate } from 'log-update';

/** A terminal's last line, which is written anew again and again; messages go above it. */
export class LiveLine {
  private update: ReturnType<typeof createLogUpdate> | undefined;
  private shown: string | undefined;

  /** @param terminal what it is on */
  constructor(private readonly terminal: NodeJS.WriteStream = process.stderr) {}

  /** Gets ready for {@link show}. What draws the line is loaded here: that takes longer than the rest of the command. */
  async open(): Promise<void> {
    const { createLogUpdate } = await import('log-update');
    this.update ??= createLogUpdate(this.terminal);
  }

  /** Shows a text in place of the one before. */
  show(text: string): void {
    this.shown = text;
    this.update?.(text);
  }

  /** Writes whole lines above it. */
  write(lines: string): void {
    if (this.shown === undefined) {
      this.terminal.write(lines);
      return;
    }
    this.update?.clear();
    this.terminal.write(lines);
    this.update?.(this.shown);
  }

  /** Takes it away. */
  hide(): void {
    this.shown = undefined;
    this.update?.clear();
    this.update?.done();
  }
}
