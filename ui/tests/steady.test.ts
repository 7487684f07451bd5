// Buttons in lists that move by themselves: which clicks count.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { ARMING_MS } from "../src/state/arming.svelte";

/** Longer than it takes until it is looked where a button is. */
const LOOKED_MS = 150;

let see: (entries: { target: Element; isIntersecting: boolean }[]) => void;
const watched = new Set<Element>();

class Sight {
  constructor(callback: typeof see) {
    see = callback;
  }
  observe(target: Element): void {
    watched.add(target);
  }
  unobserve(target: Element): void {
    watched.delete(target);
  }
}

interface Held {
  button: HTMLButtonElement;
  clicks: () => number;
  /** Puts the button somewhere in the window. */
  put: (x: number, y: number) => void;
  destroy: () => void;
}

let steady: (button: HTMLElement) => { destroy: () => void };

function hold(): Held {
  const list = document.body.appendChild(document.createElement("div"));
  const button = list.appendChild(document.createElement("button"));
  let place = new DOMRect(10, 20, 80, 30);
  button.getBoundingClientRect = () => place;
  button.getClientRects = () => [place] as unknown as DOMRectList;
  const { destroy } = steady(button);
  let clicks = 0;
  button.addEventListener("click", () => {
    clicks += 1;
  });
  return { button, clicks: () => clicks, put: (x, y) => (place = new DOMRect(x, y, 80, 30)), destroy };
}

/** A click with the pointer; `detail` counts clicks that follow one another fast. */
function click(button: Element, detail = 1): void {
  button.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail }));
}

function comesIntoSight(button: Element): void {
  see([{ target: button, isIntersecting: true }]);
  vi.advanceTimersByTime(LOOKED_MS);
}

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("IntersectionObserver", Sight);
  vi.resetModules();
  ({ steady } = await import("../src/state/steady"));
});

afterEach(() => {
  document.body.replaceChildren();
  watched.clear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a click with the pointer", () => {
  test("counts once the button has been where it is for some time", () => {
    const { button, clicks } = hold();
    click(button);
    comesIntoSight(button);
    click(button);
    expect(clicks()).toBe(0);
    vi.advanceTimersByTime(ARMING_MS);
    click(button);
    expect(clicks()).toBe(1);
  });

  test("does not count where the button has just moved to", () => {
    const { button, clicks, put } = hold();
    comesIntoSight(button);
    vi.advanceTimersByTime(ARMING_MS);
    put(10, 60);
    click(button);
    vi.advanceTimersByTime(ARMING_MS - LOOKED_MS);
    click(button);
    expect(clicks()).toBe(0);
    vi.advanceTimersByTime(2 * LOOKED_MS);
    click(button);
    expect(clicks()).toBe(1);
  });

  test("counts after a move that nobody sees, and after scrolling", () => {
    const { button, clicks, put } = hold();
    comesIntoSight(button);
    vi.advanceTimersByTime(ARMING_MS);
    put(11, 21);
    click(button);
    (button.parentElement as HTMLElement).scrollTop = 100;
    put(11, -79);
    click(button);
    expect(clicks()).toBe(2);
  });

  test("does not count when the button came back into sight only now", () => {
    const { button, clicks } = hold();
    comesIntoSight(button);
    vi.advanceTimersByTime(ARMING_MS);
    see([{ target: button, isIntersecting: false }]);
    click(button);
    comesIntoSight(button);
    click(button);
    expect(clicks()).toBe(0);
  });

  test("counts once of two that follow one another fast", () => {
    const { button, clicks } = hold();
    comesIntoSight(button);
    vi.advanceTimersByTime(ARMING_MS);
    click(button, 1);
    click(button, 2);
    expect(clicks()).toBe(1);
  });
});

test("a key counts at once: it goes where the focus is", () => {
  const { button, clicks } = hold();
  click(button, 0);
  expect(clicks()).toBe(1);
});

test("nothing is looked at while no button can be seen", () => {
  const one = hold();
  const other = hold();
  expect(vi.getTimerCount()).toBe(0);
  comesIntoSight(one.button);
  comesIntoSight(other.button);
  expect(vi.getTimerCount()).toBe(1);
  see([{ target: one.button, isIntersecting: false }]);
  expect(vi.getTimerCount()).toBe(1);
  other.destroy();
  expect(vi.getTimerCount()).toBe(0);
  expect(watched.has(other.button)).toBe(false);
});
