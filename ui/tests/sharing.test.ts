// Ports, limits and programs of sessions.

import { fireEvent, within } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";

import type { EndedProgram } from "../src/api/generated/EndedProgram";
import type { EndedPrograms } from "../src/api/generated/EndedPrograms";
import type { HowEnded } from "../src/api/generated/HowEnded";
import type { Inspection } from "../src/api/generated/Inspection";
import { asked, main, openSettings, plain, press, settle, type Opened } from "./window";


describe("ports", () => {
  async function open(name: string): Promise<{ opened: Opened; ports: HTMLElement }> {
    const opened = await openSettings("sessions");
    await press(main(opened), `Ports of ${name}`);
    return { opened, ports: within(main(opened)).getByRole("group", { name: "Ports" }) };
  }

  test("what a session shares is listed, and is closed", async () => {
    const { opened, ports } = await open("shop");
    expect(within(ports).getAllByRole("listitem").map((item) => plain(item.textContent))).toEqual([
      "reaches 127.0.0.1:5432 of this machine Close",
      "is reached at 127.0.0.1:8080, its own port 3000 Close",
    ]);
    await press(ports, /^Close: reaches/);
    expect(asked(opened)).toEqual([{ close_port: { session: "s-7f3a", port: { host: 5432 } } }]);
    expect(within(ports).getAllByRole("listitem")).toHaveLength(1);
    await press(ports, /^Close: is reached/);
    expect(asked(opened).at(-1)).toEqual({
      close_port: { session: "s-7f3a", port: { published: { address: null, port: 8080, inside: 3000 } } },
    });
  });

  test("a port is opened either way", async () => {
    const { opened, ports } = await open("etl");
    expect(plain(ports.textContent)).toContain("It shares no port with this machine.");
    const add = within(ports).getByRole("button", { name: "Open" });
    expect((add as HTMLButtonElement).disabled).toBe(true);
    await fireEvent.input(within(ports).getByLabelText("Port"), { target: { value: "5432" } });
    await press(ports, "Open");
    expect(asked(opened)).toEqual([{ open_port: { session: "s-19bc", port: { host: 5432 } } }]);
    await fireEvent.change(within(ports).getByLabelText("Which way"), { target: { value: "published" } });
    await fireEvent.input(within(ports).getByLabelText("Port"), { target: { value: "8080" } });
    await press(ports, "Open");
    expect(asked(opened).at(-1)).toEqual({
      open_port: { session: "s-19bc", port: { published: { address: null, port: 8080, inside: 8080 } } },
    });
    expect(within(ports).getAllByRole("listitem")).toHaveLength(2);
  });

  test("what is no port is not asked for", async () => {
    const { opened, ports } = await open("etl");
    for (const value of ["0", "70000", "1.5", ""]) {
      await fireEvent.input(within(ports).getByLabelText("Port"), { target: { value } });
      expect((within(ports).getByRole("button", { name: "Open" }) as HTMLButtonElement).disabled, value).toBe(true);
    }
    expect(asked(opened)).toEqual([]);
  });
});

describe("programs", () => {
  const started = new Date(Date.now() - 120_000).toISOString();
  const processes = [{ pid: 7, parent: null, display: "claude", started }];

  /** What the window says of a session with these, and what it asked for. */
  async function shown(ended: EndedPrograms | null): Promise<{ text: string; items: string[]; looks: unknown[] }> {
    const looks: unknown[] = [];
    const inspected: Inspection = { processes, is_cut: false, connections: 0, ended };
    const opened = await openSettings("sessions", (app) => {
      const request = app.request.bind(app);
      app.request = async (asked) => {
        if (typeof asked === "object" && "daemon" in asked && typeof asked.daemon === "object" && "inspect" in asked.daemon) {
          looks.push(asked.daemon.inspect);
          return { daemon: { inspected } } as never;
        }
        return request(asked);
      };
    });
    await press(main(opened), "Programs of shop");
    const programs = within(main(opened)).getByRole("group", { name: "Programs" });
    const items = within(programs).getAllByRole("listitem").map((item) => plain(item.textContent).trim());
    return { text: plain(programs.textContent), items, looks };
  }

  test("those that ended are the daemon's, with when and how", async () => {
    const program = (pid: number, display: string, how: HowEnded): EndedProgram => ({ pid, display, started, ended: started, how });
    const latest = [
      program(9, "/usr/bin/make", { exited: 2 }),
      program(8, "/usr/bin/sleep", { killed: 15 }),
      // One process became several programs within one moment.
      program(8, "/usr/bin/env", "replaced"),
      program(8, "/usr/bin/env", "replaced"),
      program(7, "/usr/bin/true", "unknown"),
    ];
    const { text, items } = await shown({ latest, before: 12, unwatched: 7 });
    expect(items.map((item) => item.replace(/\d\d:\d\d:\d\d/, "TIME"))).toEqual([
      "7 claude started 2 minutes ago",
      "9 /usr/bin/make at TIME status 2",
      "8 /usr/bin/sleep at TIME signal 15",
      "8 /usr/bin/env at TIME became another program",
      "8 /usr/bin/env at TIME became another program",
      "7 /usr/bin/true at TIME",
    ]);
    expect(text).toContain("12 more ended before 7 were started while too many ran");
  });

  test("as many are asked for as are listed", async () => {
    const { looks } = await shown({ latest: [], before: 0, unwatched: 0 });
    expect(looks).toEqual([{ session: "s-7f3a", ended: 20 }]);
  });

  test("that none has ended is told from not knowing", async () => {
    expect((await shown({ latest: [], before: 0, unwatched: 0 })).text).not.toMatch(/ended/i);
  });

  test("it is said that nobody knows which ended", async () => {
    expect((await shown(null)).text).toContain("Which programs ended is not known");
  });
});

test("a past session says which command it was", async () => {
  const opened = await openSettings("sessions");
  expect(within(main(opened)).getByText("cargo test --workspace")).toBeTruthy();
});

test("settings say what sessions may use and how connections leave", async () => {
  const opened = await openSettings("settings");
  const text = plain(main(opened).textContent);
  expect(text).toContain("In force: 8 GiB.");
  expect(text).toContain("In force: no limit.");
  expect(text).toContain("Connections leave as the proxy variables of Askbox's environment say");
  for (const [upstream_proxy, shown] of [
    ["none", "directly"],
    ["http://proxy.corp.test:3128", "http://proxy.corp.test:3128"],
  ] as const) {
    opened.app.settings = { ...opened.app.settings, upstream_proxy };
    await opened.desk.settings.reload();
    await settle();
    expect(plain(main(opened).textContent)).toContain(`Connections leave ${shown}`);
  }
});
