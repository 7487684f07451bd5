// A question can be answered only some time after it came into sight: a click or a key that was meant for something else
// must not hit it.

/** How long: longer than a click that was under way, shorter than reading. */
export const ARMING_MS = 700;

export class Arming {
  armed = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts anew. */
  restart(): void {
    this.disarm();
    this.#timer = setTimeout(() => {
      this.armed = true;
    }, ARMING_MS);
  }

  /** Stays disarmed until it is started. */
  disarm(): void {
    clearTimeout(this.#timer);
    this.armed = false;
  }
}
