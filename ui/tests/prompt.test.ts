// The prompt window: what counts as an answer, and what never does.

import { fireEvent, within } from "@testing-library/svelte";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { Answer } from "../src/api/generated/Answer";
import { HOSTILE, growth, host, member, question } from "../src/api/samples";
import { ARMING_MS } from "../src/state/arming.svelte";
import { ELSEWHERE_MS, KEEP_EVERY_MS } from "../src/state/prompt.svelte";
import { expectAccessible, openPrompt, plain, settle, type Opened } from "./window";

/** More than a frame takes. */
const FRAME_MS = 17;

let user: UserEvent;

beforeEach(() => {
  vi.useFakeTimers();
  user = userEvent.setup({ advanceTimers: (ms) => vi.advanceTimersByTime(ms) });
});

afterEach(() => {
  vi.useRealTimers();
});

function two(): Promise<Opened> {
  return openPrompt((app) => {
    app.questions = [
      question({ id: "first", title: "npm (shop) wants a.test" }),
      question({ id: "second", title: "npm (shop) wants b.test" }),
    ];
  });
}

async function arm(): Promise<void> {
  // Two frames until it is painted.
  await vi.advanceTimersByTimeAsync(2 * FRAME_MS + ARMING_MS);
  await settle();
}

function answers({ app }: Opened): { id: string; revision: number; answer: Answer }[] {
  return app.requests.flatMap((request) =>
    typeof request === "object" && "daemon" in request && typeof request.daemon === "object" && "answer" in request.daemon
      ? [request.daemon.answer]
      : [],
  );
}

const allow = ({ screen }: Opened): HTMLElement => screen.getByRole("button", { name: /^Allow/ });
const block = ({ screen }: Opened): HTMLElement => screen.getByRole("button", { name: /^Block/ });
const title = ({ screen }: Opened): string => plain(screen.getByRole("heading", { level: 1 }).textContent);
const closes = ({ app }: Opened): number => app.requests.filter((request) => request === "close").length;

test("a question that is asked for while an answer is sent stays in sight", async () => {
  const opened = await openPrompt((app) => {
    app.questions = ["first", "second", "third"].map((id) => question({ id, title: `npm wants ${id}.test` }));
  });
  await arm();
  allow(opened).click();
  opened.desk.prompt().show("third");
  await settle();
  expect(answers(opened)).toHaveLength(1);
  expect(opened.desk.prompt().question?.id).toBe("third");
});

describe("arming", () => {
  test("a click before the question is armed is ignored, one after it counts", async () => {
    const opened = await two();
    expect(allow(opened).getAttribute("aria-disabled")).toBe("true");
    await user.click(allow(opened));
    expect(answers(opened)).toEqual([]);
    await arm();
    expect(allow(opened).getAttribute("aria-disabled")).toBe("false");
    await user.click(allow(opened));
    expect(answers(opened)).toHaveLength(1);
  });

  test("nothing is armed before the question is painted", async () => {
    const opened = await two();
    const painted = vi.spyOn(globalThis, "requestAnimationFrame").mockReturnValue(0);
    opened.desk.prompt().rearm();
    await arm();
    expect(allow(opened).getAttribute("aria-disabled")).toBe("true");
    painted.mockRestore();
  });

  test("a click that was made before it was armed and is heard of later is ignored", async () => {
    const opened = await two();
    await arm();
    const late = new MouseEvent("click", { bubbles: true });
    Object.defineProperty(late, "timeStamp", { value: late.timeStamp - 1_000 });
    await fireEvent(allow(opened), late);
    expect(answers(opened)).toEqual([]);
    await fireEvent(allow(opened), new MouseEvent("click", { bubbles: true }));
    expect(answers(opened)).toHaveLength(1);
  });

  test("a press that answers nothing leaves no focus on the button", async () => {
    const opened = await two();
    await user.click(allow(opened));
    await arm();
    await user.keyboard(" ");
    expect(answers(opened)).toEqual([]);
  });

  test("the buttons can be focused while they are disarmed", async () => {
    const opened = await two();
    expect(allow(opened).hasAttribute("disabled")).toBe(false);
    allow(opened).focus();
    expect(document.activeElement).toBe(allow(opened));
  });

  test("the next question is armed anew, and the focus leaves the button", async () => {
    const opened = await two();
    await arm();
    await user.click(allow(opened));
    await settle();
    expect(title(opened)).toBe("npm (shop) wants b.test");
    expect(screenFocus()).toBe("npm (shop) wants b.test");
    await user.click(allow(opened));
    expect(answers(opened)).toHaveLength(1);
  });

  test("a window that comes back into sight is armed anew", async () => {
    const opened = await two();
    await arm();
    await fireEvent(document, new Event("visibilitychange"));
    expect(allow(opened).getAttribute("aria-disabled")).toBe("true");
  });

  test("a window whose size changed, or that of what is in it, is armed anew", async () => {
    const opened = await two();
    await arm();
    await fireEvent(window, new Event("resize"));
    expect(allow(opened).getAttribute("aria-disabled")).toBe("true");
  });
});

describe("the layout", () => {
  test("a second question, which moves the buttons, arms the first one anew, and so does its end", async () => {
    const opened = await openPrompt((app) => {
      app.questions = [question({ id: "first" })];
    });
    await arm();
    expect(allow(opened).getAttribute("aria-disabled")).toBe("false");
    opened.app.emitDaemon({ question_opened: question({ id: "second" }) });
    await settle();
    await user.click(allow(opened));
    expect(answers(opened)).toEqual([]);
    await arm();
    opened.app.emitDaemon({ question_closed: { id: "second", outcome: "denied" } });
    await settle();
    await user.click(block(opened));
    expect(answers(opened)).toEqual([]);
    await arm();
    await user.click(block(opened));
    expect(answers(opened)).toHaveLength(1);
  });

  test("a path whose short form leaves something out is shown as a whole", async () => {
    const path = `/home/ana/${"deep/".repeat(40)}secret.key`;
    const opened = await openPrompt((app) => {
      app.questions = [question({ kind: "read", members: [member(path, { display: "~/deep/…/secret.key" })] })];
    });
    expect(plain(opened.screen.getByRole("alertdialog").textContent)).toContain("deep/".repeat(40) + "secret.key");
  });
});

describe("the focus of the window", () => {
  test("a key that was typed for the window that had it answers nothing", async () => {
    const opened = await two();
    await arm();
    await fireEvent.focus(window);
    await user.keyboard("{Alt>}a{/Alt}");
    allow(opened).focus();
    await user.keyboard(" ");
    expect(answers(opened)).toEqual([]);
    await arm();
    await user.keyboard("{Alt>}a{/Alt}");
    expect(answers(opened)).toHaveLength(1);
  });

  test("a click that gives it answers: it is meant for what it hits", async () => {
    const opened = await two();
    await arm();
    await fireEvent.focus(window);
    await user.click(allow(opened));
    expect(answers(opened)).toHaveLength(1);
  });
});

function screenFocus(): string {
  return plain(document.activeElement?.textContent);
}

describe("keys", () => {
  test("Enter never decides, wherever the focus is", async () => {
    const opened = await two();
    await arm();
    await user.keyboard("{Enter}");
    allow(opened).focus();
    await user.keyboard("{Enter}");
    block(opened).focus();
    await user.keyboard("{Enter}");
    opened.screen.getAllByRole("radio")[0]?.focus();
    await user.keyboard("{Enter}");
    expect(answers(opened)).toEqual([]);
  });

  test("Space presses the focused button", async () => {
    const opened = await two();
    await arm();
    block(opened).focus();
    await user.keyboard(" ");
    expect(answers(opened)[0]?.answer.allow).toBe(false);
  });

  test.each([
    ["{Alt>}a{/Alt}", true],
    ["{Alt>}b{/Alt}", false],
  ])("%s answers once it is armed", async (keys, isAllowed) => {
    const opened = await two();
    await user.keyboard(keys);
    expect(answers(opened)).toEqual([]);
    await arm();
    await user.keyboard(keys);
    expect(answers(opened)[0]?.answer.allow).toBe(isAllowed);
  });

  test("a key that is held down does not answer", async () => {
    const opened = await two();
    await arm();
    await fireEvent.keyDown(document.body, { key: "a", altKey: true, repeat: true });
    expect(answers(opened)).toEqual([]);
  });

  test("Esc closes the window and decides nothing", async () => {
    const opened = await two();
    await arm();
    await user.keyboard("{Escape}");
    expect(closes(opened)).toBe(1);
    expect(answers(opened)).toEqual([]);
  });

  test("duration, reach and scope are chosen by key", async () => {
    const opened = await two();
    await arm();
    await user.keyboard("3we{Alt>}a{/Alt}");
    expect(answers(opened), "what an answer does has just changed").toEqual([]);
    expect(plain(opened.screen.getByTestId("summary").textContent)).toBe("1 hour · Widened · Every project");
    await arm();
    await user.keyboard("{Alt>}a{/Alt}");
    expect(answers(opened)[0]).toEqual({
      id: "first",
      revision: 1,
      answer: { allow: true, duration: { for: 3_600_000 }, widen: true, everywhere: true },
    });
  });

  test("what is typed as a custom time chooses nothing else", async () => {
    const opened = await two();
    await arm();
    await user.keyboard("4");
    const length = opened.screen.getByRole("spinbutton");
    await user.clear(length);
    await user.type(length, "15");
    await user.tab();
    await arm();
    await user.keyboard("{Alt>}a{/Alt}");
    expect(answers(opened)[0]?.answer.duration).toEqual({ for: 900_000 });
  });
});

describe("time", () => {
  const timeLeft = ({ screen }: Opened): string => plain(screen.container.querySelector(".time")?.textContent);
  const kept = ({ app }: Opened): string[] =>
    app.requests.flatMap((request) =>
      typeof request === "object" && "daemon" in request && typeof request.daemon === "object" && "keep_question" in request.daemon
        ? [request.daemon.keep_question.id]
        : [],
    );

  /** One question that runs out in two seconds. */
  async function atTheEnd(): Promise<Opened> {
    const opened = await openPrompt((app) => {
      app.questions = [question({ id: "late", expires_ms: Date.now() + 2_000 })];
    });
    await arm();
    return opened;
  }

  test.each([
    ["a choice by click", async (opened: Opened) => user.click(opened.screen.getByRole("radio", { name: /^This session/ }))],
    ["a choice by key", async () => user.keyboard("2")],
    ["a click beside everything", async (opened: Opened) => user.click(opened.screen.getByRole("heading", { level: 1 }))],
  ])("%s keeps a question that was about to run out", async (_name, interact) => {
    const opened = await atTheEnd();
    expect(timeLeft(opened)).toBe("0:02 left");
    await interact(opened);
    await settle();
    expect(kept(opened)).toEqual(["late"]);
    expect(timeLeft(opened)).toBe("1:01 left");
    expect(title(opened)).not.toBe("");
    await arm();
    await user.click(allow(opened));
    expect(answers(opened)[0]?.id).toBe("late");
  });

  test("a kept question is armed as it was", async () => {
    const opened = await atTheEnd();
    await user.click(opened.screen.getByRole("heading", { level: 1 }));
    await settle();
    expect(allow(opened).getAttribute("aria-disabled")).toBe("false");
  });

  test("a pointer that passes over the window, and leaving it, keep nothing", async () => {
    const opened = await atTheEnd();
    await user.hover(allow(opened));
    await user.keyboard("{Escape}");
    expect(kept(opened)).toEqual([]);
  });

  test("the daemon hears of many keys every few seconds, and of the last one", async () => {
    const opened = await two();
    await user.keyboard("123212");
    expect(kept(opened)).toEqual(["first"]);
    await vi.advanceTimersByTimeAsync(KEEP_EVERY_MS);
    expect(kept(opened)).toEqual(["first", "first"]);
    await vi.advanceTimersByTimeAsync(3 * KEEP_EVERY_MS);
    expect(kept(opened)).toEqual(["first", "first"]);
  });
});

describe("answers", () => {
  test.each([
    ["Once", "once"],
    ["This session", "session"],
    ["Always", "always"],
  ])("%s, exactly what is listed, for this project", async (name, duration) => {
    const opened = await two();
    await arm();
    await user.click(opened.screen.getByRole("radio", { name: new RegExp(`^${name}`) }));
    await user.click(allow(opened));
    expect(answers(opened)[0]?.answer).toEqual({ allow: true, duration, widen: false, everywhere: false });
  });

  test("an answer that ends with its session is for no other project, whatever was chosen before", async () => {
    const opened = await two();
    await arm();
    await user.keyboard("5e1");
    await arm();
    await user.keyboard("{Alt>}a{/Alt}");
    expect(answers(opened)[0]?.answer).toEqual({ allow: true, duration: "once", widen: false, everywhere: false });
  });

  test("a wider answer shows what else it covers", async () => {
    const opened = await two();
    await user.click(opened.screen.getByRole("radio", { name: "Widened" }));
    const preview = opened.screen.getByRole("list", { name: "A widened answer covers" });
    expect(plain(preview.textContent)).toBe("**.packages.test");
  });

  test("a profile is for the session or always, and is not widened", async () => {
    const opened = await openPrompt((app) => {
      app.questions = [question({ kind: "profile", widened: ["*"], covers: ["read ~/.tool", "network **.tool.test"] })];
    });
    const covers = within(opened.screen.getByRole("list", { name: "What an answer covers" }));
    expect(covers.getAllByRole("listitem").map((one) => plain(one.textContent))).toEqual(["read ~/.tool", "network **.tool.test"]);
    const radios = opened.screen.getAllByRole("radio");
    expect(radios.map((radio) => (radio as HTMLInputElement).value)).toEqual(["session", "always"]);
    await arm();
    await user.click(allow(opened));
    expect(answers(opened)[0]?.answer).toEqual({ allow: true, duration: "session", widen: false, everywhere: false });
  });

  test("growth is allowed by an amount or for the session, and a denial ends the session", async () => {
    const opened = await openPrompt((app) => {
      app.questions = [growth({ id: "a" }), growth({ id: "b" }), growth({ id: "c" })];
    });
    expect(plain(opened.screen.container.textContent)).toContain("grew by 10.2 GiB on disk, 10 GiB were allowed, 84 GiB are free");
    expect(opened.screen.queryByText("Program")).toBeNull();
    expect(opened.screen.getAllByRole("radio").map((radio) => plain(radio.parentElement?.textContent ?? ""))).toEqual([
      "As much again 1",
      "Without limit in this session 2",
    ]);
    const goOn = (): HTMLElement => opened.screen.getByRole("button", { name: /^Let it go on/ });
    await arm();
    await user.click(goOn());
    await settle();
    await arm();
    await user.keyboard("2");
    await arm();
    await user.click(goOn());
    await settle();
    await arm();
    await user.click(opened.screen.getByRole("button", { name: /^End the session/ }));
    expect(answers(opened).map(({ id, answer }) => [id, answer.allow, answer.duration])).toEqual([
      ["a", true, "once"],
      ["b", true, "session"],
      ["c", false, "once"],
    ]);
  });

  test("the revision that was shown goes with the answer", async () => {
    const opened = await openPrompt((app) => {
      app.questions = [question({ id: "q", revision: 7 })];
    });
    await arm();
    await user.click(allow(opened));
    expect(answers(opened)[0]?.revision).toBe(7);
  });

  test("after the last answer the window closes", async () => {
    const opened = await openPrompt((app) => {
      app.questions = [question()];
    });
    await arm();
    await user.click(block(opened));
    await settle();
    expect(closes(opened)).toBe(1);
  });

  test("an answer that fails decides nothing, says so, and can be tried again", async () => {
    const opened = await two();
    opened.app.failNext({ code: "log", message: "the log cannot be written", hint: "free some space" });
    await arm();
    await user.click(allow(opened));
    await settle();
    expect(plain(opened.screen.container.querySelector(".say")?.textContent)).toBe(
      "Nothing was decided: the log cannot be written free some space",
    );
    await arm();
    await user.click(allow(opened));
    expect(answers(opened)).toHaveLength(2);
  });
});

describe("the queue", () => {
  test("new questions join at the end and the shown one stays", async () => {
    const opened = await two();
    opened.app.emitDaemon({ question_opened: question({ id: "third", title: "third" }) });
    await settle();
    expect(title(opened)).toBe("npm (shop) wants a.test");
    const queue = within(opened.screen.getByRole("navigation")).getAllByRole("button");
    expect(queue.map((button) => button.getAttribute("aria-current"))).toEqual(["true", null, null]);
    expect(plain(queue[2]?.textContent)).toContain("third");
  });

  test("of a long title the end stays, which says what is wanted", async () => {
    const opened = await two();
    const wanted = `www.good.test.${"a".repeat(200)}.evil.test`;
    opened.app.emitDaemon({ question_opened: question({ id: "third", title: `npm (shop) wants ${wanted}` }) });
    await settle();
    const queue = within(opened.screen.getByRole("navigation")).getAllByRole("button");
    expect(plain(queue[2]?.textContent)).toMatch(/npm \(shop\) wants www\.good\.test\.a+…a+\.evil\.test$/);
  });

  test("a new connection to the daemon does not reorder it", async () => {
    const opened = await two();
    opened.app.questions = [question({ id: "zeroth", title: "zeroth" }), ...[...opened.app.questions].reverse()];
    opened.app.emit({ link: opened.app.link() });
    await settle();
    expect(opened.desk.questions.open.map((open) => open.id)).toEqual(["first", "second", "zeroth"]);
    expect(title(opened)).toBe("npm (shop) wants a.test");
  });

  test("the person goes to another one, which is armed anew", async () => {
    const opened = await two();
    await arm();
    await user.click(within(opened.screen.getByRole("navigation")).getAllByRole("button")[1] as HTMLElement);
    expect(title(opened)).toBe("npm (shop) wants b.test");
    expect(allow(opened).getAttribute("aria-disabled")).toBe("true");
  });

  test("one that is gone after a daemon was killed is not said to be settled", async () => {
    const opened = await openPrompt();
    opened.app.emit({ link: { down: { reason: "the daemon is gone", hint: null } } });
    await settle();
    expect(plain(opened.screen.container.textContent)).toContain("Nothing can be answered: Askbox is not connected.");
    opened.app.questions = [];
    opened.app.emit({ link: opened.app.link() });
    await settle();
    const text = plain(opened.screen.container.textContent);
    expect(text).toContain("How it ended is not known here");
    expect(text).not.toContain("Settled elsewhere");
  });

  test("one that was answered elsewhere says so for a moment, and what was meant for it does not hit the next", async () => {
    const opened = await two();
    await arm();
    opened.app.emitDaemon({ question_closed: { id: "first", outcome: "denied" } });
    await settle();
    expect(opened.screen.getByText("Answered elsewhere: blocked.")).toBeTruthy();
    expect(title(opened)).toBe("npm (shop) wants a.test");
    expect(opened.screen.queryByRole("button", { name: /^Allow/ })).toBeNull();
    await user.keyboard("{Alt>}a{/Alt}");
    await vi.advanceTimersByTimeAsync(ELSEWHERE_MS);
    await settle();
    expect(title(opened)).toBe("npm (shop) wants b.test");
    expect(allow(opened).getAttribute("aria-disabled")).toBe("true");
    expect(answers(opened)).toEqual([]);
  });

  test("one that ran out of time says that nothing was decided", async () => {
    const opened = await two();
    opened.app.emitDaemon({ question_closed: { id: "first", outcome: "missed" } });
    await settle();
    expect(opened.screen.getByText(/^It was denied this once without an answer/)).toBeTruthy();
    await user.click(opened.screen.getByRole("button", { name: "Open missed questions" }));
    expect(opened.app.requests).toContainEqual({ show: { view: "questions", item: "first" } });
  });

  test("the app can bring a question into sight that is not known yet", async () => {
    const opened = await openPrompt((app) => {
      app.questions = [];
    });
    opened.app.emit({ show: { view: "prompt", item: "second" } });
    opened.app.questions = [question({ id: "first" }), question({ id: "second", title: "second" })];
    opened.app.emit({ link: opened.app.link() });
    await settle();
    expect(title(opened)).toBe("second");
  });
});

describe("changes", () => {
  /** The first question as it is when its targets are these. */
  async function change({ app }: Opened, revision: number, targets: string[]): Promise<void> {
    const members = targets.map((target) => host(`${target}.`, "packages.test"));
    const changed = { ...(app.questions[0] ?? question()), revision, members, targets };
    app.questions = [changed];
    app.emitDaemon({ question_changed: changed });
    await settle();
  }

  test("what is added disarms nothing, and is covered only after it was in sight for a moment", async () => {
    const opened = await two();
    await change(opened, 1, ["a"]);
    await arm();
    await change(opened, 2, ["a", "b"]);
    expect(opened.screen.getByText(/^More was added\./)).toBeTruthy();
    await user.click(allow(opened));
    expect(answers(opened).map((answer) => answer.revision)).toEqual([1]);
  });

  test("after that moment an answer is for it as well", async () => {
    const opened = await two();
    await change(opened, 1, ["a"]);
    await arm();
    await change(opened, 2, ["a", "b"]);
    await arm();
    await user.click(allow(opened));
    expect(answers(opened).map((answer) => answer.revision)).toEqual([2]);
  });

  test("what an answer did not cover is asked about next, and armed anew", async () => {
    const opened = await two();
    await change(opened, 1, ["a"]);
    await arm();
    await change(opened, 2, ["a", "b"]);
    await user.click(allow(opened));
    await settle();
    const asked = plain(opened.screen.container.textContent);
    expect([asked.includes("a.packages.test"), asked.includes("b.packages.test")]).toEqual([false, true]);
    expect(allow(opened).getAttribute("aria-disabled")).toBe("true");
    await arm();
    await user.click(allow(opened));
    await settle();
    expect(answers(opened).map((answer) => answer.revision)).toEqual([1, 2]);
    expect(opened.app.questions).toEqual([]);
  });

  test("a question that is added to without end is answered for what was in sight", async () => {
    const opened = await two();
    await change(opened, 1, ["a"]);
    await arm();
    const targets = ["a"];
    for (let revision = 2; revision <= 20; revision += 1) {
      targets.push(`t${String(revision)}`);
      await change(opened, revision, [...targets]);
      await vi.advanceTimersByTimeAsync(ARMING_MS / 7);
      expect(allow(opened).getAttribute("aria-disabled")).toBe("false");
    }
    await user.click(allow(opened));
    const [revision] = answers(opened).map((answer) => answer.revision);
    expect(revision).toBeGreaterThan(1);
    expect(revision).toBeLessThanOrEqual(20 - 7);
  });

  test("a click that is heard of late is for what was in sight when it was made", async () => {
    const opened = await two();
    await change(opened, 1, ["a"]);
    await arm();
    await vi.advanceTimersByTimeAsync(10 * ARMING_MS);
    await change(opened, 2, ["a", "b"]);
    await arm();
    const late = new MouseEvent("click", { bubbles: true });
    Object.defineProperty(late, "timeStamp", { value: late.timeStamp - 100 });
    await fireEvent(allow(opened), late);
    expect(answers(opened).map((answer) => answer.revision)).toEqual([1]);
  });

  test("another thing in the place of what was shown re-arms, and the answer carries the new revision", async () => {
    const opened = await two();
    await change(opened, 1, ["a"]);
    await arm();
    await change(opened, 2, ["b"]);
    expect(opened.screen.getByText(/^The question changed\. Look again/)).toBeTruthy();
    await user.click(allow(opened));
    expect(answers(opened)).toEqual([]);
    await arm();
    await user.click(allow(opened));
    expect(answers(opened)[0]?.revision).toBe(2);
  });

  test("a program that stops waiting is said, and does not re-arm", async () => {
    const opened = await two();
    await arm();
    opened.app.emitDaemon({ question_changed: { ...(opened.app.questions[0] ?? question()), waiting: 0 } });
    await settle();
    expect(opened.screen.getByText(/^The program stopped waiting/)).toBeTruthy();
    expect(allow(opened).getAttribute("aria-disabled")).toBe("false");
  });

  test("a stale answer shows the question as it is now and re-arms", async () => {
    const opened = await two();
    await arm();
    opened.app.questions = [question({ id: "first", revision: 3, title: "npm (shop) wants a.test and 1 more" })];
    await user.click(allow(opened));
    await settle();
    expect(opened.screen.getByText(/Nothing was decided\. Look again/)).toBeTruthy();
    expect(title(opened)).toBe("npm (shop) wants a.test and 1 more");
    expect(allow(opened).getAttribute("aria-disabled")).toBe("true");
    await arm();
    await user.click(allow(opened));
    expect(answers(opened).map((answer) => answer.revision)).toEqual([1, 3]);
  });
});

describe("what is shown", () => {
  test("the time left is spoken at 30 and at 10 seconds and at no other time", async () => {
    const opened = await openPrompt((app) => {
      app.questions = [question({ expires_ms: Date.now() + 40_000 })];
    });
    const voice = opened.screen.getByTestId("countdown-voice");
    const spoken: string[] = [];
    for (let second = 0; second < 45; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      const text = plain(voice.textContent);
      if (text !== spoken.at(-1)) {
        spoken.push(text);
      }
    }
    expect(spoken).toEqual(["", "30 seconds left to answer", "10 seconds left to answer", ""]);
    expect(opened.screen.getByText("Time is up")).toBeTruthy();
  });

  test("the host with its registrable domain, its port, and what it looks like", async () => {
    const opened = await openPrompt((app) => {
      app.questions = [
        question({
          members: [
            host("login.", "xn--pple-43d.test", {
              host: { labels: "login.", registrable: "xn--pple-43d.test", unicode: "login.аpple.test", port: 8443 },
            }),
          ],
        }),
      ];
    });
    const target = opened.screen.container.querySelector(".target");
    expect(target?.querySelector("strong")?.textContent).toBe("xn--pple-43d.test");
    expect(plain(target?.textContent)).toBe("login.xn--pple-43d.test port 8443 looks like login.аpple.test");
  });

  test("files that belong together are listed, and one answer can cover them", async () => {
    const files = ["~/.gitconfig", "~/.config/git/config", "~/.config/git/ignore"];
    const opened = await openPrompt((app) => {
      app.questions = [question({ kind: "read", title: "git (shop) wants to read ~/.gitconfig", bundle: "git configuration", widened: files })];
    });
    const bundle = within(opened.screen.getByRole("alertdialog")).getByRole("region", { name: /git configuration/ });
    expect(within(bundle).getAllByRole("listitem").map((item) => item.textContent)).toEqual(files);
    const all = opened.screen.getByRole("radio", { name: "All that belongs together" }) as HTMLInputElement;
    expect(all.checked).toBe(false);
    await user.click(all);
    expect(opened.desk.prompt().widen).toBe(true);
  });

  test("hostile text is inert, isolated and short", async () => {
    const opened = await openPrompt((app) => {
      app.questions = app.questions.slice(-1);
    });
    const text = opened.screen.container.textContent ?? "";
    expect(opened.screen.container.querySelector("img, b, script")).toBeNull();
    expect(text).toContain(HOSTILE.markup);
    expect(text).not.toMatch(/[\u001b\u0007\u202e]/);
    expect(text.length).toBeLessThan(5_000);
    for (const element of opened.screen.container.querySelectorAll("*")) {
      const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
      if (own.some((node) => node.textContent?.includes("onerror"))) {
        expect(element.closest("bdi")).not.toBeNull();
      }
    }
  });

  test("without a daemon no answer is sent, whatever asks for it", async () => {
    const opened = await two();
    await arm();
    opened.desk.link.replace({ down: { reason: "the daemon ended", hint: null } });
    await opened.desk.prompt().answer(true, new Event("click"));
    expect(answers(opened)).toEqual([]);
  });

  test.each([
    ["network", "2 more did not fit the list and were denied."],
    ["read", "2 more wait and are not listed. The question goes on with them after your answer."],
  ] as const)("what a question about %s does not list", async (kind, text) => {
    const opened = await openPrompt((app) => {
      app.questions = [question({ kind, unlisted: 2 })];
    });
    expect(opened.screen.getByText(text)).toBeTruthy();
  });

  test("without a daemon everything is disabled and nothing is answered", async () => {
    const opened = await two();
    await arm();
    opened.app.emit({ link: { down: { reason: "the daemon ended", hint: null } } });
    await settle();
    expect(plain(opened.screen.getByRole("alert").textContent)).toContain("Everything that sessions ask for is refused meanwhile.");
    await user.keyboard("{Alt>}a{/Alt}");
    await user.click(allow(opened));
    expect(answers(opened)).toEqual([]);
  });
});

describe("accessibility", () => {
  test.each(["asking", "armed", "closed elsewhere", "empty"])("%s", async (state) => {
    const opened = state === "empty" ? await openPrompt((app) => { app.questions = []; }) : await openPrompt();
    if (state === "armed") {
      await arm();
    } else if (state === "closed elsewhere") {
      opened.app.emitDaemon({ question_closed: { id: opened.app.questions[0]?.id ?? "", outcome: "allowed" } });
      await settle();
    }
    vi.useRealTimers();
    await expectAccessible(document.body);
  });

  test("the question is an alert dialog with its title as name", async () => {
    const opened = await two();
    expect(opened.screen.getByRole("alertdialog", { name: "npm (shop) wants a.test" })).toBeTruthy();
  });
});
