// Everything that a window knows, fed by the app. Components read from here and change nothing by themselves.

import { getContext } from "svelte";

import type { App } from "../api/app";
import { Daemon } from "../api/daemon";
import type { DaemonEvent } from "../api/generated/DaemonEvent";
import type { Link } from "../api/generated/Link";
import type { SessionId } from "../api/generated/SessionId";
import type { View } from "../api/generated/View";
import type { WindowEvent } from "../api/generated/WindowEvent";
import { Activity, EVERYTHING, type LogFilter } from "./activity.svelte";
import { Clock } from "./clock.svelte";
import { LinkState } from "./link.svelte";
import { Notices } from "./notices.svelte";
import { Prompt } from "./prompt.svelte";
import { Questions } from "./questions.svelte";
import { ALL, Rules } from "./rules.svelte";
import { Sessions } from "./sessions.svelte";
import { Settings } from "./settings.svelte";

/** A view of the settings window. */
export type Place = Exclude<View, "prompt" | "review">;

/** In the order in which they are shown and numbered. */
export const PLACES: readonly Place[] = ["questions", "rules", "sessions", "activity", "settings"];

export class Desk {
  readonly daemon: Daemon;
  readonly link = new LinkState();
  readonly clock = new Clock();
  readonly notices = new Notices();
  readonly questions: Questions;
  readonly rules: Rules;
  readonly sessions: Sessions;
  readonly activity: Activity;
  readonly settings: Settings;

  place = $state<Place>("questions");
  /** The question or session to bring into sight in its view. */
  item = $state<string | null>(null);
  /** The session whose review was asked for from outside the window, until it is closed. */
  reviewed = $state<SessionId | null>(null);

  readonly #app: App;
  #prompt: Prompt | null = null;

  constructor(app: App) {
    this.#app = app;
    this.daemon = new Daemon(app);
    this.questions = new Questions(this.daemon);
    this.rules = new Rules(this.daemon);
    this.sessions = new Sessions(this.daemon);
    this.activity = new Activity(this.daemon);
    this.settings = new Settings(this.daemon);
  }

  /** The prompt window's own state. */
  prompt(): Prompt {
    this.#prompt ??= new Prompt(this.questions, this.daemon, this.link);
    return this.#prompt;
  }

  /** Listens to the app until the function that it returns is called. */
  start(): () => void {
    const stopClock = this.clock.start();
    const stopEvents = this.#app.onEvent((event) => this.#hear(event));
    this.#relink();
    return () => {
      stopClock();
      stopEvents();
    };
  }

  go(place: Place, item: string | null = null): void {
    this.place = place;
    this.item = item;
  }

  /** From an event to the rule that decided it, or from anything to the rules that name it. */
  goToRules(text: string): void {
    this.rules.filter = { ...ALL, text };
    this.go("rules");
  }

  /** From a rule or a session to its events. */
  goToActivity(filter: Partial<LogFilter>): void {
    this.activity.filter = { ...EVERYTHING, ...filter };
    this.activity.refresh();
    this.go("activity");
  }

  #relink(): void {
    this.daemon.link().then(
      (link) => this.#replace(link),
      (caught: unknown) => this.link.lost(caught),
    );
  }

  #hear(event: WindowEvent): void {
    if ("link" in event) {
      this.#replace(event.link);
    } else if ("show" in event) {
      this.#show(event.show.view, event.show.item);
    } else {
      this.#apply(event.daemon);
    }
  }

  #show(view: View, item: string | null): void {
    if (view === "prompt") {
      if (item !== null) {
        this.#prompt?.show(item);
      }
    } else if (view === "review") {
      this.go("sessions", item);
      this.reviewed = item;
    } else if (view === "rules" && item !== null) {
      this.goToRules(item);
    } else {
      this.go(view, item);
    }
  }

  #apply(event: DaemonEvent): void {
    if (typeof event === "object" && "lagged" in event) {
      this.#relink();
      return;
    }
    this.link.apply(event);
    this.questions.apply(event);
    this.sessions.apply(event);
    this.rules.apply(event);
    this.activity.apply(event);
    this.settings.apply(event);
  }

  #replace(link: Link): void {
    this.link.replace(link);
    if ("up" in link) {
      this.questions.replace(link.up.questions, link.up.missed);
      this.sessions.replace(link.up.sessions);
      this.rules.refresh();
      this.activity.refresh();
      this.settings.refresh();
    }
  }
}

const DESK = Symbol("desk");

/** The context of a window's root component. */
export function deskContext(desk: Desk): Map<symbol, Desk> {
  return new Map([[DESK, desk]]);
}

export function getDesk(): Desk {
  return getContext<Desk>(DESK);
}
