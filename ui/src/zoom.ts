// Larger and smaller, as browsers have it: by Ctrl and plus, minus, 0, or the wheel. The app draws all windows in one size.

import type { ZoomStep } from "./api/generated/ZoomStep";

const KEYS: Record<string, ZoomStep> = { "+": "larger", "=": "larger", "-": "smaller", "0": "usual" };

/** So far turns a wheel by one notch at least. What turns in smaller steps is added up. */
const NOTCH = 40;

/** Hears of keys and wheel before anything else does, and asks for one step after the other. */
export function zoomable(page: Document, zoom: (step: ZoomStep) => Promise<void>): void {
  let last = Promise.resolve();
  let turned = 0;

  function ask(step: ZoomStep): void {
    // Where it fails, all is as large as it was, which is seen.
    last = last.then(() => zoom(step)).catch(() => undefined);
  }

  page.addEventListener(
    "keydown",
    (event) => {
      const step = event.ctrlKey && !event.altKey && !event.metaKey ? KEYS[event.key] : undefined;
      if (step !== undefined) {
        event.preventDefault();
        ask(step);
      }
    },
    { capture: true },
  );
  page.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) {
        return;
      }
      event.preventDefault();
      turned = Math.sign(turned) === Math.sign(event.deltaY) ? turned + event.deltaY : event.deltaY;
      if (NOTCH <= Math.abs(turned)) {
        ask(turned < 0 ? "larger" : "smaller");
        turned = 0;
      }
    },
    { capture: true, passive: false },
  );
}
