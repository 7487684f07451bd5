// Which app a window talks to. What is shipped knows the real one only.

import type { App } from "./api/app";
import { tauriApp } from "./api/tauri";

/** The fake one is left out of what is built for users. */
export async function host(): Promise<App> {
  if (import.meta.env.MODE === "production") {
    return tauriApp;
  }
  const { FakeApp } = await import("./api/fake");
  const wanted = new URLSearchParams(location.search);
  const app = new FakeApp({ isEmpty: wanted.has("empty"), events: Number(wanted.get("events") ?? 300) });
  if (wanted.has("down")) {
    app.down = { reason: "the daemon ended", hint: "run `askbox daemon` in a terminal to see why" };
  }
  return app;
}
