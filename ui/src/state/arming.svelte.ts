// A question can be answered only some time after it came into sight: a click or a key that was meant for something else
// must not hit it.

/** How long: longer than a click that was under way, shorter than reading. */
export const ARMING_MS = 700;

/** An event that is older than this by its own clock has another clock: a display on another computer. */
const PLAUSIBLE_MS = 5_000;

export class Arming {
  armed = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When it was armed, by the clock of events. */
  #since = 0;
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
            this.#since = new Event("now").timeStamp;
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

  /** Whether it was armed when this was done: a busy window hears late of what was done early. */
  covers(event: Event): boolean {
    const early = this.#since - event.timeStamp;
    return this.armed && (early <= 0 || PLAUSIBLE_MS < early);
  }
}
