// The log as the person looks at it: some of its events, the latest first, and what comes in meanwhile.

import type { Daemon } from "../api/daemon";
import type { DaemonEvent } from "../api/generated/DaemonEvent";
import type { EventKind } from "../api/generated/EventKind";
import type { HostTraffic } from "../api/generated/HostTraffic";
import type { LogEvent } from "../api/generated/LogEvent";
import type { LogQuery } from "../api/generated/LogQuery";
import { millis, MINUTE, SECOND } from "../text/quantity";
import { whileSeen } from "./while_seen";

/** Events of one query. */
const PAGE = 1_000;

/** Events that are kept; the log itself keeps all. */
const KEPT = 20_000;

/** How long events that come in are gathered: a flood of them is shown in steps. */
export const GATHER_MS = 100;

/** Bars of a chart. */
export const PARTS = 60;

/** Which events. */
export interface LogFilter {
  kind: EventKind | "all";
  deniedOnly: boolean;
  session: string | null;
  text: string;
  /** So far back from now; null is all of it. */
  withinMs: number | null;
}

export const EVERYTHING: LogFilter = { kind: "all", deniedOnly: false, session: null, text: "", withinMs: null };

export class Activity {
  filter = $state.raw<LogFilter>(EVERYTHING);
  /** The latest first. */
  events = $state.raw<LogEvent[]>([]);
  /** Events that came while the person looks further down: they wait, so that nothing moves. */
  held = $state.raw<LogEvent[]>([]);
  isHolding = $state(false);
  isLoaded = $state(false);
  hasMore = $state(false);
  traffic = $state.raw<HostTraffic[]>([]);
  /** The time that it is about, in milliseconds since 1970. */
  trafficTime = $state.raw({ since: 0, until: 0 });

  readonly #daemon: Daemon;
  #isWanted = false;
  #isLoading = false;
  #incoming: LogEvent[] = [];
  #gathering: ReturnType<typeof setTimeout> | undefined;
  /** What came in while a query is under way, the latest first: its result may be without them. */
  #early: LogEvent[] | null = null;
  /** Which query is the current one: the result of an older one is dropped. */
  #query = 0;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  /** Looks at other events from now on. */
  async look(filter: LogFilter): Promise<void> {
    this.filter = filter;
    await this.reload();
  }

  async reload(): Promise<void> {
    this.#isWanted = true;
    this.#query += 1;
    const query = this.#query;
    this.#early = [];
    const events = await this.#daemon.log(queryOf(this.filter, null));
    if (query !== this.#query) {
      return;
    }
    const newest = events.at(-1)?.seq ?? 0;
    const early = (this.#early ?? []).filter((event) => newest < event.seq && matches(event, this.filter));
    this.#early = null;
    this.held = [];
    this.events = [...early, ...events.reverse()];
    this.hasMore = PAGE <= events.length;
    this.isLoaded = true;
  }

  /** What was known counts no more; it is asked for again only where a view has shown it. */
  refresh(): void {
    if (this.#isWanted) {
      this.reload().catch(() => undefined);
    }
  }

  /** Further events, earlier than those that are known. */
  async loadMore(): Promise<void> {
    const oldest = this.events.at(-1)?.seq;
    if (!this.hasMore || this.#isLoading || oldest === undefined || KEPT <= this.events.length) {
      return;
    }
    this.#isLoading = true;
    const query = this.#query;
    try {
      const events = await this.#daemon.log(queryOf(this.filter, oldest));
      if (query === this.#query) {
        this.hasMore = PAGE <= events.length;
        this.events = [...this.events, ...events.reverse()];
      }
    } finally {
      this.#isLoading = false;
    }
  }

  /** Whether what comes in waits until it is asked for. */
  hold(isHolding: boolean): void {
    this.isHolding = isHolding;
    if (!isHolding) {
      this.release();
    }
  }

  /** Shows what waits. */
  release(): void {
    if (0 < this.held.length) {
      this.events = [...this.held, ...this.events].slice(0, KEPT);
      this.held = [];
    }
  }

  apply(event: DaemonEvent): void {
    if (typeof event !== "object" || !("log" in event) || !this.#isWanted) {
      return;
    }
    this.#incoming.push(event.log as LogEvent);
    this.#gathering ??= setTimeout(() => this.#take(), GATHER_MS);
  }

  #take(): void {
    this.#gathering = undefined;
    const newest = (this.held[0] ?? this.events[0])?.seq ?? 0;
    const fresh = this.#incoming.filter((event) => newest < event.seq && matches(event, this.filter)).reverse();
    this.#incoming = [];
    if (fresh.length === 0) {
      return;
    }
    if (this.#early) {
      this.#early = [...fresh, ...this.#early].slice(0, KEPT);
    }
    if (this.isHolding || !this.isLoaded) {
      this.held = [...fresh, ...this.held].slice(0, KEPT);
    } else {
      this.events = [...fresh, ...this.events].slice(0, KEPT);
    }
  }

  /** One event by its number, wherever it is. */
  async find(seq: number): Promise<LogEvent | null> {
    const known = this.events.find((event) => event.seq === seq);
    if (known) {
      return known;
    }
    const query = queryOf(EVERYTHING, seq + 1);
    const [event] = await this.#daemon.log({ ...query, limit: 1 });
    return event?.seq === seq ? event : null;
  }

  /** Reads the traffic of the last so many milliseconds now and then, until the function that it returns is called. */
  watchTraffic(spanMs: number, failed: (caught: unknown) => void): () => void {
    return whileSeen(trafficRest(spanMs), async (isWanted) => {
      const until = Date.now();
      const since = until - spanMs;
      try {
        const traffic = await this.#daemon.traffic({ since_ms: since, parts: PARTS });
        if (isWanted()) {
          this.traffic = traffic;
          this.trafficTime = { since, until };
        }
      } catch (caught) {
        if (isWanted()) {
          failed(caught);
        }
      }
    });
  }
}

/** A bar of an hour grows while one looks; a week's log is long to read, and its bars stand for hours. */
function trafficRest(spanMs: number): number {
  return Math.min(MINUTE, Math.max(5 * SECOND, spanMs / PARTS / 12));
}

function queryOf(filter: LogFilter, before: number | null): LogQuery {
  return {
    session: filter.session,
    kind: filter.kind === "all" ? null : filter.kind,
    denied_only: filter.deniedOnly,
    since_ms: filter.withinMs === null ? null : Date.now() - filter.withinMs,
    before_seq: before,
    text: filter.text.trim() === "" ? null : filter.text.trim(),
    limit: PAGE,
  };
}

/** The same question that the log answers, for events that come in. */
function matches(event: LogEvent, filter: LogFilter): boolean {
  const text = filter.text.trim().toLowerCase();
  const time = millis(event.time) ?? 0;
  return (
    (filter.kind === "all" || event.kind === filter.kind) &&
    (!filter.deniedOnly || event.verdict === "deny") &&
    (filter.session === null || event.session === filter.session) &&
    (filter.withinMs === null || Date.now() - filter.withinMs <= time) &&
    (text === "" || (event.target?.toLowerCase().includes(text) ?? false))
  );
}

/** What decided an event, where it is a rule or a grant that can be looked up. */
export function decidedBy(event: LogEvent): string | null {
  const found = /^(?:managed rule|rule|flag|grant) (\S+)$/.exec(event.by ?? "");
  return found?.[1] ?? event.grant ?? null;
}
