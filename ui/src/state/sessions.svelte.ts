// Running and past sessions.

import type { Daemon } from "../api/daemon";
import type { DaemonEvent } from "../api/generated/DaemonEvent";
import type { Inspection } from "../api/generated/Inspection";
import type { PastSession } from "../api/generated/PastSession";
import type { SessionId } from "../api/generated/SessionId";
import type { SessionView } from "../api/generated/SessionView";

/** How often what runs in a session is asked for while it is on show. */
export const INSPECT_MS = 2_000;

export class Sessions {
  /** Oldest first. */
  running = $state.raw<SessionView[]>([]);
  /** The latest first. */
  past = $state.raw<PastSession[]>([]);
  isPastLoaded = $state(false);

  /** Those that asked too much: they are denied without a question, until they are resumed. */
  readonly quiet = $derived(this.running.filter((session) => session.quiet));

  readonly #daemon: Daemon;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  replace(running: SessionView[]): void {
    this.running = running;
    if (this.isPastLoaded) {
      this.reloadPast().catch(() => undefined);
    }
  }

  async reloadPast(): Promise<void> {
    this.past = await this.#daemon.pastSessions();
    this.isPastLoaded = true;
  }

  apply(event: DaemonEvent): void {
    if (typeof event === "string") {
      return;
    }
    if ("session_changed" in event) {
      const changed = event.session_changed;
      const isKnown = this.running.some((session) => session.id === changed.id);
      this.running = isKnown
        ? this.running.map((session) => (session.id === changed.id ? changed : session))
        : [...this.running, changed];
    } else if ("session_quiet" in event) {
      const { session, quiet } = event.session_quiet;
      this.#setQuiet((running) => running.id === session, quiet);
    } else if ("session_ended" in event) {
      const ended = event.session_ended.session;
      this.running = this.running.filter((session) => session.id !== ended);
      if (this.isPastLoaded) {
        this.reloadPast().catch(() => undefined);
      }
    }
  }

  /** Lets sessions ask again: one, or all. */
  async resume(session: SessionId | null): Promise<void> {
    await this.#daemon.resume(session);
    this.#setQuiet((running) => session === null || running.id === session, false);
  }

  #setQuiet(isMeant: (session: SessionView) => boolean, quiet: boolean): void {
    this.running = this.running.map((session) => (isMeant(session) ? { ...session, quiet } : session));
  }

  /** Looks into a session now and then, until the function that it returns is called. Bytes are read with it. */
  watch(session: string, found: (inspection: Inspection) => void, failed: (caught: unknown) => void): () => void {
    let isOver = false;
    const look = async (): Promise<void> => {
      try {
        const [inspection, running] = await Promise.all([this.#daemon.inspect(session), this.#daemon.sessions()]);
        if (!isOver) {
          this.running = running;
          found(inspection);
        }
      } catch (caught) {
        if (!isOver) {
          failed(caught);
        }
      }
    };
    void look();
    const timer = setInterval(() => void look(), INSPECT_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }
}
