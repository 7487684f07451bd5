// The app that runs this window.

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { App } from "./app";
import type { WindowEvent } from "./generated/WindowEvent";

/** Requests are one command of the app, events one channel. */
export const tauriApp: App = {
  request: (request) => invoke("request", { request }),
  onEvent(callback) {
    let ended = false;
    const listening = listen<WindowEvent>("askbox", (event) => {
      if (!ended) {
        callback(event.payload);
      }
    });
    return () => {
      ended = true;
      void listening.then((stop) => stop());
    };
  },
};
