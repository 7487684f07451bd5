import { expect, test } from "vitest";

import { zoomable } from "../src/zoom";
import { main, openSettings, press, settle } from "./window";

function page(): { asked: string[]; root: Document } {
  const root = document.implementation.createHTMLDocument();
  const asked: string[] = [];
  zoomable(root, async (step) => void asked.push(step));
  return { asked, root };
}

const key = (key: string, held: KeyboardEventInit = { ctrlKey: true }): KeyboardEvent =>
  new KeyboardEvent("keydown", { key, cancelable: true, bubbles: true, ...held });

// jsdom has no measure for the wheel in events that it makes itself.
function turn(deltaY: number, ctrlKey = true): Event {
  const event = new Event("wheel", { cancelable: true, bubbles: true });
  return Object.assign(event, { deltaY, ctrlKey });
}

test("Ctrl and plus, minus and 0 ask for a size, in the order in which they were pressed", async () => {
  const { asked, root } = page();
  for (const pressed of ["+", "=", "-", "0"]) {
    expect(root.body.dispatchEvent(key(pressed))).toBe(false);
  }
  await settle();
  expect(asked).toEqual(["larger", "larger", "smaller", "usual"]);
});

test("the same keys without Ctrl, or with Alt, are left to whatever has the focus", async () => {
  const { asked, root } = page();
  expect(root.body.dispatchEvent(key("+", {}))).toBe(true);
  expect(root.body.dispatchEvent(key("0", { ctrlKey: true, altKey: true }))).toBe(true);
  expect(root.body.dispatchEvent(key("1"))).toBe(true);
  await settle();
  expect(asked).toEqual([]);
});

test("the wheel asks for one step a notch while Ctrl is held, and scrolls otherwise", async () => {
  const { asked, root } = page();
  expect(root.body.dispatchEvent(turn(-60))).toBe(false);
  [15, 15, 15, 15].forEach((part) => root.body.dispatchEvent(turn(part)));
  expect(root.body.dispatchEvent(turn(60, false))).toBe(true);
  await settle();
  expect(asked).toEqual(["larger", "smaller"]);
});

test("a step that fails does not keep the next one", async () => {
  const root = document.implementation.createHTMLDocument();
  const asked: string[] = [];
  zoomable(root, async (step) => {
    asked.push(step);
    throw new Error("no app");
  });
  root.body.dispatchEvent(key("+"));
  root.body.dispatchEvent(key("-"));
  await settle();
  expect(asked).toEqual(["larger", "smaller"]);
});

test("Settings has it as buttons too, and tells of the keys", async () => {
  const opened = await openSettings("settings");
  await press(main(opened), "Larger");
  await press(main(opened), "As it is drawn");
  expect(opened.app.requests).toEqual(expect.arrayContaining([{ zoom: "larger" }, { zoom: "usual" }]));
  expect(opened.screen.getByText(/^By keys: Ctrl and \+/)).toBeTruthy();
});
