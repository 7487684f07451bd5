// Ports, limits and programs of sessions.

import { fireEvent, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { LOOK_MS } from "../src/state/sessions.svelte";
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
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("one that is there no more is listed as ended, with the time", async () => {
    const started = new Date(Date.now() - 120_000).toISOString();
    const node = (pid: number, display: string): object => ({ pid, parent: null, display, started });
    let processes = [node(7, "claude"), node(8, "npm test")];
    const opened = await openSettings("sessions", (app) => {
      const request = app.request.bind(app);
      app.request = async (asked) =>
        typeof asked === "object" && "daemon" in asked && typeof asked.daemon === "object" && "inspect" in asked.daemon
          ? ({ daemon: { inspected: { processes, is_cut: false, connections: 0 } } } as never)
          : request(asked);
    });
    await press(main(opened), "Programs of shop");
    const programs = within(main(opened)).getByRole("group", { name: "Programs" });
    expect(plain(programs.textContent)).toContain("npm test started 2 minutes ago");
    expect(plain(programs.textContent)).not.toContain("Ended meanwhile");
    processes = [node(7, "claude")];
    await vi.advanceTimersByTimeAsync(LOOK_MS);
    await settle();
    expect(plain(programs.textContent)).toMatch(/Ended meanwhile 8 npm test ended by \d\d:\d\d:\d\d/);
    await vi.advanceTimersByTimeAsync(LOOK_MS);
    await settle();
    expect(plain(programs.textContent).match(/npm test/g)).toHaveLength(1);
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
