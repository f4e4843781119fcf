/** Something odd that a session goes on with. */
export interface SessionWarning {
  /** Stable, for programs. */
  readonly code: string;
  /** One line for people. */
  readonly message: string;
}

/** Most warnings that are kept; a session says each thing once, so that only a hostile server gets there. */
const MAX_WARNINGS = 200;

/** Collects a session's warnings, each thing once. */
export class WarningLog {
  readonly all: SessionWarning[] = [];
  private readonly said = new Set<string>();

  constructor(private readonly listener: (warning: SessionWarning) => void) {}

  /** @param once warnings with one value of this are given once; default: those of the same code and text */
  add(code: string, message: string, once = `${code} ${message}`): void {
    if (this.said.has(once) || this.all.length >= MAX_WARNINGS) return;
    this.said.add(once);
    const warning = { code, message };
    this.all.push(warning);
    this.listener(warning);
  }
}
