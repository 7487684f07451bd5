// What came of what the person did: one line at a time, read out by screen readers.

import { wireError } from "../api/app";
import type { WireError } from "../api/generated/WireError";
import { SECOND } from "../text/quantity";

/** How long a line stays: long enough to reach its button by keyboard. */
const STAYS_MS = 12 * SECOND;

export interface Notice {
  /** Ours, from the catalog. */
  text: string;
  /** Text of others, shown after it. */
  detail: string | null;
  undo: (() => Promise<void>) | null;
}

export class Notices {
  notice = $state.raw<Notice | null>(null);
  error = $state.raw<WireError | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string, more: { detail?: string; undo?: () => Promise<void> } = {}): void {
    this.error = null;
    this.notice = { text, detail: more.detail ?? null, undo: more.undo ?? null };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.notice = null;
    }, STAYS_MS);
  }

  /** An error stays until it is dismissed or something else is said. */
  fail(caught: unknown): void {
    this.notice = null;
    this.error = wireError(caught);
  }

  dismiss(): void {
    this.notice = null;
    this.error = null;
  }

  /** Does something and says what came of it, with text of others after it; whether it worked. */
  async attempt(act: () => Promise<unknown>, text?: string, detail?: string): Promise<boolean> {
    try {
      await act();
    } catch (caught) {
      this.fail(caught);
      return false;
    }
    if (text !== undefined) {
      this.say(text, detail === undefined ? {} : { detail });
    }
    return true;
  }
}
