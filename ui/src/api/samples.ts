// What the fake app knows: everyday content, and text as an attacker would choose it. Names end in .test.

import type { GrantView } from "./generated/GrantView";
import type { MemberView } from "./generated/MemberView";
import type { MissedView } from "./generated/MissedView";
import type { PastSession } from "./generated/PastSession";
import type { ProcessView } from "./generated/ProcessView";
import type { QuestionView } from "./generated/QuestionView";
import type { ResourceLimits } from "./generated/ResourceLimits";
import type { ReviewView } from "./generated/ReviewView";
import type { RuleView } from "./generated/RuleView";
import type { SessionView } from "./generated/SessionView";
import type { SettingsView } from "./generated/SettingsView";
import type { StatusView } from "./generated/StatusView";

/** Markup, an escape sequence, a right-to-left override, and more characters than fit anywhere. */
export const HOSTILE = {
  markup: "<img src=x onerror=alert(1)><b>Allow</b>",
  escape: "\u001b[31mred\u001b[0m\u0007",
  override: "safe\u202Etxt.exe",
  long: `/home/ana/${"a".repeat(10_000)}/end`,
} as const;

/** What a session may use by preset. */
const LIMITS: ResourceLimits = {
  memory_bytes: 12_884_901_888,
  cpus_thousandths: null,
  processes: 8_192,
  open_files: 65_536,
  run_time_ms: null,
  tmp_bytes: 2_147_483_648,
  disk_bytes: 53_687_091_200,
};

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

export function process(display: string, over: Partial<ProcessView> = {}): ProcessView {
  return {
    pid: 48_213,
    exe: "/usr/bin/node",
    command: display.split(" "),
    display,
    others: [],
    ancestors: ["sh -c 'vite build'", "npm run build", "bash"],
    ...over,
  };
}

export function member(target: string, over: Partial<MemberView> = {}): MemberView {
  return {
    target,
    display: target,
    process: process("npm install left-pad"),
    host: null,
    reason: "no rule speaks about it",
    waiting: 1,
    ...over,
  };
}

export function host(labels: string, registrable: string, over: Partial<MemberView> = {}, port = 443): MemberView {
  return member(`${labels}${registrable}:${port}`, {
    display: `${labels}${registrable}`,
    host: { labels, registrable, unicode: null, port },
    ...over,
  });
}

let counter = 0;

export function question(over: Partial<QuestionView> = {}, now = Date.now()): QuestionView {
  counter += 1;
  const members = over.members ?? [host("registry.", "packages.test")];
  return {
    id: `q${counter}`,
    revision: 1,
    kind: "network",
    targets: members.map((each) => each.target),
    process: members[0]?.process ?? process("npm install left-pad"),
    project: "/home/ana/code/shop",
    project_shown: "~/code/shop",
    session: "s-7f3a",
    session_name: "shop",
    raised: iso(now - 4_000),
    expires: iso(now + 56_000),
    expires_ms: now + 56_000,
    title: "npm (shop) wants registry.packages.test",
    group: "packages.test",
    bundle: null,
    members,
    waiting: 1,
    unlisted: 0,
    widened: ["**.packages.test"],
    covers: [],
    ...over,
  };
}

/** A session that met its limit of growth on disk. */
export function growth(over: Partial<QuestionView> = {}, now = Date.now()): QuestionView {
  const grew = "grew by 10.2 GiB on disk, 10 GiB were allowed, 84 GiB are free";
  const nobody = process("", { pid: 0, exe: null, ancestors: [] });
  return question(
    {
      kind: "growth",
      title: `A session (shop) is frozen: it ${grew}`,
      members: [member(grew, { process: nobody })],
      group: "growth on disk",
      widened: [],
      ...over,
    },
    now,
  );
}

export function questions(now: number): QuestionView[] {
  const puny = host("login.", "xn--pple-43d.test", {
    host: { labels: "login.", registrable: "xn--pple-43d.test", unicode: "login.аpple.test", port: 8443 },
    reason: "no rule speaks about it",
  });
  const write = (path: string): MemberView =>
    member(path, { reason: "it runs outside the sandbox later: read when a shell starts" });
  return [
    question({}, now),
    question(
      {
        kind: "write",
        title: 'python3 (etl) wants to change ~/.bashrc and 1 more (it runs outside the sandbox later)',
        members: [write("~/.bashrc"), write("~/.profile")],
        group: "~",
        project: "/home/ana/code/etl",
        project_shown: "~/code/etl",
        session: "s-19bc",
        session_name: "etl",
        widened: [],
        waiting: 0,
        unlisted: 3,
      },
      now - 12_000,
    ),
    question({ title: "node (shop) wants login.xn--pple-43d.test", members: [puny], group: "xn--pple-43d.test" }, now),
    question(
      {
        kind: "profile",
        title: "Claude Code (shop) wants its own login and state (4 paths, 1 domain family)",
        members: [
          member("profile claude-code", {
            display: "its own login and state (4 paths, 1 domain family)",
            reason: "no rule",
          }),
        ],
        widened: [],
        covers: [
          "read and write ~/.claude/.credentials.json",
          "read ~/.claude and everything below",
          "read ~/.claude.json",
          "read and write ~/.claude/projects and everything below",
          "network **.model.test",
        ],
      },
      now + 20_000,
    ),
    growth({}, now),
    question(
      {
        title: `${HOSTILE.markup} (shop) wants ${HOSTILE.override}`,
        members: [
          member(HOSTILE.long, {
            process: process(`${HOSTILE.escape} ${HOSTILE.markup}`, { exe: HOSTILE.override, ancestors: [HOSTILE.markup] }),
            reason: HOSTILE.markup,
          }),
        ],
        kind: "read",
        group: HOSTILE.override,
        project: HOSTILE.long,
        project_shown: HOSTILE.long,
        session_name: HOSTILE.override,
        widened: [HOSTILE.markup],
      },
      now + 40_000,
    ),
  ];
}

export function missed(now: number): MissedView[] {
  const base = (over: Partial<QuestionView>, why: MissedView["why"], ago: number): MissedView => ({
    ...question(over, now - ago),
    missed: iso(now - ago),
    why,
    waiting: 0,
  });
  return [
    base({ title: "cargo (engine) wants files.crates.test", project: "/home/ana/code/engine" }, "timed_out", 240_000),
    base(
      { kind: "read", title: "python3 (etl) wants to read ~/Documents/taxes.ods", session: "s-19bc", widened: [] },
      "quiet",
      600_000,
    ),
    base({ title: `${HOSTILE.markup} wants ${HOSTILE.override}` }, "paused", 4_000_000),
  ];
}

export function rules(now: number): RuleView[] {
  const rule = (id: string, over: Partial<RuleView>): RuleView => ({
    id,
    effect: "allow",
    kind: "network",
    pattern: "example.test",
    address: null,
    project: null,
    program: null,
    expires: null,
    note: null,
    origin: "written",
    created: iso(now - 11_000_000),
    hits: 0,
    last_used: null,
    redundant_beside: null,
    preceded_by: [],
    ...over,
  });
  return [
    rule("r1", { pattern: "**.packages.test", hits: 1_204, last_used: iso(now - 42_000), note: "package registry" }),
    rule("r2", {
      pattern: "registry.packages.test",
      origin: "answered",
      project: "/home/ana/code/shop",
      redundant_beside: "r1",
      hits: 3,
      last_used: iso(now - 86_400_000 * 3),
    }),
    rule("r3", { effect: "deny", pattern: "telemetry.tracker.test", hits: 88, last_used: iso(now - 3_600_000) }),
    rule("r4", { effect: "ask", kind: "write", pattern: "~/.config", origin: "managed", note: "company policy" }),
    rule("r5", { kind: "read", pattern: "~/.gitconfig", hits: 51, last_used: iso(now - 7_000) }),
    rule("r6", { effect: "deny", kind: "execute", pattern: "/usr/bin/ssh", expires: iso(now + 5_400_000) }),
    rule("r7", { effect: "deny", pattern: "*.ads.test", origin: "project", project: "/home/ana/code/shop" }),
    rule("r8", { kind: "network", pattern: "nas.home.test", address: "192.168.1.20", program: null }),
    rule("r9", { effect: "ask", kind: "read", pattern: HOSTILE.long, note: HOSTILE.markup, program: HOSTILE.override }),
  ];
}

export function grants(now: number): GrantView[] {
  const grant = (id: string, over: Partial<GrantView>): GrantView => ({
    id,
    effect: "allow",
    kind: "network",
    pattern: "api.weather.test",
    address: null,
    scope: { project: "/home/ana/code/shop" },
    given: iso(now - 720_000),
    expires: iso(now + 2_880_000),
    hits: 14,
    last_used: iso(now - 30_000),
    ...over,
  });
  return [
    grant("g1", {}),
    grant("g2", { kind: "read", pattern: "~/Pictures/logo.svg", scope: { session: "s-7f3a" }, expires: null, hits: 1 }),
    grant("g3", { effect: "deny", pattern: "collect.metrics.test", scope: "everywhere", hits: 402 }),
  ];
}

export function sessions(now: number): SessionView[] {
  const session = (id: string, over: Partial<SessionView>): SessionView => ({
    id,
    name: null,
    project: "/home/ana/code/shop",
    command: "claude",
    state: "running",
    pid: 48_100,
    started: iso(now - 1_560_000),
    interactive: true,
    switches: { nested_sandbox: false, debugger: false },
    quiet: false,
    ports: [],
    bytes_in: 48_211_904,
    bytes_out: 1_204_551,
    usage: { memory_bytes: 612_368_384, cpus_thousandths: 1_340, processes: 23, disk_bytes: 18_874_368 },
    limits: LIMITS,
    enforcement: "scope",
    network: "captured",
    ...over,
  });
  return [
    session("s-7f3a", {
      name: "shop",
      ports: [
        { served_by: "host", address: null, port: 5_432, inside: 5_432 },
        { served_by: "session", address: null, port: 8_080, inside: 3_000 },
      ],
    }),
    session("s-19bc", {
      name: "etl",
      project: "/home/ana/code/etl",
      command: "python3 -m etl run --all",
      bytes_in: 9_120,
      bytes_out: 801,
      started: iso(now - 65_000),
    }),
  ];
}

export function pastSessions(now: number): PastSession[] {
  const past = (id: string, ago: number, over: Partial<PastSession>): PastSession => ({
    id,
    project: "/home/ana/code/shop",
    command: "npm test",
    started: iso(now - ago - 900_000),
    ended: iso(now - ago),
    detail: "ended with 0",
    first_seq: 12,
    review: "nothing",
    ...over,
  });
  return [
    past("s-02aa", 3_600_000, { review: "something", detail: "ended with 0; 3 changes to review" }),
    past("s-0099", 90_000_000, { project: "/home/ana/code/engine", command: "cargo test --workspace" }),
    past("s-0042", 180_000_000, { command: null, ended: null, detail: null, review: null, project: HOSTILE.override }),
  ];
}

export function review(session: string): ReviewView {
  return {
    session,
    project: "~/code/shop",
    complete: true,
    changes: [
      {
        path: "package.json",
        change: "scripts changed",
        diff: '@@ -4,3 +4,4 @@\n   "scripts": {\n-    "test": "vitest"\n+    "test": "vitest",\n+    "postinstall": "node setup.js"\n   },',
        kept: null,
      },
      { path: ".git/hooks/pre-commit", change: "appeared", diff: `+#!/bin/sh\n+${HOSTILE.markup}\n+${HOSTILE.override}`, kept: null },
      { path: "node_modules/.bin/tool", change: "changed", diff: null, kept: "what was in it was not kept, since it is too large or no text" },
    ],
  };
}

export function settings(): SettingsView {
  return {
    preset: "moderate",
    auto_approve: ["execute"],
    question_timeout_ms: 60_000,
    default_expiry_ms: 3_600_000,
    questions_per_minute: 20,
    block_lists: [
      { path: "/home/ana/lists/trackers.txt", problem: null },
      { path: "/home/ana/lists/gone.txt", problem: "there is no such file" },
    ],
    limits: LIMITS,
    limit_choices: [
      { limit: "memory", written: "8G", usual: "75%", managed: "16G", in_force: "8 GiB" },
      { limit: "cpus", written: null, usual: "none", managed: null, in_force: "none" },
      { limit: "processes", written: null, usual: "16384", managed: null, in_force: "16384" },
      { limit: "open_files", written: "none", usual: "65536", managed: null, in_force: "none" },
      { limit: "run_time", written: null, usual: "none", managed: null, in_force: "none" },
      { limit: "tmp", written: null, usual: "2G", managed: null, in_force: "2 GiB" },
      { limit: "disk", written: null, usual: "100G", managed: null, in_force: "100 GiB" },
    ],
    upstream_proxy: "environment",
    managed: ["preset"],
    file: "~/.config/askbox/policy.toml",
  };
}

export function status(now: number): StatusView {
  return {
    version: "0.3.0",
    pid: 1_204,
    started: iso(now - 7_200_000),
    sessions: 2,
    questions: 5,
    missed: 3,
    grants: 3,
    policy: {
      preset: "moderate",
      default_expiry_ms: 3_600_000,
      switches: { nested_sandbox: false, debugger: false },
      rules: 9,
      blocked_names: 120_433,
      files: [],
    },
    log: "~/.local/state/askbox/log.sqlite",
    paused_until_ms: null,
    lockdown: false,
    obstacle: null,
    log_unsigned: null,
    warnings: ["FUSE is missing: the home directory is empty inside"],
  };
}
