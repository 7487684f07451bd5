// What holds for every view: names for screen readers, words from the catalog, inert text of others.

import { fireEvent } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, test } from "vitest";

import { HOSTILE } from "../src/api/samples";
import { PLACES, type Place } from "../src/state/desk.svelte";
import { transformStrings } from "../src/text/strings";
import { pseudo, untranslated } from "./pseudo";
import { expectAccessible, openPrompt, openSettings, plain, settle, type Opened } from "./window";

afterEach(() => transformStrings());

/** Everything that a view can show, by a name: what to open, and what to do there. */
const SCENES: Record<string, () => Promise<Opened>> = {
  ...Object.fromEntries(PLACES.map((place) => [place, () => openSettings(place)])),
  ...Object.fromEntries(
    PLACES.map((place) => [`${place}, nothing yet`, () => openSettings(place, () => undefined, { isEmpty: true })]),
  ),
  "no daemon": () =>
    openSettings("questions", (app) => {
      app.down = { reason: "it ended", hint: "start it" };
    }),
  lockdown: () =>
    openSettings("questions", (app) => {
      app.status = { ...app.status, lockdown: true, obstacle: { reason: HOSTILE.markup, hint: "mend it" } };
    }),
  paused: () =>
    openSettings("settings", (app) => {
      app.status = { ...app.status, paused_until_ms: Date.now() + 300_000 };
    }),
  "log unsigned": () =>
    openSettings("settings", (app) => {
      app.status = { ...app.status, log_unsigned: HOSTILE.markup };
    }),
  "lockdown, sure?": () => pressed("questions", '[role="switch"]'),
  "rule form": () => pressed("rules", ".primary"),
  "paste many": () => pressed("rules", ".push button:nth-of-type(2)"),
  "import and export": () => pressed("rules", ".push button:nth-of-type(3)"),
  expiry: () => pressed("rules", ".side > button"),
  "redundant, sure?": () => pressed("rules", "button.push"),
  "rule deleted": () => pressed("rules", "li:nth-child(4) .side .row button:last-child"),
  "revoke, sure?": () => pressed("rules", ".side .row button:last-child"),
  "session programs": () => pressed("sessions", "[aria-expanded]"),
  "stop, sure?": () => pressed("sessions", "li .danger"),
  review: () => pressed("sessions", "li .primary"),
  "event detail": () => pressed("activity", "[role=option]"),
  traffic: () => pressed("activity", ".tabs button:nth-child(2)"),
  "log exported": () => pressed("activity", ".push"),
  prompt: () => openPrompt(),
  "hostile prompt": () =>
    openPrompt((app) => {
      app.questions = app.questions.slice(-1);
    }),
  "profile prompt": () =>
    openPrompt((app) => {
      app.questions = app.questions.slice(3, 4);
    }),
  "growth prompt": () =>
    openPrompt((app) => {
      app.questions = app.questions.slice(4, 5);
    }),
};

async function pressed(place: Place, selector: string): Promise<Opened> {
  const opened = await openSettings(place);
  const button = opened.screen.container.querySelector(`main ${selector}`);
  expect(button, selector).not.toBeNull();
  await fireEvent.click(button as Element);
  await settle();
  return opened;
}

describe.each(Object.keys(SCENES))("%s", (name) => {
  const open = SCENES[name] as () => Promise<Opened>;

  test("is accessible", async () => {
    await open();
    await expectAccessible(document.body);
  });

  test("has every word from the catalog", async () => {
    transformStrings(pseudo);
    await open();
    expect(untranslated(document.body)).toEqual([]);
  });

  test("keeps text of others inert", async () => {
    const { screen } = await open();
    expect(screen.container.querySelector("img, script, b")).toBeNull();
    expect(screen.container.textContent).not.toMatch(/[\u001b\u0007\u202e]/);
    for (const element of screen.container.querySelectorAll("[aria-label], [title], [placeholder]")) {
      const texts = ["aria-label", "title", "placeholder"].map((attribute) => element.getAttribute(attribute) ?? "");
      expect(texts.join(" ")).not.toMatch(/[\u001b\u0007\u202e]/);
      expect(texts.join(" ").length).toBeLessThan(400);
    }
  });
});

test.each(["questions", "rules", "sessions"] as const)("%s name the home directory as titles of questions do", async (place) => {
  const { screen } = await openSettings(place);
  expect(plain(screen.container.textContent)).toContain("~/code/shop");
  expect(plain(screen.container.textContent)).not.toContain("/home/ana/code");
});

describe("keyboard", () => {
  test("Ctrl and a digit go to a view, and its title is read", async () => {
    const { screen, desk } = await openSettings("questions");
    const user = userEvent.setup();
    for (const [index, place] of PLACES.entries()) {
      await user.keyboard(`{Control>}${index + 1}{/Control}`);
      await settle();
      expect(desk.place).toBe(place);
      expect(document.activeElement).toBe(screen.getByRole("heading", { level: 1 }));
    }
  });

  test("/ goes to the search", async () => {
    const { screen } = await openSettings("rules");
    const user = userEvent.setup();
    await user.keyboard("/");
    const search = screen.getByRole("searchbox");
    expect(document.activeElement).toBe(search);
    await user.keyboard("a/b");
    expect((search as HTMLInputElement).value).toBe("a/b");
  });

  test("Esc closes a dialog, and the focus goes back to what opened it", async () => {
    const { screen } = await openSettings("rules");
    const add = screen.getByRole("button", { name: "Add rule…" });
    add.focus();
    await fireEvent.click(add);
    await settle();
    screen.getByLabelText("Pattern").focus();
    // What the platform does on Esc.
    screen.container.querySelector("dialog")?.dispatchEvent(new Event("close"));
    await settle();
    expect(screen.container.querySelector("dialog")).toBeNull();
    expect(document.activeElement).toBe(add);
  });
});

test("without a daemon nothing can be pressed that would ask it", async () => {
  const { screen, app } = await openSettings("questions");
  app.emit({ link: { down: { reason: "it ended", hint: "start it" } } });
  await settle();
  const pressable = [...screen.container.querySelectorAll<HTMLButtonElement>("main button:not(:disabled)")];
  expect(pressable.map((button) => plain(button.textContent))).toEqual([]);
  expect(plain(screen.getAllByRole("alert")[0]?.textContent)).toContain("Everything that sessions ask for is refused meanwhile. it ended start it");
});
