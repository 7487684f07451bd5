// What a session may use, as Settings shows and changes it.

import { fireEvent, within } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";

import { asked, main, openSettings, plain, settle, type Opened } from "./window";

describe("limits", () => {
  const field = (opened: Opened, name: string): HTMLInputElement => within(main(opened)).getByLabelText(name);

  async function write(opened: Opened, name: string, text: string): Promise<void> {
    await fireEvent.change(field(opened, name), { target: { value: text } });
    await settle();
  }

  test("each says what is written, what the preset says, what holds and what the administrator set", async () => {
    const opened = await openSettings("settings");
    expect(field(opened, "Memory").value).toBe("8G");
    const help = plain(document.getElementById("limit-memory-help")?.textContent);
    expect(help).toMatch(/^For example 512M, 2G or 75%\. By the preset: 75%\. In force: 8 GiB\. at most 16G, set by the administrator$/);
    expect(field(opened, "Processors").value).toBe("");
    expect(plain(document.getElementById("limit-cpus-help")?.textContent)).toContain("By the preset: no limit.");
  });

  test("one is written, lifted and left to the preset", async () => {
    const opened = await openSettings("settings");
    await write(opened, "Time", " 2h ");
    await write(opened, "Growth on disk", "none");
    await write(opened, "Memory", "");
    const changes = asked(opened).flatMap((request) => ("change_settings" in request ? [request.change_settings] : []));
    expect(changes.map((change) => change.limits)).toEqual([
      [{ limit: "run_time", value: "2h" }],
      [{ limit: "disk", value: "none" }],
      [{ limit: "memory", value: null }],
    ]);
    expect(changes.every((change) => change.preset === null && change.block_lists === null)).toBe(true);
    expect(field(opened, "Memory").value).toBe("");
  });

  test("what is no limit stays in its field, and the reason stands below until it is mended", async () => {
    const opened = await openSettings("settings");
    await write(opened, "Memory", "a lot");
    const row = field(opened, "Memory").closest("li") as HTMLElement;
    expect(plain(within(row).getByRole("alert").textContent)).toBe("memory: expected a size, or `none`");
    expect([field(opened, "Memory").value, field(opened, "Memory").getAttribute("aria-invalid")]).toEqual(["a lot", "true"]);
    await write(opened, "Memory", "4G");
    expect(plain(within(row).getByRole("alert").textContent)).toBe("");
    expect(field(opened, "Memory").getAttribute("aria-invalid")).toBe("false");
  });

  test("what is typed stays while another answer, news or a refusal comes in", async () => {
    const opened = await openSettings("settings");
    const memory = field(opened, "Memory");
    await fireEvent.change(memory, { target: { value: "4G" } });
    await fireEvent.input(memory, { target: { value: "" } });
    await fireEvent.input(field(opened, "Time"), { target: { value: "2" } });
    await settle();
    expect(memory.value).toBe("");

    opened.app.settings.limit_choices = opened.app.settings.limit_choices.map((limit) => ({ ...limit, written: "1" }));
    opened.app.emitDaemon({ policy_changed: opened.app.status.policy });
    await settle();
    expect([memory.value, field(opened, "Time").value, field(opened, "Processors").value]).toEqual(["", "2", "1"]);

    opened.app.failNext({ code: "policy", message: "policy.toml cannot be written", hint: null });
    await fireEvent.click(within(main(opened)).getByRole("checkbox", { name: "Read" }));
    await settle();
    expect(field(opened, "Time")).toHaveProperty("value", "2");

    await write(opened, "Memory", "");
    expect(opened.app.settings.limit_choices.find(({ limit }) => limit === "memory")?.written).toBe(null);
    expect(memory.value).toBe("");
  });

  test("a limit that is emptied while it is saved stays empty", async () => {
    const opened = await openSettings("settings");
    const time = field(opened, "Time");
    await fireEvent.change(time, { target: { value: "2h" } });
    await fireEvent.input(time, { target: { value: "" } });
    await settle();
    expect(time.value).toBe("");
    await fireEvent.change(time);
    await fireEvent.blur(time);
    await settle();
    expect(time.value).toBe("");
    expect(opened.app.settings.limit_choices.find(({ limit }) => limit === "run_time")?.written).toBe(null);
  });

  test("what was typed and taken back gives way to what is written", async () => {
    const opened = await openSettings("settings");
    const memory = field(opened, "Memory");
    await fireEvent.input(memory, { target: { value: "8" } });
    await fireEvent.input(memory, { target: { value: "8G" } });
    await fireEvent.blur(memory);
    opened.app.settings.limit_choices = opened.app.settings.limit_choices.map((limit) => ({ ...limit, written: "1G" }));
    opened.app.emitDaemon({ policy_changed: opened.app.status.policy });
    await settle();
    expect(memory.value).toBe("1G");
  });

  test("none can be changed while Askbox is not connected", async () => {
    const opened = await openSettings("settings");
    opened.app.emit({ link: { down: { reason: "gone", hint: null } } });
    await settle();
    expect(field(opened, "Memory").disabled).toBe(true);
  });
});
