// What the views of the settings window do, against the fake app.

import { fireEvent, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { GATHER_MS } from "../src/state/activity.svelte";
import { exactly, USE_MS } from "../src/state/rules.svelte";
import { LOOK_MS } from "../src/state/sessions.svelte";
import { clockTime, day, DAY } from "../src/text/quantity";
import { host } from "../src/api/samples";
import { logEvent } from "../src/api/samples_log";
import { asked, dialog, main, openSettings, plain, press, settle, type Opened } from "./window";

const said = ({ screen }: Opened): string => plain(screen.container.querySelector(".place")?.textContent);

async function fill(root: HTMLElement, label: string | RegExp, value: string): Promise<void> {
  await fireEvent.input(within(root).getByLabelText(label), { target: { value } });
}

describe("questions", () => {
  test("a missed question is allowed for the default time, as it was shown", async () => {
    const opened = await openSettings("questions");
    const missed = opened.desk.questions.missed[0];
    const card = opened.screen.getByText(missed?.title ?? "").closest("li") as HTMLElement;
    await press(card, "Allow 1 hour");
    expect(asked(opened)).toContainEqual({
      answer: {
        id: missed?.id,
        revision: 1,
        answer: { allow: true, duration: { for: 3_600_000 }, widen: false, everywhere: false },
      },
    });
    expect(opened.desk.questions.missed).toHaveLength(2);
    expect(said(opened)).toBe("Allowed: cargo (engine) wants files.crates.test");
  });

  test("a missed question, which is answered where it is listed, lists all that an answer covers", async () => {
    const opened = await openSettings("questions", (app) => {
      const members = [1, 2, 3, 4, 5, 6].map((n) => host("", `host${n}.test`));
      const [first] = app.missed;
      app.missed = first ? [{ ...first, members }] : [];
    });
    const card = opened.screen.getByText(opened.desk.questions.missed[0]?.title ?? "").closest("li") as HTMLElement;
    expect(plain(card.textContent)).toContain("host6.test");
    expect(plain(card.textContent)).not.toContain("more");
  });

  test("an open question is answered in the prompt window", async () => {
    const opened = await openSettings("questions");
    const [first] = opened.desk.questions.open;
    await fireEvent.click(within(main(opened)).getAllByRole("button", { name: "Answer…" })[0] as HTMLElement);
    expect(opened.app.requests).toContainEqual({ show: { view: "prompt", item: first?.id } });
  });

  test("lockdown begins only after it was confirmed, and ends at once", async () => {
    const opened = await openSettings("questions");
    const lockdown = within(main(opened)).getByRole("switch");
    await fireEvent.click(lockdown);
    expect(asked(opened)).toEqual([]);
    await press(dialog(opened), "Begin lockdown");
    expect(asked(opened)).toEqual([{ lockdown: { on: true } }]);
    expect(lockdown.getAttribute("aria-checked")).toBe("true");
    await fireEvent.click(lockdown);
    await settle();
    expect(asked(opened).at(-1)).toEqual({ lockdown: { on: false } });
  });

  test("a pause shows when it ends, and can be ended", async () => {
    const opened = await openSettings("questions");
    await press(main(opened), "15 min");
    expect(asked(opened)).toEqual([{ pause: { for_ms: 900_000 } }]);
    expect(plain(main(opened).textContent)).toMatch(/Questions are paused until \d\d:\d\d/);
    await press(main(opened), "Resume now");
    expect(asked(opened).at(-1)).toEqual({ pause: { for_ms: null } });
  });

  test("a session that became quiet can be let ask again", async () => {
    const opened = await openSettings("questions");
    const [session] = opened.desk.sessions.running;
    opened.app.emitDaemon({ session_quiet: { session: session?.id ?? "", quiet: true } });
    await settle();
    await press(main(opened), "Let it ask again");
    expect(asked(opened)).toEqual([{ resume: { session: session?.id } }]);
    expect(opened.desk.sessions.quiet).toEqual([]);
  });

  test("after a gap in the events everything is asked for anew", async () => {
    const opened = await openSettings("questions");
    opened.app.questions = [];
    opened.app.missed = [];
    opened.app.emitDaemon({ lagged: { missed: 40 } });
    await settle();
    expect(opened.desk.questions.open).toEqual([]);
    expect(opened.desk.questions.missed).toEqual([]);
  });
});

describe("rules", () => {
  const rows = (opened: Opened): string[] =>
    opened.desk.rules.shown.map((entry) => `${entry.effect} ${entry.pattern.slice(0, 24)}`);

  test("rules and grants are one list, filtered by effect, area and text", async () => {
    const opened = await openSettings("rules");
    expect(opened.desk.rules.entries).toHaveLength(12);
    await press(main(opened), /^Blocked/);
    expect(rows(opened)).toEqual([
      "deny collect.metrics.test",
      "deny telemetry.tracker.test",
      "deny /usr/bin/ssh",
      "deny *.ads.test",
    ]);
    await fireEvent.change(within(main(opened)).getByLabelText("Show"), { target: { value: "programs" } });
    expect(rows(opened)).toEqual(["deny /usr/bin/ssh"]);
    await press(main(opened), /^All \d/);
    await fireEvent.change(within(main(opened)).getByLabelText("Show"), { target: { value: "all" } });
    await fill(main(opened), "Search rules", "WEATHER");
    expect(rows(opened)).toEqual(["allow api.weather.test"]);
  });

  test("what nobody uses is found by a filter and by the order", async () => {
    const ago = (days: number): string => new Date(Date.now() - days * DAY).toISOString();
    const opened = await openSettings("rules", (app) => {
      const [rule] = app.rules;
      const entry = (pattern: string, created: string | null, last_used: string | null): object => ({ ...rule, id: pattern, pattern, created, last_used });
      app.rules = [
        entry("busy.test", ago(90), ago(1)),
        entry("idle.test", ago(90), ago(40)),
        entry("fresh.test", ago(2), null),
        entry("never.test", ago(90), null),
      ] as never;
      app.grants = [];
    });
    const use = (value: string): Promise<boolean> => fireEvent.change(within(main(opened)).getByLabelText("Used"), { target: { value } });
    await use("idle");
    expect(rows(opened)).toEqual(["allow idle.test", "allow never.test"]);
    await use("never");
    expect(rows(opened)).toEqual(["allow fresh.test", "allow never.test"]);
    await use("all");
    await fireEvent.change(within(main(opened)).getByLabelText("Order"), { target: { value: "idle" } });
    expect(rows(opened)).toEqual(["allow fresh.test", "allow never.test", "allow idle.test", "allow busy.test"]);
  });

  test("how often a rule decided is kept up to date while one looks", async () => {
    vi.useFakeTimers();
    try {
      const opened = await openSettings("rules");
      const row = (): string => plain(opened.screen.getByText("telemetry.tracker.test").closest("li")?.textContent);
      const used = { hits: 4711, last_used: new Date().toISOString() };
      opened.app.rules = opened.app.rules.map((rule) => (rule.pattern === "telemetry.tracker.test" ? { ...rule, ...used } : rule));
      expect(row()).not.toContain("4,711");
      await vi.advanceTimersByTimeAsync(USE_MS);
      await settle();
      expect(row()).toContain("4,711");
      expect(row()).toContain("last used just now");
    } finally {
      vi.useRealTimers();
    }
  });

  test("a rule of an administrator cannot be changed here", async () => {
    const opened = await openSettings("rules");
    const row = opened.screen.getByText("~/.config").closest("li") as HTMLElement;
    expect(within(row).getAllByRole("button")).toHaveLength(1);
    expect(plain(row.textContent)).toContain("cannot be changed here");
  });

  test("a rule is added; what is refused says why and stays in the form", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Add rule…");
    await fill(dialog(opened), "Pattern", "two words");
    await fireEvent.submit(dialog(opened).querySelector("form") as HTMLFormElement);
    await settle();
    expect(plain(within(dialog(opened)).getByRole("alert").textContent)).toBe(
      '"two words" is no pattern write a host like *.example.test',
    );
    await fill(dialog(opened), "Pattern", " new.test ");
    await fireEvent.submit(dialog(opened).querySelector("form") as HTMLFormElement);
    await settle();
    expect(asked(opened).at(-1)).toEqual({
      add_rule: {
        effect: "allow",
        kind: "network",
        pattern: "new.test",
        address: null,
        project: null,
        program: null,
        expires_after_ms: null,
        note: null,
      },
    });
    expect(opened.screen.queryByRole("dialog")).toBeNull();
  });

  test("a rule is edited in its place", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Edit telemetry.tracker.test");
    await fill(dialog(opened), "Note", "why");
    await fireEvent.submit(dialog(opened).querySelector("form") as HTMLFormElement);
    await settle();
    expect(asked(opened).at(-1)).toMatchObject({ replace_rule: { id: "r3", rule: { effect: "deny", note: "why" } } });
  });

  test("a deleted rule can be put back as it was", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Delete registry.packages.test");
    expect(asked(opened).at(-1)).toEqual({ remove_rule: { id: "r2" } });
    expect(said(opened)).toBe("Rule deleted: registry.packages.test Undo");
    await press(opened.screen.container, "Undo");
    expect(asked(opened).at(-1)).toMatchObject({
      add_rule: { effect: "allow", pattern: "registry.packages.test", project: "/home/ana/code/shop" },
    });
  });

  test("a grant is revoked only after it was confirmed, and its end can be moved", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), /change the end of api\.weather\.test/);
    await press(dialog(opened), "8 hours");
    expect(asked(opened).at(-1)).toEqual({ set_expiry: { grant: "g1", after_ms: 8 * 3_600_000 } });
    await press(main(opened), "Revoke api.weather.test");
    expect(asked(opened).at(-1)).not.toHaveProperty("revoke");
    await press(dialog(opened), "Revoke");
    expect(asked(opened).at(-1)).toEqual({ revoke: { grant: "g1" } });
  });

  test("redundant rules go together, after they were shown", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Remove redundant (1)");
    expect(plain(dialog(opened).textContent)).toContain("registry.packages.test");
    await press(dialog(opened), "Remove redundant (1)");
    expect(asked(opened).at(-1)).toEqual({ remove_rule: { id: "r2" } });
  });

  test("of many pasted lines the good ones are written, the bad ones stay with their reason", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Paste many…");
    await fill(dialog(opened), "Patterns", "a.test\n\n# comment\nno pattern\r\nb.test\na.test\n");
    await press(dialog(opened), "Add 3 rules");
    expect(within(dialog(opened)).getByLabelText<HTMLTextAreaElement>("Patterns").value).toBe("no pattern");
    expect(plain(within(dialog(opened)).getAllByRole("alert")[0]?.textContent)).toContain(
      'no pattern: "no pattern" is no pattern (write a host like *.example.test)',
    );
    expect(opened.app.rules.slice(0, 2).map((rule) => rule.pattern)).toEqual(["b.test", "a.test"]);
  });

  test("when the daemon is gone a paste is not taken for bad lines", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Paste many…");
    await fill(dialog(opened), "Patterns", "a.test\nb.test");
    opened.app.failNext({ code: "stopping", message: "the daemon is ending", hint: null });
    await press(dialog(opened), "Add 2 rules");
    expect(plain(dialog(opened).textContent)).toContain("the daemon is ending");
    expect(within(dialog(opened)).getByLabelText<HTMLTextAreaElement>("Patterns").value).toBe("a.test\nb.test");
    expect(asked(opened).filter((request) => "add_rule" in request)).toEqual([]);
  });

  test("policy.toml goes out and in", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Import, export…");
    expect(within(dialog(opened)).getByLabelText<HTMLTextAreaElement>("Export", { selector: "textarea" }).value).toContain("[[rule]]");
    await press(dialog(opened), "Save as a file");
    expect(plain(dialog(opened).textContent)).toContain("The policy was written to ~/Downloads/askbox-policy.toml");
    const box = within(dialog(opened)).getByLabelText("Import", { selector: "textarea" });
    await fireEvent.input(box, { target: { value: "[[rule]]\n" } });
    await press(dialog(opened), "Import rules");
    expect(asked(opened).at(-1)).toEqual({ import_policy: { text: "[[rule]]\n" } });
    expect(plain(dialog(opened).textContent)).toContain("2 rules added, 1 were there already.");
  });
});

describe("sessions", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const looks = (opened: Opened): number => asked(opened).filter((request) => "inspect" in request).length;

  test("programs are asked for every two seconds, and only while they are in sight", async () => {
    const opened = await openSettings("sessions");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(looks(opened)).toBe(0);
    await press(main(opened), "Programs of shop");
    expect(looks(opened)).toBe(1);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(looks(opened)).toBe(4);
    await press(main(opened), "Programs of shop");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(looks(opened)).toBe(4);
    await press(main(opened), "Programs of shop");
    opened.desk.go("settings");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(looks(opened)).toBe(5);
  });

  test("what a session carries and uses is on its card as it is, and nothing sets it back", async () => {
    const opened = await openSettings("sessions");
    const card = (): string => plain(main(opened).querySelector("li.card")?.textContent);
    const [before] = opened.app.sessions;
    const carried = { bytes_in: 2_000_000_000, bytes_out: 70_000_000 };
    const usage = { memory_bytes: 3_000_000_000, cpus_thousandths: 1_500, processes: 9, disk_bytes: null };
    opened.app.sessions = opened.app.sessions.map((session) => (session.id === before?.id ? { ...session, ...carried, usage } : session));
    await vi.advanceTimersByTimeAsync(LOOK_MS);
    await settle();
    expect(card()).toContain("1.9 GiB in, 67 MiB out");
    expect(card()).toContain("processors 1.5");
    expect(looks(opened)).toBe(0);
    // What the app tells with any change of the policy is older than that.
    const link = opened.app.link();
    const stale = "up" in link ? link.up.sessions.map((session) => (session.id === before?.id ? before : session)) : [];
    opened.app.emit({ link: "up" in link ? { up: { ...link.up, sessions: stale } } : link });
    await settle();
    expect(card()).toContain("1.9 GiB in, 67 MiB out");
    expect(card()).toContain("processors 1.5");
  });

  test("sessions are asked about while they are in sight, and while somebody sees the window", async () => {
    const lists = ({ app }: Opened): number => app.requests.filter((request) => JSON.stringify(request) === '{"daemon":"sessions"}').length;
    const opened = await openSettings("sessions");
    await vi.advanceTimersByTimeAsync(LOOK_MS);
    expect(lists(opened)).toBe(2);
    const hidden = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    await vi.advanceTimersByTimeAsync(5 * LOOK_MS);
    expect(lists(opened)).toBe(2);
    hidden.mockRestore();
    await vi.advanceTimersByTimeAsync(LOOK_MS);
    expect(lists(opened)).toBe(3);
    opened.desk.go("settings");
    await vi.advanceTimersByTimeAsync(5 * LOOK_MS);
    expect(lists(opened)).toBe(3);
  });

  test("a session is stopped only after it was confirmed", async () => {
    const opened = await openSettings("sessions");
    await press(main(opened), "Stop etl");
    expect(asked(opened)).toEqual([]);
    await press(dialog(opened), "Stop");
    expect(asked(opened)).toContainEqual({ stop: { session: "s-19bc" } });
    expect(opened.desk.sessions.running.map((session) => session.id)).toEqual(["s-7f3a"]);
  });

  test("a review is loud only where there is something to review", async () => {
    const opened = await openSettings("sessions");
    const reviews = within(main(opened)).getAllByRole("button", { name: /^Review/ });
    expect(reviews.map((button) => [button.getAttribute("aria-label"), button.classList.contains("primary")])).toEqual([
      ["Review ~/code/shop", true],
      ["Review ~/code/engine", false],
    ]);
  });

  test("a review shows differences as text and puts one change back, or all after a second word", async () => {
    const opened = await openSettings("sessions");
    await press(main(opened), "Review ~/code/shop");
    expect(dialog(opened).querySelectorAll(".added")).toHaveLength(5);
    expect(plain(dialog(opened).textContent)).toContain("+<img src=x onerror=alert(1)>");
    await press(dialog(opened), "Put back package.json");
    expect(opened.app.requests).toContainEqual({ revert: { session: "s-02aa", paths: ["package.json"] } });
    await press(dialog(opened), "Put all back…");
    expect(opened.app.requests).not.toContainEqual({ revert: { session: "s-02aa", paths: [] } });
    await press(dialog(opened), "Put all back");
    expect(opened.app.requests).toContainEqual({ revert: { session: "s-02aa", paths: [] } });
  });

  test("a review that was asked for outside is open above the sessions, and looks again when the session has ended", async () => {
    const opened = await openSettings("rules");
    const reviews = (): number => opened.app.requests.filter((request) => typeof request === "object" && "review" in request).length;
    opened.app.emit({ show: { view: "review", item: "s-19bc" } });
    await settle();
    expect(opened.desk.place).toBe("sessions");
    expect(plain(dialog(opened).textContent)).toContain("The session still runs");
    expect(reviews()).toBe(1);
    opened.app.emit({ daemon: { session_ended: { session: "s-19bc" } } });
    await settle();
    expect(reviews()).toBe(2);
    expect(plain(dialog(opened).textContent)).not.toContain("The session still runs");
    await press(dialog(opened).querySelector(".actions") as HTMLElement, "Close");
    expect(opened.screen.queryByRole("dialog")).toBeNull();
  });

  test("from a session to its events", async () => {
    const opened = await openSettings("sessions");
    await press(main(opened), "Activity of etl");
    expect(opened.desk.place).toBe("activity");
    expect(opened.desk.activity.filter.session).toBe("s-19bc");
    expect(new Set(opened.desk.activity.events.map((event) => event.session))).toEqual(new Set(["s-19bc"]));
  });
});

describe("activity", () => {
  /** Lets events be gathered. */
  const gathered = async (): Promise<void> => {
    await new Promise((done) => setTimeout(done, GATHER_MS));
    await settle();
  };

  const list = ({ screen }: Opened): HTMLElement => screen.getByRole("listbox");

  test("of ten thousand events only those in sight exist, and all can be reached", async () => {
    const opened = await openSettings("activity", undefined, { events: 10_000 });
    for (let page = 0; page < 12; page += 1) {
      await opened.desk.activity.loadMore();
    }
    await settle();
    expect(opened.desk.activity.events).toHaveLength(10_000);
    expect(opened.desk.activity.hasMore).toBe(false);
    expect(within(list(opened)).getAllByRole("option").length).toBeLessThan(60);
    list(opened).focus();
    await fireEvent.keyDown(list(opened), { key: "End" });
    await fireEvent.scroll(list(opened));
    await settle();
    const last = within(list(opened)).getAllByRole("option").at(-1);
    expect(last?.getAttribute("aria-posinset")).toBe("10000");
    expect(list(opened).getAttribute("aria-activedescendant")).toBe("event-1");
  });

  test("of a long target the end stays, which says whom it belongs to or which file it is", async () => {
    const opened = await openSettings("activity");
    const time = new Date().toISOString();
    const deceiving = `www.good.test.${"a".repeat(63)}.${"b".repeat(63)}.evil.test:443`;
    opened.app.emitDaemon({ log: logEvent(301, { time, target: deceiving }) });
    await gathered();
    const ends = list(opened).querySelector("#event-301 .target .ends");
    expect(plain(ends?.textContent)).toBe(deceiving);
    expect(ends?.querySelector(".tail")?.getAttribute("data-text")).toMatch(/b\.evil\.test:443$/);
  });

  test("new events come in at the top; while the person looks further down they wait", async () => {
    const opened = await openSettings("activity");
    const time = new Date().toISOString();
    opened.app.emitDaemon({ log: logEvent(301, { time, target: "new.test:443" }) });
    await gathered();
    expect(opened.desk.activity.events[0]?.seq).toBe(301);
    list(opened).scrollTop = 2_000;
    await fireEvent.scroll(list(opened));
    opened.app.emitDaemon({ log: logEvent(302, { time, target: "newer.test:443" }) });
    await gathered();
    expect(opened.desk.activity.events[0]?.seq).toBe(301);
    await press(main(opened), "Show 1 new");
    expect(opened.desk.activity.events[0]?.seq).toBe(302);
  });

  test("events that come in while the log is read stay", async () => {
    const opened = await openSettings("activity");
    const { daemon, activity } = opened.desk;
    const before = await daemon.log({ session: null, kind: null, denied_only: false, since_ms: null, before_seq: null, text: null, limit: 9 });
    let answer = (): void => undefined;
    vi.spyOn(daemon, "log").mockReturnValueOnce(new Promise((done) => (answer = () => done(before))));
    const reading = activity.reload();
    opened.app.emitDaemon({ log: logEvent(301, { time: new Date().toISOString(), target: "new.test:443" }) });
    await gathered();
    answer();
    await reading;
    expect(activity.events.slice(0, 2).map(({ seq }) => seq)).toEqual([301, 300]);
  });

  test("nothing waits any more when the list comes back at its top", async () => {
    const opened = await openSettings("activity");
    list(opened).scrollTop = 2_000;
    await fireEvent.scroll(list(opened));
    expect(opened.desk.activity.isHolding).toBe(true);
    await press(main(opened), "Traffic");
    await press(main(opened), "Events");
    expect(opened.desk.activity.isHolding).toBe(false);
  });

  test("the rule for a path means the path, whatever is in its name", () => {
    expect(exactly("/p/[id]/{a}/*?\\\\x")).toBe("=/p/\\[id]/\\{a}/\\*\\?\\\\x");
    expect(exactly("/p/plain")).toBe("=/p/plain");
  });

  test("filters hold for events that come in as well", async () => {
    const opened = await openSettings("activity");
    await opened.desk.activity.look({ kind: "network", deniedOnly: true, session: null, text: "tracker", withinMs: null });
    const count = opened.desk.activity.events.length;
    const time = new Date().toISOString();
    const denied = { time, verdict: "deny", target: "tracker.test:443" } as const;
    opened.app.emitDaemon({ log: logEvent(301, denied) });
    opened.app.emitDaemon({ log: logEvent(302, { ...denied, verdict: "allow" }) });
    opened.app.emitDaemon({ log: logEvent(303, { ...denied, kind: "read" }) });
    opened.app.emitDaemon({ log: logEvent(304, { ...denied, target: "other.test:443" }) });
    await gathered();
    expect(opened.desk.activity.events).toHaveLength(count + 1);
    expect(opened.desk.activity.events[0]?.seq).toBe(301);
  });

  test("the app can bring an event into sight", async () => {
    const opened = await openSettings("questions", undefined, { events: 3_000 });
    opened.app.emit({ show: { view: "activity", item: "5" } });
    await settle();
    expect(opened.screen.getByRole("heading", { name: "Event 5" })).toBeTruthy();
  });

  test("from an event to its rule", async () => {
    const opened = await openSettings("activity");
    await fireEvent.click(within(list(opened)).getAllByRole("option")[0] as HTMLElement);
    await settle();
    await press(main(opened), "Show the rule");
    expect(opened.desk.place).toBe("rules");
    expect(opened.desk.rules.shown.map((entry) => entry.id)).toEqual(["r3"]);
  });

  test("from a rule to its events", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Events of telemetry.tracker.test");
    expect(opened.desk.place).toBe("activity");
    expect(new Set(opened.desk.activity.events.map((event) => event.target))).toEqual(
      new Set(["telemetry.tracker.test:443"]),
    );
  });

  test("from a rule for a range of addresses or one file to their events", async () => {
    const time = new Date().toISOString();
    const opened = await openSettings("rules", (app) => {
      const [rule] = app.rules;
      app.rules = ["10.0.0.0/8", "=/home/ana/notes"].map((pattern, index) => ({ ...rule, id: `n${index}`, pattern }) as never);
      app.events = [...app.events, logEvent(301, { time, target: "10.20.30.40:443" }), logEvent(302, { time, target: "/home/ana/notes" })];
    });
    for (const [name, target] of [["10.0.0.0/8", "10.20.30.40:443"], ["=~/notes", "/home/ana/notes"]] as const) {
      opened.desk.go("rules");
      await settle();
      await press(main(opened), `Events of ${name}`);
      expect(new Set(opened.desk.activity.events.map((event) => event.target))).toEqual(new Set([target]));
    }
  });

  test("what was denied is allowed from now on by a rule that the person sees first", async () => {
    const opened = await openSettings("activity");
    await fireEvent.click(within(list(opened)).getAllByRole("option")[3] as HTMLElement);
    await settle();
    await press(main(opened), "Allow this from now on…");
    expect(asked(opened)).toEqual([]);
    const pattern = within(dialog(opened)).getByLabelText<HTMLInputElement>("Pattern").value;
    expect(pattern).toMatch(/^=~\//);
    await fireEvent.submit(dialog(opened).querySelector("form") as HTMLFormElement);
    await settle();
    expect(asked(opened).at(0)).toMatchObject({ add_rule: { effect: "allow", kind: "write", pattern } });
  });

  test("the log is exported to a file that is named", async () => {
    const opened = await openSettings("activity");
    await press(main(opened), "Export log");
    expect(said(opened)).toBe("The log was written to ~/Downloads/askbox-log.jsonl");
  });

  test("traffic goes on while one looks, over moments that are named", async () => {
    vi.useFakeTimers();
    try {
      const opened = await openSettings("activity");
      await press(main(opened), "Traffic");
      const axis = (): string => plain(main(opened).querySelector(".axis")?.textContent);
      const first = axis();
      expect(first).toBe([60, 45, 30, 15, 0].map((minutes) => clockTime(Date.now() - minutes * 60_000)).join(""));
      const asks = (): number => opened.app.requests.filter((request) => typeof request === "object" && "traffic" in request).length;
      expect(asks()).toBe(1);
      await vi.advanceTimersByTimeAsync(60_000);
      await settle();
      expect(asks()).toBe(13);
      expect(axis()).not.toBe(first);
      // A week's log is long.
      await fireEvent.change(within(main(opened)).getByRole("combobox", { name: "Last" }), { target: { value: String(7 * DAY) } });
      await settle();
      const before = asks();
      await vi.advanceTimersByTimeAsync(60_000);
      await settle();
      expect(asks()).toBe(before + 1);
      expect(axis()).toContain(day(Date.now()));
    } finally {
      vi.useRealTimers();
    }
  });

  test("traffic is drawn for each host and leads to its events", async () => {
    const opened = await openSettings("activity");
    await press(main(opened), "Traffic");
    expect(main(opened).querySelectorAll("svg rect").length).toBeGreaterThan(100);
    await fireEvent.click(within(main(opened)).getAllByRole("button", { name: /^Events of/ })[1] as HTMLElement);
    await settle();
    expect(opened.desk.activity.filter.text).toBe("api.weather.test:443");
  });
});

describe("settings", () => {
  test("the buttons of notifications are moved by keyboard, and the focus goes with them", async () => {
    const opened = await openSettings("settings");
    const up = within(main(opened)).getByRole("button", { name: "Move up: Always" });
    up.focus();
    await fireEvent.click(up);
    await settle();
    expect(opened.app.preferences.buttons).toEqual(["allow_once", "block", "always", "allow_time", "options"]);
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Move up: Always");
  });

  test("what an administrator made is locked", async () => {
    const opened = await openSettings("settings");
    const preset = within(main(opened)).getByRole("group", { name: /^Preset/ });
    expect(plain(preset.textContent)).toContain("set by the administrator");
    expect(preset.hasAttribute("disabled")).toBe(true);
  });

  test("only what was changed is written", async () => {
    const opened = await openSettings("settings");
    await fireEvent.change(within(main(opened)).getByLabelText("A question waits"), { target: { value: "5" } });
    await settle();
    expect(asked(opened)).toEqual([
      {
        change_settings: {
          preset: null,
          auto_approve: null,
          question_timeout_ms: 300_000,
          default_expiry_ms: null,
          block_lists: null,
          limits: [],
        },
      },
    ]);
  });

  test("changes of one list in quick succession keep each other", async () => {
    const opened = await openSettings("settings", (app) => {
      app.settings.managed = [];
      app.settings.auto_approve = ["read", "execute"];
    });
    for (const name of ["Read", "Run"]) {
      await fireEvent.click(within(main(opened)).getByRole("checkbox", { name }));
    }
    for (const name of ["Move up: Always", "Move up: Always"]) {
      within(main(opened)).getByRole("button", { name }).click();
    }
    const lists = opened.app.settings.block_lists.map(({ path }) => path);
    for (const path of lists) {
      within(main(opened)).getByRole("button", { name: `Remove ${path}` }).click();
    }
    await settle();
    expect(opened.app.settings.auto_approve).toEqual([]);
    expect(opened.app.preferences.buttons).toEqual(["allow_once", "always", "block", "allow_time", "options"]);
    expect(opened.app.settings.block_lists).toEqual([]);
  });

  test("the preset that allows everything is chosen only after it was confirmed", async () => {
    const opened = await openSettings("settings", (app) => {
      app.settings.managed = [];
    });
    await fireEvent.click(within(main(opened)).getByRole("radio", { name: /^Development/ }));
    await settle();
    expect(asked(opened)).toEqual([]);
    await press(dialog(opened), "Use it");
    expect(asked(opened)[0]).toMatchObject({ change_settings: { preset: "development" } });
  });

  test("a block-list is added and removed", async () => {
    const opened = await openSettings("settings");
    await fill(main(opened), "Path of a file, from the root", "/lists/new.txt");
    await press(main(opened), "Add file");
    expect(opened.app.settings.block_lists.map((list) => list.path)).toContain("/lists/new.txt");
    await press(main(opened), "Remove /lists/new.txt");
    expect(opened.app.settings.block_lists).toHaveLength(2);
  });

  test("a test notification is asked for", async () => {
    const opened = await openSettings("settings");
    await press(main(opened), "Send a test notification");
    expect(opened.app.requests).toContain("test_notification");
  });

  test("a change that is refused shows why, and the setting as it is", async () => {
    const opened = await openSettings("settings");
    opened.app.failNext({ code: "policy", message: "policy.toml cannot be written", hint: "look at its owner" });
    await fireEvent.click(within(main(opened)).getByRole("checkbox", { name: "Read" }));
    await settle();
    expect(said(opened)).toBe("policy.toml cannot be written look at its owner");
    expect(within(main(opened)).getByRole<HTMLInputElement>("checkbox", { name: "Read" }).checked).toBe(false);
  });
});
