// A question can be answered only some time after it came into sight: a click or a key that was meant for something else
// must not hit it.

/** How long: longer than a click that was under way, shorter than reading. */
export const ARMING_MS = 700;

/** An event that is older than this by its own clock has another clock: a display on another computer. */
const PLAUSIBLE_MS = 5_000;

export class Arming {
  armed = $state(false);
  /** Whether the window has had the focus for as long, so that keys are meant for it. */
  hasKeys = $state(true);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keysTimer: ReturnType<typeof setTimeout> | undefined;
  /** When it was armed, by the clock of events. */
  #since = 0;
  #keysSince = 0;
  #turn = 0;

  /** Starts anew, from when what is shown now has been painted. A window that nobody sees paints nothing. */
  restart(): void {
    this.disarm();
    const turn = this.#turn;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (turn === this.#turn) {
          this.#timer = setTimeout(() => {
            this.armed = true;
            this.#since = eventNow();
          }, ARMING_MS);
        }
      }),
    );
  }

  /** Stays disarmed until it is started. */
  disarm(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.armed = false;
  }

  /** The window got the focus: keys that were meant for the one that had it decide nothing. A click is meant for what it hits. */
  focused(): void {
    clearTimeout(this.#keysTimer);
    this.hasKeys = false;
    this.#keysTimer = setTimeout(() => {
      this.hasKeys = true;
      this.#keysSince = eventNow();
    }, ARMING_MS);
  }

  /** Whether it was armed when this was done: a busy window hears late of what was done early. */
  covers(event: Event): boolean {
    return (
      this.armed &&
      isLaterThan(this.#since, event) &&
      (isOfPointer(event) || (this.hasKeys && isLaterThan(this.#keysSince, event)))
    );
  }
}

/** Which revision of a question that only grows an answer is for: the latest that was in sight for as long as arming takes. */
export class Seen {
  #revision = 0;
  #before = 0;
  /** Since when it counts, by the clock of events. */
  #since = 0;
  #latest = 0;
  #isWaiting = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  /** Another question, or another state of it, which is armed by itself. */
  restart(revision: number): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#isWaiting = false;
    this.#latest = this.#revision = this.#before = revision;
  }

  /** More is shown. What comes while that is being seen takes its turn afterwards, however fast it comes. */
  grown(revision: number): void {
    this.#latest = revision;
    if (this.#isWaiting) {
      return;
    }
    this.#isWaiting = true;
    const turn = this.#turn;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (turn === this.#turn) {
          this.#timer = setTimeout(() => this.#seen(revision), ARMING_MS);
        }
      }),
    );
  }

  /** The revision that counted when this was done. */
  at(event: Event): number {
    return isLaterThan(this.#since, event) ? this.#revision : this.#before;
  }

  #seen(revision: number): void {
    this.#before = this.#revision;
    this.#revision = revision;
    this.#since = eventNow();
    this.#isWaiting = false;
    if (this.#latest !== revision) {
      this.grown(this.#latest);
    }
  }
}

/** The moment by the clock of events. */
function eventNow(): number {
  return new Event("now").timeStamp;
}

function isLaterThan(since: number, event: Event): boolean {
  const early = since - event.timeStamp;
  return early <= 0 || PLAUSIBLE_MS < early;
}

/** Whether it is a real click: one that a key or another program makes counts no presses. */
function isOfPointer(event: Event): boolean {
  return event instanceof MouseEvent && 0 < event.detail;
}
