// A window for tests: views on the fake app.

import { fireEvent, render, within, type RenderResult } from "@testing-library/svelte";
import axe from "axe-core";
import type { Component } from "svelte";
import { expect, onTestFinished, vi } from "vitest";

import { FakeApp, type FakeOptions } from "../src/api/fake";
import type { Request } from "../src/api/generated/Request";
import { Desk, deskContext, type Place } from "../src/state/desk.svelte";
import App from "../src/views/App.svelte";
import Prompt from "../src/views/Prompt.svelte";

export interface Opened {
  app: FakeApp;
  desk: Desk;
  screen: RenderResult<Component>;
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
  if (vi.isFakeTimers()) {
    await vi.advanceTimersByTimeAsync(0);
  } else {
    await new Promise((done) => setTimeout(done));
  }
}

function begin(app: FakeApp): Desk {
  const desk = new Desk(app);
  desk.prompt();
  onTestFinished(desk.start());
  return desk;
}

export async function openSettings(place: Place, prepare: (app: FakeApp) => void = () => undefined, options: FakeOptions = {}): Promise<Opened> {
  const app = new FakeApp(options);
  prepare(app);
  const desk = begin(app);
  desk.go(place);
  const screen = render(App as Component, { context: deskContext(desk) });
  await settle();
  return { app, desk, screen };
}

export async function openPrompt(prepare: (app: FakeApp) => void = () => undefined): Promise<Opened> {
  const app = new FakeApp();
  prepare(app);
  const desk = begin(app);
  const screen = render(Prompt as Component, { context: deskContext(desk) });
  await settle();
  return { app, desk, screen };
}

export const main = ({ screen }: Opened): HTMLElement => screen.getByRole("main");
export const dialog = ({ screen }: Opened): HTMLElement => screen.getByRole("dialog");

/** What the daemon was asked to do, in order. */
export function asked({ app }: Opened): Exclude<Request, string>[] {
  return app.requests.flatMap((request) =>
    typeof request === "object" && "daemon" in request && typeof request.daemon === "object" ? [request.daemon] : [],
  );
}

export async function press(root: HTMLElement, name: RegExp | string): Promise<void> {
  await fireEvent.click(within(root).getByRole("button", { name }));
  await settle();
}

/** Colours need a real engine; everything else is judged here. */
export async function expectAccessible(root: Element): Promise<void> {
  const { violations } = await axe.run(root, { rules: { "color-contrast": { enabled: false }, region: { enabled: true } } });
  const found = violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(" | ")}`);
  expect(found).toEqual([]);
}

/** Text as it is read. */
export function plain(text: string | null | undefined): string {
  return (text ?? "").replace(/\s+/g, " ").trim();
}
