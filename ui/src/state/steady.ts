// Buttons in lists that change by themselves: a click counts only where the button has been for some time, and once. What a
// program inside does can make a card appear or go at the very moment of a click.

import { ARMING_MS } from "./arming.svelte";

/** How often it is looked where buttons are. */
const EVERY_MS = 100;

/** A button that moved by less is where it was. */
const NEAR_PX = 2;

interface Place {
  x: number;
  y: number;
  since: number;
}

/** Where buttons are that can be seen; none for one that was not looked at yet. */
const places = new Map<Element, Place | null>();
let looking: ReturnType<typeof setInterval> | undefined;

const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) {
      places.delete(target);
    } else if (!places.has(target)) {
      places.set(target, null);
    }
  }
  lookWhileNeeded();
});

/** Looks for as long as there is a button to be seen. */
function lookWhileNeeded(): void {
  if (0 < places.size) {
    looking ??= setInterval(look, EVERY_MS);
  } else {
    clearInterval(looking);
    looking = undefined;
  }
}

/** Where a button is on the page; scrolling is the person's own doing and moves nothing. */
function where(button: Element): { x: number; y: number } {
  let { left: x, top: y } = button.getBoundingClientRect();
  for (let above = button.parentElement; above !== null; above = above.parentElement) {
    x += above.scrollLeft;
    y += above.scrollTop;
  }
  return { x, y };
}

function look(): void {
  for (const [button, before] of places) {
    const now = where(button);
    if (before === null || NEAR_PX < Math.abs(now.x - before.x) || NEAR_PX < Math.abs(now.y - before.y)) {
      places.set(button, { ...now, since: performance.now() });
    }
  }
}

/** Whether a click with the pointer was meant for this button. */
function isMeant(button: Element): boolean {
  look();
  const place = places.get(button);
  return place !== null && place !== undefined && place.since + ARMING_MS <= performance.now();
}

/** Lets a button ignore clicks that may have been meant for something else. Keys go where the focus is, and count. */
export function steady(button: HTMLElement): { destroy: () => void } {
  function onclick(event: MouseEvent): void {
    const isByPointer = 0 < event.detail && 0 < button.getClientRects().length;
    if (isByPointer && (1 < event.detail || !isMeant(button))) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }
  button.addEventListener("click", onclick, { capture: true });
  sight.observe(button);
  return {
    destroy() {
      sight.unobserve(button);
      places.delete(button);
      lookWhileNeeded();
    },
  };
}
