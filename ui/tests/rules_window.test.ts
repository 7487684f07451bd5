// What keeps people from rules that they did not mean: warnings before, the way back after.

import { fireEvent, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { WireError } from "../src/api/generated/WireError";
import { dialog, main, openSettings, plain, press, settle, type Opened } from "./window";

const said = ({ screen }: Opened): HTMLElement => screen.container.querySelector(".place") as HTMLElement;

async function type(opened: Opened, pattern: string): Promise<void> {
  await fireEvent.input(within(dialog(opened)).getByLabelText("Pattern"), { target: { value: pattern } });
}

async function submit(opened: Opened): Promise<void> {
  await fireEvent.submit(dialog(opened).querySelector("form") as HTMLFormElement);
  await settle();
}

describe("a wide rule", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("is warned of while it is typed, and can be saved all the same", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Add rule…");
    await type(opened, "*");
    await vi.advanceTimersByTimeAsync(500);
    await settle();
    expect(plain(dialog(opened).textContent)).toContain("This covers every host on the Internet.");
    expect(within(dialog(opened)).getByRole("button", { name: "Save all the same" })).toBeTruthy();
    await submit(opened);
    expect(opened.desk.rules.entries.some((entry) => entry.pattern === "*")).toBe(true);
  });

  test("that is saved before it is warned of is not written until it is saved again", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Add rule…");
    await type(opened, "**.com");
    await submit(opened);
    expect(plain(dialog(opened).textContent)).toContain("Anybody can register a domain below this name");
    expect(opened.desk.rules.entries.some((entry) => entry.pattern === "**.com")).toBe(false);
    await submit(opened);
    expect(opened.desk.rules.entries.some((entry) => entry.pattern === "**.com")).toBe(true);
  });

  test("that is typed while another is judged is not written in its place", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Add rule…");
    await type(opened, "narrow.example.test");
    await fireEvent.submit(dialog(opened).querySelector("form") as HTMLFormElement);
    await type(opened, "*");
    await settle();
    const patterns = opened.desk.rules.entries.map((entry) => entry.pattern);
    expect([patterns.includes("narrow.example.test"), patterns.includes("*")]).toEqual([true, false]);
  });

  test("is none once it is narrowed", async () => {
    const opened = await openSettings("rules");
    await press(main(opened), "Add rule…");
    await type(opened, "*");
    await vi.advanceTimersByTimeAsync(500);
    await type(opened, "*.example.test");
    await vi.advanceTimersByTimeAsync(500);
    await settle();
    expect(plain(dialog(opened).textContent)).not.toContain("This covers");
    expect(within(dialog(opened)).getByRole("button", { name: "Save" })).toBeTruthy();
  });
});

describe("the way back", () => {
  test("a rule that blocks comes back after it was deleted", async () => {
    const opened = await openSettings("rules");
    const blocked = opened.desk.rules.entries.find((entry) => entry.effect === "deny" && entry.from === "rule" && entry.isEditable);
    const pattern = blocked?.pattern ?? "";
    const row = opened.screen.getByText(pattern).closest("li") as HTMLElement;
    await press(row, /^Delete/);
    expect(opened.desk.rules.entries.some((entry) => entry.pattern === pattern)).toBe(false);
    await press(said(opened), "Undo");
    expect(opened.desk.rules.entries.find((entry) => entry.pattern === pattern)?.effect).toBe("deny");
  });

  test("Always of a missed question is taken back, and what leaves nothing behind has no way back", async () => {
    const opened = await openSettings("questions");
    const before = opened.app.rules.length;
    const cards = (): HTMLElement[] => within(main(opened)).getAllByRole("button", { name: "Always allow" });
    await fireEvent.click(cards()[0] as HTMLElement);
    await settle();
    expect(opened.app.rules).toHaveLength(before + 1);
    await press(said(opened), "Undo");
    expect(opened.app.rules).toHaveLength(before);
    expect(plain(said(opened).textContent)).toBe("Undone.");
    await fireEvent.click(within(main(opened)).getAllByRole("button", { name: "Allow now" })[0] as HTMLElement);
    await settle();
    expect(within(said(opened)).queryByRole("button", { name: "Undo" })).toBeNull();
  });

  test("what is said covers nothing: it stands below the content", async () => {
    const opened = await openSettings("questions");
    expect(main(opened).closest(".scroll")?.contains(said(opened))).toBe(false);
    expect(said(opened).parentElement).toBe(main(opened).closest(".content"));
  });
});

test("a rule says since when it is there", async () => {
  const opened = await openSettings("rules");
  const row = opened.screen.getByText("telemetry.tracker.test").closest("li") as HTMLElement;
  expect(plain(row.textContent)).toContain("created 3 h 3 min ago");
});

describe("an import", () => {
  async function open(): Promise<{ opened: Opened; text: HTMLTextAreaElement; take: HTMLButtonElement }> {
    const opened = await openSettings("rules");
    await press(main(opened), "Import, export…");
    return {
      opened,
      text: within(dialog(opened)).getByRole("textbox", { name: "Import" }),
      take: within(dialog(opened)).getByRole("button", { name: "Import rules" }),
    };
  }

  test("that is broken shows each wrong line on a line of its own", async () => {
    const { opened, text, take } = await open();
    const error: WireError = {
      code: "policy",
      message: "nothing is imported: line 1, column 1: what is this",
      details: ["line 4, column 9: `no` is no effect", "and 7 more"],
      hint: "mend the other policy first",
    };
    opened.app.failNext(error);
    await fireEvent.input(text, { target: { value: "broken" } });
    await fireEvent.click(take);
    await settle();
    const shown = within(dialog(opened)).getByText(error.message).closest("[role=alert]") as HTMLElement;
    const lines = [...shown.querySelectorAll(".line")].map((line) => plain(line.textContent));
    expect(lines).toEqual(error.details);
  });

  test("that does not fit one request is not sent, and the bound is said", async () => {
    const { opened, text, take } = await open();
    await fireEvent.input(text, { target: { value: "a".repeat(1_000_000) } });
    expect(take.disabled).toBe(false);
    // A line break takes two bytes there.
    await fireEvent.input(text, { target: { value: "\n".repeat(600_000) } });
    expect(take.disabled).toBe(true);
    expect(plain(dialog(opened).textContent)).toContain("1 MiB can be imported at once");
  });
});
