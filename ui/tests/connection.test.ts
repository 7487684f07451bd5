// What is said of questions and sessions with and without a connection: what the daemon lists, and nothing that nobody knows.

import { render, within } from "@testing-library/svelte";
import type { Component } from "svelte";
import { expect, onTestFinished, test } from "vitest";

import { FakeApp } from "../src/api/fake";
import type { MissedView } from "../src/api/generated/MissedView";
import { Desk, deskContext } from "../src/state/desk.svelte";
import App from "../src/views/App.svelte";
import { openSettings, plain, settle, type Opened } from "./window";

const main = ({ screen }: Opened): HTMLElement => screen.getByRole("main");

test("what is not known is not said to be empty", async () => {
  const opened = await openSettings("questions", (app) => {
    app.down = { reason: "it ended", hint: null };
  });
  expect(plain(main(opened).textContent)).not.toContain("Nothing waits for you");
  expect(within(main(opened)).getAllByText("Not known while Askbox is not connected.")).toHaveLength(2);
});

test("without a connection nothing is said of the lockdown, and what happens meanwhile", async () => {
  const opened = await openSettings("questions");
  expect(plain(main(opened).textContent)).toContain("Lockdown: off");
  opened.app.emit({ link: { down: { reason: "the daemon is gone", hint: null } } });
  await settle();
  const text = plain(opened.screen.container.textContent);
  expect(text).not.toMatch(/Lockdown: o(n|ff)/);
  expect(text).toContain("Lockdown: not known");
  expect(text).toContain("Askbox is not connected. Everything that sessions ask for is refused meanwhile.");
  expect(text).not.toMatch(/\d+:\d\d left/);
  const nav = within(opened.screen.getByRole("navigation"));
  expect(nav.queryByText(String(opened.desk.questions.open.length))).toBeNull();
});

test("while it connects nothing is said either", async () => {
  const app = new FakeApp();
  app.request = () => new Promise(() => undefined);
  const desk = new Desk(app);
  onTestFinished(desk.start());
  const screen = render(App as Component, { context: deskContext(desk) });
  await settle();
  const text = plain(screen.container.textContent);
  expect(text).toContain("Connecting…");
  expect(text).not.toMatch(/Lockdown: o(n|ff)/);
  expect(text).not.toContain("Nothing waits for you");
});

test("a session that ended is not listed as quiet, whatever it missed", async () => {
  const opened = await openSettings("questions", (app) => {
    app.missed = app.missed.map((missed) => ({ ...missed, why: "quiet", session: "ended" }));
    app.sessions = app.sessions.map((session, index) => ({ ...session, quiet: index === 0 }));
  });
  const quiet = (): HTMLElement[] => within(main(opened)).queryAllByRole("button", { name: "Let it ask again" });
  expect(quiet()).toHaveLength(1);
  opened.app.emitDaemon({ session_ended: { session: opened.app.sessions[0]?.id ?? "" } });
  await settle();
  expect(quiet()).toHaveLength(0);
});

test("the missed ones are those that the daemon lists", async () => {
  const opened = await openSettings("questions");
  const ids = (): string[] => opened.desk.questions.missed.map((missed) => missed.id).sort();
  const [first, second, third] = ids();
  const more = { ...opened.app.missed[0], id: "more" } as MissedView;
  opened.app.emitDaemon({ missed: more });
  opened.app.emitDaemon({ missed_dropped: { id: first ?? "" } });
  await settle();
  expect(ids()).toEqual(["more", second, third]);
  expect(within(main(opened)).getByRole("heading", { name: "Missed (3)" })).toBeTruthy();
  // One that is answered elsewhere goes too.
  opened.app.emitDaemon({ question_closed: { id: "more", outcome: "allowed" } });
  await settle();
  expect(ids()).toEqual([second, third]);
});
