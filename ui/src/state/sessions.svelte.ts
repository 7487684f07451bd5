// Running and past sessions.

import type { Daemon } from "../api/daemon";
import type { DaemonEvent } from "../api/generated/DaemonEvent";
import type { Inspection } from "../api/generated/Inspection";
import type { PastSession } from "../api/generated/PastSession";
import type { SessionId } from "../api/generated/SessionId";
import type { SessionView } from "../api/generated/SessionView";
import { whileSeen } from "./while_seen";

/** How often what runs in a session, and what it carries and uses, is asked for while it is on show. */
export const LOOK_MS = 2_000;

/** Programs of a session that ended and are listed: a build starts and ends thousands. */
const ENDED_LISTED = 20;

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

  /** All anew. The app keeps no figures up to date, so what is known here of one that goes on is newer. */
  replace(running: SessionView[]): void {
    const known = new Map(this.running.map((session) => [session.id, session]));
    this.running = running.map((session) => withFigures(session, known.get(session.id)));
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

  /** Reads what the sessions carry and use now and then, until the function that it returns is called. */
  followFigures(): () => void {
    return whileSeen(LOOK_MS, async (isWanted) => {
      // Without a daemon the window says so, and the figures stay as they were.
      const now = await this.#daemon.sessions().catch(() => []);
      if (isWanted()) {
        const byId = new Map(now.map((session) => [session.id, session]));
        this.running = this.running.map((session) => withFigures(session, byId.get(session.id)));
      }
    });
  }

  /** Looks into a session now and then, until the function that it returns is called. */
  watch(session: string, found: (inspection: Inspection) => void, failed: (caught: unknown) => void): () => void {
    return whileSeen(LOOK_MS, async (isWanted) => {
      try {
        const inspection = await this.#daemon.inspect(session, ENDED_LISTED);
        if (isWanted()) {
          found(inspection);
        }
      } catch (caught) {
        if (isWanted()) {
          failed(caught);
        }
      }
    });
  }
}

/** A session as it is, with the figures of another look at it. */
function withFigures(session: SessionView, looked: SessionView | undefined): SessionView {
  return looked === undefined
    ? session
    : {
        ...session,
        bytes_in: Math.max(session.bytes_in, looked.bytes_in),
        bytes_out: Math.max(session.bytes_out, looked.bytes_out),
        usage: looked.usage,
      };
}
