// An app without a daemon: for tests, and to look at the windows in a browser. No part of what is shipped.

import type { App } from "./app";
import type { Answer } from "./generated/Answer";
import type { DaemonEvent } from "./generated/DaemonEvent";
import type { Link } from "./generated/Link";
import type { LogEvent } from "./generated/LogEvent";
import type { LogQuery } from "./generated/LogQuery";
import type { MemberView } from "./generated/MemberView";
import type { NewRule } from "./generated/NewRule";
import type { PortView } from "./generated/PortView";
import type { Preferences } from "./generated/Preferences";
import type { QuestionView } from "./generated/QuestionView";
import type { Request } from "./generated/Request";
import type { Response } from "./generated/Response";
import type { RuleView } from "./generated/RuleView";
import type { SettingsChange } from "./generated/SettingsChange";
import type { WindowEvent } from "./generated/WindowEvent";
import type { WindowRequest } from "./generated/WindowRequest";
import type { WindowResponse } from "./generated/WindowResponse";
import type { WireError } from "./generated/WireError";
import * as samples from "./samples";
import { logEvents, traffic } from "./samples_log";

/** What a test changes about the fake before it starts. */
export interface FakeOptions {
  /** Nothing has happened yet. */
  isEmpty?: boolean;
  events?: number;
}

export class FakeApp implements App {
  /** Every request, in order. */
  readonly requests: WindowRequest[] = [];
  status;
  questions;
  missed;
  rules;
  grants;
  sessions;
  past;
  settings;
  events: LogEvent[];
  preferences: Preferences = {
    buttons: ["allow_once", "block", "allow_time", "always", "options"],
    autostart: false,
    zoom: 100,
  };
  down: { reason: string; hint: string | null } | null = null;

  readonly #listeners = new Set<(event: WindowEvent) => void>();
  /** The revision at which each question told of each of its targets. */
  readonly #told = new Map<string, Map<string, number>>();
  #failures: WireError[] = [];
  #nextRule = 100;

  constructor(options: FakeOptions = {}) {
    const now = Date.now();
    const isEmpty = options.isEmpty ?? false;
    this.status = { ...samples.status(now), warnings: isEmpty ? [] : samples.status(now).warnings };
    this.questions = isEmpty ? [] : samples.questions(now);
    this.missed = isEmpty ? [] : samples.missed(now);
    this.rules = isEmpty ? [] : samples.rules(now);
    this.grants = isEmpty ? [] : samples.grants(now);
    this.sessions = isEmpty ? [] : samples.sessions(now);
    this.past = isEmpty ? [] : samples.pastSessions(now);
    this.settings = samples.settings();
    this.events = logEvents(options.events ?? (isEmpty ? 0 : 300), now);
  }

  onEvent(callback: (event: WindowEvent) => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  /** Tells the windows something. */
  emit(event: WindowEvent): void {
    for (const listener of this.#listeners) {
      listener(event);
    }
  }

  /** Lets the daemon tell something. */
  emitDaemon(event: DaemonEvent): void {
    if (typeof event === "object" && "question_changed" in event) {
      const { id, revision, members } = event.question_changed;
      const told = this.#told.get(id);
      this.#told.set(id, new Map(members.map(({ target }) => [target, told?.get(target) ?? revision])));
    }
    this.emit({ daemon: event });
  }

  /** Lets the next request fail that is not about how things are. */
  failNext(error: WireError): void {
    this.#failures.push(error);
  }

  async request(request: WindowRequest): Promise<WindowResponse> {
    this.requests.push(request);
    await Promise.resolve();
    const error = isQuery(request) ? undefined : this.#failures.shift();
    if (error) {
      throw error;
    }
    return structuredClone(typeof request === "string" ? this.#plain(request) : this.#window(request));
  }

  link(): Link {
    return this.down
      ? { down: this.down }
      : {
          up: {
            home: "/home/ana",
            status: this.status,
            questions: this.questions,
            missed: this.missed,
            sessions: this.sessions,
          },
        };
  }

  #plain(request: Extract<WindowRequest, string>): WindowResponse {
    switch (request) {
      case "link":
        return { link: this.link() };
      case "past_sessions":
        return { past_sessions: this.past };
      case "export_log":
        return { written: { file: "~/Downloads/askbox-log.jsonl" } };
      case "save_policy":
        return { written: { file: "~/Downloads/askbox-policy.toml" } };
      case "preferences":
        return { preferences: this.preferences };
      case "test_notification":
      case "close":
        return "done";
    }
  }

  #window(request: Exclude<WindowRequest, string>): WindowResponse {
    if ("daemon" in request) {
      return { daemon: this.#daemon(request.daemon) };
    }
    if ("log" in request) {
      return { log: this.#log(request.log) };
    }
    if ("traffic" in request) {
      return { traffic: this.events.length === 0 ? [] : traffic(request.traffic.parts) };
    }
    if ("review" in request) {
      return { review: samples.review(request.review.session) };
    }
    if ("revert" in request) {
      const { session, paths } = request.revert;
      const review = samples.review(session);
      const stays = (path: string, kept: string | null): boolean =>
        kept !== null || (0 < paths.length && !paths.includes(path));
      return { review: { ...review, changes: review.changes.filter((change) => stays(change.path, change.kept)) } };
    }
    if ("breadth" in request) {
      const { pattern } = request.breadth;
      const wide = { "*": "all_hosts", "**.com": "public_suffix", "/": "all_files", "~": "home" } as const;
      return { breadth: wide[pattern as keyof typeof wide] ?? null };
    }
    if ("set_preferences" in request) {
      this.preferences = request.set_preferences;
      return { preferences: this.preferences };
    }
    if ("zoom" in request) {
      return "done";
    }
    this.emit({ show: request.show });
    return "done";
  }

  #log(query: LogQuery): LogEvent[] {
    const text = query.text?.toLowerCase();
    const found = this.events.filter(
      (event) =>
        (query.session === null || event.session === query.session) &&
        (query.kind === null || event.kind === query.kind) &&
        (!query.denied_only || event.verdict === "deny") &&
        (query.since_ms === null || query.since_ms <= Date.parse(event.time)) &&
        (query.before_seq === null || event.seq < query.before_seq) &&
        (text === undefined || (event.target?.toLowerCase().includes(text) ?? false)),
    );
    return found.slice(-(query.limit ?? found.length));
  }

  #daemon(request: Request): Response {
    if (typeof request === "string") {
      return this.#list(request);
    }
    if ("answer" in request) {
      return this.#answer(request.answer.id, request.answer.revision, request.answer.answer);
    }
    if ("keep_question" in request) {
      this.#keep(request.keep_question.id);
      return "done";
    }
    if ("pause" in request) {
      const until_ms = request.pause.for_ms === null ? null : Date.now() + request.pause.for_ms;
      this.status = { ...this.status, paused_until_ms: until_ms };
      this.emitDaemon({ paused: { until_ms } });
      return "done";
    }
    if ("lockdown" in request) {
      this.status = { ...this.status, lockdown: request.lockdown.on };
      this.emitDaemon({ lockdown: request.lockdown });
      return "done";
    }
    if ("resume" in request) {
      return "done";
    }
    if ("inspect" in request) {
      return { inspected: inspection() };
    }
    if ("open_port" in request || "close_port" in request) {
      this.#ports(request);
      return "done";
    }
    if ("stop" in request) {
      const { stop } = request;
      this.sessions = this.sessions.filter((session) => stop !== "all" && session.id !== stop.session);
      if (stop !== "all") {
        this.emitDaemon({ session_ended: { session: stop.session } });
      }
      return { stopped: { count: 1 } };
    }
    return this.#policy(request);
  }

  #ports(request: Extract<Request, { open_port: unknown } | { close_port: unknown }>): void {
    const [{ session, port }, isOpen] = "open_port" in request ? [request.open_port, true] : [request.close_port, false];
    const view: PortView =
      "host" in port
        ? { served_by: "host", address: null, port: port.host, inside: port.host }
        : { served_by: "session", ...port.published };
    const found = this.sessions.find((each) => each.id === session);
    if (found) {
      const others = found.ports.filter((each) => each.served_by !== view.served_by || each.port !== view.port);
      const changed = { ...found, ports: isOpen ? [...others, view] : others };
      this.sessions = this.sessions.map((each) => (each.id === session ? changed : each));
      this.emitDaemon({ session_changed: changed });
    }
  }

  #policy(request: Exclude<Request, string>): Response {
    if ("add_rule" in request) {
      return { rule_added: this.#add(request.add_rule) };
    }
    if ("add_rules" in request) {
      request.add_rules.forEach(check);
      return { rules: request.add_rules.map((rule) => this.#add(rule)) };
    }
    if ("replace_rule" in request) {
      check(request.replace_rule.rule);
      this.rules = this.rules.filter((rule) => rule.id !== request.replace_rule.id);
      return { rule_added: this.#add(request.replace_rule.rule) };
    }
    if ("remove_rule" in request) {
      this.rules = this.rules.filter((rule) => rule.id !== request.remove_rule.id);
      return "done";
    }
    if ("revoke" in request) {
      const { revoke } = request;
      this.grants = this.grants.filter((grant) => revoke !== "all" && grant.id !== revoke.grant);
      return { revoked: { count: 1 } };
    }
    if ("set_expiry" in request) {
      const { grant, after_ms } = request.set_expiry;
      const expires = new Date(Date.now() + after_ms).toISOString();
      this.grants = this.grants.map((each) => (each.id === grant ? { ...each, expires } : each));
      return "done";
    }
    if ("change_settings" in request) {
      this.#change(request.change_settings);
      return { settings: this.settings };
    }
    if ("import_policy" in request) {
      return { imported: { added: this.rules.slice(0, 2), known: 1 } };
    }
    throw { code: "refused", message: "the fake does not do this", hint: null } satisfies WireError;
  }

  #list(request: Extract<Request, string>): Response {
    switch (request) {
      case "status":
        return { status: this.status };
      case "questions":
        return { questions: this.questions };
      case "missed":
        return { missed: this.missed };
      case "rules":
        return { rules: this.rules };
      case "grants":
        return { grants: this.grants };
      case "settings":
        return { settings: this.settings };
      case "export_policy":
        return { policy_text: '# Rules of ana\n[[rule]]\neffect = "allow"\nnetwork = "**.packages.test"\n' };
      case "sessions":
        return { sessions: this.sessions };
    }
  }

  #answer(id: string, revision: number, answer: Answer): Response {
    const found = [...this.questions, ...this.missed].find((question) => question.id === id);
    if (!found) {
      throw { code: "not_found", message: "there is no such question", hint: null } satisfies WireError;
    }
    const rest = this.#beyond(found, revision);
    if (0 < rest.length && rest.length === found.members.length) {
      throw { code: "stale", message: "the question changed", hint: "look at it again" } satisfies WireError;
    }
    if (rest.length === 0) {
      this.questions = this.questions.filter((question) => question.id !== id);
      this.missed = this.missed.filter((question) => question.id !== id);
      this.emitDaemon({ question_closed: { id, outcome: answer.allow ? "allowed" : "denied" } });
    } else {
      const left = { members: rest, targets: rest.map(({ target }) => target) };
      this.missed = this.missed.map((question) => (question.id === id ? { ...question, ...left } : question));
      this.questions = this.questions.map((question) => (question.id === id ? { ...question, ...left } : question));
      for (const open of this.questions.filter((question) => question.id === id)) {
        this.emitDaemon({ question_changed: open });
      }
    }
    const rule: NewRule = {
      effect: answer.allow ? "allow" : "deny",
      kind: found.kind,
      pattern: found.targets[0] ?? "",
      address: null,
      project: null,
      program: null,
      expires_after_ms: null,
      note: null,
    };
    const rules = answer.duration === "always" ? [this.#add(rule)] : [];
    return { answered: { allow: answer.allow, released: 1, grants: [], rules, left: rest.length } };
  }

  /** What a question lists beyond that revision; all of it where it is about one thing, or where nothing was told of it. */
  #beyond({ id, revision, kind, members }: QuestionView, seen: number): MemberView[] {
    if (seen === revision) {
      return [];
    }
    const isOne = kind === "profile" || kind === "neighbour" || kind === "growth";
    const told = this.#told.get(id);
    return isOne ? members : members.filter(({ target }) => seen < (told?.get(target) ?? revision));
  }

  #keep(id: string): void {
    const found = this.questions.find((question) => question.id === id);
    if (!found) {
      throw { code: "not_found", message: "there is no such question", hint: null } satisfies WireError;
    }
    const expires_ms = Math.max(found.expires_ms, Date.now() + 60_000);
    const kept = { ...found, expires_ms, expires: new Date(expires_ms).toISOString() };
    this.questions = this.questions.map((question) => (question.id === id ? kept : question));
    this.emitDaemon({ question_changed: kept });
  }

  #add(rule: NewRule): RuleView {
    check(rule);
    this.#nextRule += 1;
    const { expires_after_ms, ...rest } = rule;
    const expires = expires_after_ms === null ? null : new Date(Date.now() + expires_after_ms).toISOString();
    const added: RuleView = {
      ...rest,
      id: `r${this.#nextRule}`,
      expires,
      origin: "written",
      created: new Date().toISOString(),
      hits: 0,
      last_used: null,
      redundant_beside: null,
      preceded_by: [],
    };
    this.rules = [added, ...this.rules];
    return added;
  }

  #change(change: SettingsChange): void {
    const { block_lists, limits, ...rest } = change;
    const bad = limits.find(({ value }) => value !== null && !/^(none|\d[\w.%]*)$/.test(value));
    if (bad) {
      const message = `${bad.limit}: expected a size, or \`none\``;
      throw { code: "refused", message, hint: null } satisfies WireError;
    }
    const limit_choices = this.settings.limit_choices.map((view) => {
      const changed = limits.find(({ limit }) => limit === view.limit);
      return changed ? { ...view, written: changed.value } : view;
    });
    const made = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
    this.settings = { ...this.settings, ...made, limit_choices };
    if (block_lists) {
      this.settings.block_lists = block_lists.map((path) => ({ path, problem: null }));
    }
  }
}

function isQuery(request: WindowRequest): boolean {
  if (typeof request === "string") {
    return request === "link" || request === "preferences" || request === "past_sessions";
  }
  if ("daemon" in request) {
    return typeof request.daemon === "string" || "keep_question" in request.daemon;
  }
  return "log" in request || "breadth" in request;
}

function check(rule: NewRule): void {
  if (/\s/.test(rule.pattern) || rule.pattern === "") {
    const message = `"${rule.pattern}" is no pattern`;
    throw { code: "policy", message, hint: "write a host like *.example.test" } satisfies WireError;
  }
}

function inspection(): Extract<Response, { inspected: unknown }>["inspected"] {
  const started = new Date(Date.now() - 1_500_000).toISOString();
  return {
    processes: [
      { pid: 48_100, parent: null, display: "claude", started },
      { pid: 48_200, parent: 48_100, display: "bash", started },
      { pid: 48_213, parent: 48_200, display: "npm install left-pad", started },
      { pid: 48_214, parent: 48_213, display: samples.HOSTILE.markup, started: null },
    ],
    is_cut: true,
    connections: 4,
    ended: {
      latest: [
        { pid: 48_190, display: "/usr/bin/make", started, ended: started, how: { exited: 2 } },
        { pid: 48_189, display: samples.HOSTILE.markup, started, ended: started, how: "replaced" },
      ],
      before: 12,
      unwatched: 0,
    },
  };
}
