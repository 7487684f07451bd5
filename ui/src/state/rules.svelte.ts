// Rules and grants as one list: what a person decided, whoever wrote it down.

import type { Daemon } from "../api/daemon";
import { wireError } from "../api/app";
import type { DaemonEvent } from "../api/generated/DaemonEvent";
import type { Effect } from "../api/generated/Effect";
import type { GrantView } from "../api/generated/GrantView";
import type { Kind } from "../api/generated/Kind";
import type { NewRule } from "../api/generated/NewRule";
import type { Origin } from "../api/generated/Origin";
import type { RuleView } from "../api/generated/RuleView";
import type { ScopeView } from "../api/generated/ScopeView";
import { DAY, millis } from "../text/quantity";
import { whileSeen } from "./while_seen";

/** Rules in one request: they must fit one message. */
const BATCH = 500;

/** How often it is asked what was used while the list is on show. */
export const USE_MS = 5_000;

/** The same of more entries than this: the daemon compares each with each other one. */
const MANY = 1_000;
const USE_OF_MANY_MS = 60_000;

/** What nobody used for so long is worth a look. */
const IDLE_MS = 30 * DAY;

/** What a rule speaks about, as people sort them. */
export type Area = "all" | "domains" | "paths" | "programs";

/** One line of the list. */
export interface Entry {
  /** Unique in the list. */
  key: string;
  /** Its id on the wire. */
  id: string;
  from: "rule" | "grant";
  effect: Effect;
  kind: Kind;
  pattern: string;
  address: string | null;
  project: string | null;
  program: string | null;
  /** Whom a grant is for; a rule has its project instead. */
  scope: ScopeView | null;
  expiresMs: number | null;
  note: string | null;
  /** Who wrote the rule; a grant is always an answer. */
  origin: Origin | null;
  given: string | null;
  hits: number;
  lastUsed: string | null;
  redundantBeside: string | null;
  /** Whether it can be changed from here. */
  isEditable: boolean;
}

/** How long ago an entry decided something. */
export type Use = "all" | "idle" | "never";

/** In which order: as the daemon lists them, or what was not used for longest first. */
export type Order = "listed" | "idle";

/** What the person looks for. */
export interface Filter {
  effect: Effect | "all";
  area: Area;
  use: Use;
  text: string;
}

export const ALL: Filter = { effect: "all", area: "all", use: "all", text: "" };

/** A line of pasted text that did not become a rule. */
export interface BadLine {
  line: string;
  reason: string;
}

export class Rules {
  entries = $state.raw<Entry[]>([]);
  isLoaded = $state(false);
  filter = $state<Filter>({ ...ALL });
  order = $state<Order>("listed");

  readonly shown = $derived(
    inOrder(
      this.entries.filter((entry) => matches(entry, this.filter)),
      this.order,
    ),
  );
  readonly redundant = $derived(
    this.entries.filter((entry) => entry.redundantBeside !== null && entry.isEditable),
  );

  readonly #daemon: Daemon;
  #isWanted = false;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  async reload(): Promise<void> {
    this.#isWanted = true;
    const [rules, grants] = await Promise.all([this.#daemon.rules(), this.#daemon.grants()]);
    this.entries = [...grants.map(ofGrant), ...rules.map(ofRule)];
    this.isLoaded = true;
  }

  /** What was known counts no more; it is asked for again only where a view has shown it. */
  refresh(): void {
    if (this.#isWanted) {
      this.reload().catch(() => undefined);
    }
  }

  /** Reads the list, and again now and then for what was used meanwhile, until the function that it returns is called. */
  watch(failed: (caught: unknown) => void): () => void {
    const rest = (): number => (this.entries.length <= MANY ? USE_MS : USE_OF_MANY_MS);
    return whileSeen(rest, async (isWanted) => {
      try {
        await this.reload();
      } catch (caught) {
        if (isWanted()) {
          failed(caught);
        }
      }
    });
  }

  apply(event: DaemonEvent): void {
    if (event === "grants_changed" || (typeof event === "object" && "policy_changed" in event)) {
      this.refresh();
    }
  }

  /** Writes a rule, in the place of another where one is named. */
  async save(rule: NewRule, replaced: string | null): Promise<void> {
    await (replaced === null ? this.#daemon.addRule(rule) : this.#daemon.replaceRule(replaced, rule));
    await this.reload();
  }

  /** Writes one rule for each pattern. What cannot be written is handed back with its reason; the rest is written. */
  async saveMany(rules: readonly NewRule[]): Promise<BadLine[]> {
    const bad: BadLine[] = [];
    for (let start = 0; start < rules.length; start += BATCH) {
      const batch = rules.slice(start, start + BATCH);
      try {
        await this.#daemon.addRules(batch);
      } catch (caught) {
        // All or none: one by one it shows which of them it is.
        if (!isOfRule(caught)) {
          throw caught;
        }
        bad.push(...(await this.#saveEach(batch)));
      }
    }
    await this.reload();
    return bad;
  }

  async #saveEach(rules: readonly NewRule[]): Promise<BadLine[]> {
    const bad: BadLine[] = [];
    for (const rule of rules) {
      try {
        await this.#daemon.addRule(rule);
      } catch (caught) {
        if (!isOfRule(caught)) {
          throw caught;
        }
        const error = wireError(caught);
        bad.push({ line: rule.pattern, reason: error.hint ? `${error.message} (${error.hint})` : error.message });
      }
    }
    return bad;
  }

  /** Takes entries away. */
  async remove(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      await (entry.from === "rule"
        ? this.#daemon.removeRule(entry.id)
        : this.#daemon.revoke({ grant: entry.id }));
    }
    await this.reload();
  }

  /** Moves the end of a grant or of a rule. */
  async setExpiry(entry: Entry, afterMs: number | null): Promise<void> {
    if (entry.from === "rule") {
      await this.#daemon.replaceRule(entry.id, { ...asNewRule(entry, Date.now()), expires_after_ms: afterMs });
    } else if (afterMs !== null) {
      await this.#daemon.setExpiry(entry.id, afterMs);
    }
    await this.reload();
  }
}

/** The rule that would make this entry again. */
export function asNewRule(entry: Entry, now: number): NewRule {
  return {
    effect: entry.effect,
    kind: entry.kind,
    pattern: entry.pattern,
    address: entry.address,
    project: entry.project,
    program: entry.program,
    expires_after_ms: entry.expiresMs === null ? null : Math.max(1_000, entry.expiresMs - now),
    note: entry.note,
  };
}

/**
 * The pattern of one path as the log writes it, where a backslash is doubled already. A path alone stands for all below
 * it; `=` makes it the path and no more.
 */
export function exactly(path: string): string {
  return `=${path.replace(/[*?[{]/g, "\\$&")}`;
}

/** The patterns of pasted text: one a line, without comments and repetitions. */
export function patternsOf(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== "" && !line.startsWith("#")))];
}

/** Whether a failure is about the rule, and not about the daemon or the way to it. */
function isOfRule(caught: unknown): boolean {
  return ["malformed", "policy", "refused", "too_long"].includes(wireError(caught).code);
}

function matches(entry: Entry, filter: Filter): boolean {
  if (filter.effect !== "all" && entry.effect !== filter.effect) {
    return false;
  }
  if (filter.area !== "all" && areaOf(entry.kind) !== filter.area) {
    return false;
  }
  if (!fits(entry, filter.use)) {
    return false;
  }
  const text = filter.text.trim().toLowerCase();
  const fields = [entry.pattern, entry.id, entry.project, entry.program, entry.note, entry.address];
  return text === "" || fields.some((field) => field?.toLowerCase().includes(text));
}

function fits(entry: Entry, use: Use): boolean {
  switch (use) {
    case "all":
      return true;
    case "never":
      return entry.lastUsed === null;
    case "idle":
      // What is younger could not be used before.
      return (millis(entry.lastUsed) ?? millis(entry.given) ?? 0) < Date.now() - IDLE_MS;
  }
}

function inOrder(entries: Entry[], order: Order): Entry[] {
  const used = (entry: Entry): number => millis(entry.lastUsed) ?? 0;
  return order === "listed" ? entries : [...entries].sort((a, b) => used(a) - used(b));
}

function areaOf(kind: Kind): Area {
  switch (kind) {
    case "network":
      return "domains";
    case "read":
    case "write":
    case "growth":
      return "paths";
    case "execute":
    case "profile":
    case "neighbour":
      return "programs";
  }
}

function ofRule(rule: RuleView): Entry {
  return {
    key: `rule ${rule.id}`,
    id: rule.id,
    from: "rule",
    effect: rule.effect,
    kind: rule.kind,
    pattern: rule.pattern,
    address: rule.address,
    project: rule.project,
    program: rule.program,
    scope: null,
    expiresMs: millis(rule.expires),
    note: rule.note,
    origin: rule.origin,
    given: rule.created,
    hits: rule.hits,
    lastUsed: rule.last_used,
    redundantBeside: rule.redundant_beside,
    isEditable: rule.origin === "written" || rule.origin === "answered",
  };
}

function ofGrant(grant: GrantView): Entry {
  return {
    key: `grant ${grant.id}`,
    id: grant.id,
    from: "grant",
    effect: grant.effect,
    kind: grant.kind,
    pattern: grant.pattern,
    address: grant.address,
    project: typeof grant.scope === "object" && "project" in grant.scope ? grant.scope.project : null,
    program: null,
    scope: grant.scope,
    expiresMs: millis(grant.expires),
    note: null,
    origin: null,
    given: grant.given,
    hits: grant.hits,
    lastUsed: grant.last_used,
    redundantBeside: null,
    isEditable: true,
  };
}
