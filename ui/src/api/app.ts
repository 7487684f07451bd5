// The one way from a window to the app. Two implementations: the real one (tauri.ts) and one for tests and for looking
// at the windows in a browser (fake.ts).

import type { WindowEvent } from "./generated/WindowEvent";
import type { WindowRequest } from "./generated/WindowRequest";
import type { WindowResponse } from "./generated/WindowResponse";
import type { WireError } from "./generated/WireError";

/** What a window can ask of the app, and hear from it. */
export interface App {
  /** Rejects with a `WireError`. */
  request(request: WindowRequest): Promise<WindowResponse>;
  /** Calls back for each event, until the function that it returns is called. */
  onEvent(callback: (event: WindowEvent) => void): () => void;
}

/** Whatever a request was rejected with, as an error of the wire. */
export function wireError(error: unknown): WireError {
  if (typeof error === "object" && error !== null && "code" in error && "message" in error) {
    return error as WireError;
  }
  return { code: "internal", message: String(error), hint: null };
}
