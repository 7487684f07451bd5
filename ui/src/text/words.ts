// Which message stands for which value of the wire.

import type { Effect } from "../api/generated/Effect";
import type { EventKind } from "../api/generated/EventKind";
import type { Kind } from "../api/generated/Kind";
import type { Limit } from "../api/generated/Limit";
import type { LogEvent } from "../api/generated/LogEvent";
import type { Origin } from "../api/generated/Origin";
import type { Outcome } from "../api/generated/Outcome";
import type { Preset } from "../api/generated/Preset";
import type { Button } from "../api/generated/Button";
import type { WhyMissed } from "../api/generated/WhyMissed";
import type { Choice } from "../state/prompt.svelte";

export const KIND: Record<Kind, string> = {
  network: "kind-network",
  read: "kind-read",
  write: "kind-write",
  execute: "kind-execute",
  profile: "kind-profile",
  neighbour: "kind-neighbour",
  growth: "kind-growth",
};

export const EVENT_KIND: Record<EventKind, string> = {
  ...KIND,
  answer: "kind-answer",
  grant: "kind-grant",
  rule: "kind-rule",
  session: "kind-session",
  traffic: "kind-traffic",
  daemon: "kind-daemon",
  policy: "kind-policy",
};

export const EFFECT: Record<Effect, string> = { allow: "effect-allow", deny: "effect-block", ask: "effect-ask" };

export const OUTCOME: Record<Outcome, string> = { allow: "outcome-allow", deny: "outcome-deny", ask: "outcome-ask" };

export const ORIGIN: Record<Origin, string> = {
  managed: "origin-managed",
  flag: "origin-flag",
  written: "origin-written",
  answered: "origin-answered",
  project: "origin-project",
  trusted: "origin-trusted",
};

export const WHY_MISSED: Record<WhyMissed, string> = {
  timed_out: "missed-timed-out",
  quiet: "missed-quiet",
  paused: "missed-paused",
  suspended: "missed-suspended",
  lockdown: "missed-lockdown",
  too_many: "missed-too-many",
  session_ended: "missed-session-ended",
  log_failed: "missed-log-failed",
};

/** What a limit is called, and what can be written. */
export const LIMIT: Record<Limit, { name: string; example: string }> = {
  memory: { name: "resource-memory", example: "example-memory" },
  cpus: { name: "resource-processors", example: "example-processors" },
  processes: { name: "resource-processes", example: "example-count" },
  open_files: { name: "resource-files", example: "example-count" },
  run_time: { name: "resource-time", example: "example-time" },
  tmp: { name: "resource-tmp", example: "example-size" },
  disk: { name: "resource-disk", example: "example-size" },
};

export const PRESET: Record<Preset, { name: string; text: string }> = {
  minimal: { name: "preset-minimal", text: "preset-minimal-text" },
  moderate: { name: "preset-moderate", text: "preset-moderate-text" },
  development: { name: "preset-development", text: "preset-development-text" },
};

export const BUTTON: Record<Button, string> = {
  allow_once: "button-allow-once",
  block: "button-block",
  allow_time: "button-allow-default-time",
  allow_session: "button-allow-session",
  always: "button-always",
  options: "button-options",
};

const LENGTH: Record<Choice, string> = {
  once: "prompt-once",
  session: "prompt-this-session",
  default: "prompt-default-time",
  custom: "prompt-custom-time",
  always: "prompt-always",
};

/** How long an answer holds. Growth is allowed by an amount: once, or without limit in its session. */
export function lengthOf(choice: Choice, kind: Kind | undefined): string {
  if (kind !== "growth") {
    return LENGTH[choice];
  }
  return choice === "once" ? "prompt-grow-once" : "prompt-grow-session";
}

/** Changes after which an answer or a rule counts no more. */
const ENDS: Partial<Record<EventKind, readonly string[]>> = {
  grant: ["expired", "used", "revoked"],
  rule: ["removed"],
};

/** Whether an event says that what was allowed or denied is so no longer. */
export function isEnd({ kind, action }: Pick<LogEvent, "kind" | "action">): boolean {
  return ENDS[kind]?.includes(action ?? "") ?? false;
}
