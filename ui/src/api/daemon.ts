// Requests by name, with responses taken out of their wrapping. No state.

import type { App } from "./app";
import type { Answer } from "./generated/Answer";
import type { AnsweredView } from "./generated/AnsweredView";
import type { Breadth } from "./generated/Breadth";
import type { GrantView } from "./generated/GrantView";
import type { HostTraffic } from "./generated/HostTraffic";
import type { Imported } from "./generated/Imported";
import type { Inspection } from "./generated/Inspection";
import type { Link } from "./generated/Link";
import type { LogEvent } from "./generated/LogEvent";
import type { LogQuery } from "./generated/LogQuery";
import type { MissedView } from "./generated/MissedView";
import type { NewRule } from "./generated/NewRule";
import type { PastSession } from "./generated/PastSession";
import type { Preferences } from "./generated/Preferences";
import type { QuestionView } from "./generated/QuestionView";
import type { Request } from "./generated/Request";
import type { Response } from "./generated/Response";
import type { ReviewView } from "./generated/ReviewView";
import type { Revoke } from "./generated/Revoke";
import type { RuleView } from "./generated/RuleView";
import type { SessionView } from "./generated/SessionView";
import type { SettingsChange } from "./generated/SettingsChange";
import type { SettingsView } from "./generated/SettingsView";
import type { SharedPort } from "./generated/SharedPort";
import type { Show } from "./generated/Show";
import type { StatusView } from "./generated/StatusView";
import type { Stop } from "./generated/Stop";
import type { TrafficQuery } from "./generated/TrafficQuery";
import type { WindowRequest } from "./generated/WindowRequest";
import type { WindowResponse } from "./generated/WindowResponse";
import type { WireError } from "./generated/WireError";
import type { ZoomStep } from "./generated/ZoomStep";

type Content<R, K extends string> = R extends string ? never : R extends Record<K, infer V> ? V : never;

/** The content of the one response that a request has. Another one is a fault of the app's. */
function take<R extends Response | WindowResponse, K extends string>(response: R, key: K): Content<R, K> {
  if (typeof response === "object" && key in response) {
    return (response as Record<K, Content<R, K>>)[key];
  }
  const error: WireError = { code: "internal", message: `the app did not respond with ${key}`, hint: null };
  throw error;
}

/** What a window asks for, each as a function. All of them reject with a `WireError`. */
export class Daemon {
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  async #window<K extends string>(request: WindowRequest, key: K): Promise<Content<WindowResponse, K>> {
    return take(await this.#app.request(request), key);
  }

  async #daemon<K extends string>(request: Request, key: K): Promise<Content<Response, K>> {
    return take(await this.#window({ daemon: request }, "daemon"), key);
  }

  async #tell(request: Request): Promise<void> {
    await this.#window({ daemon: request }, "daemon");
  }

  status = (): Promise<StatusView> => this.#daemon("status", "status");
  questions = (): Promise<QuestionView[]> => this.#daemon("questions", "questions");
  missed = (): Promise<MissedView[]> => this.#daemon("missed", "missed");
  answer = (id: string, revision: number, answer: Answer): Promise<AnsweredView> =>
    this.#daemon({ answer: { id, revision, answer } }, "answered");
  keepQuestion = (id: string): Promise<void> => this.#tell({ keep_question: { id } });
  pause = (for_ms: number | null): Promise<void> => this.#tell({ pause: { for_ms } });
  lockdown = (on: boolean): Promise<void> => this.#tell({ lockdown: { on } });
  resume = (session: string | null): Promise<void> => this.#tell({ resume: { session } });

  rules = (): Promise<RuleView[]> => this.#daemon("rules", "rules");
  grants = (): Promise<GrantView[]> => this.#daemon("grants", "grants");
  addRule = (rule: NewRule): Promise<RuleView> => this.#daemon({ add_rule: rule }, "rule_added");
  addRules = (rules: NewRule[]): Promise<RuleView[]> => this.#daemon({ add_rules: rules }, "rules");
  replaceRule = (id: string, rule: NewRule): Promise<RuleView> =>
    this.#daemon({ replace_rule: { id, rule } }, "rule_added");
  removeRule = (id: string): Promise<void> => this.#tell({ remove_rule: { id } });
  revoke = (revoke: Revoke): Promise<{ count: number }> => this.#daemon({ revoke }, "revoked");
  setExpiry = (grant: string, after_ms: number): Promise<void> => this.#tell({ set_expiry: { grant, after_ms } });
  exportPolicy = (): Promise<string> => this.#daemon("export_policy", "policy_text");
  importPolicy = (text: string): Promise<Imported> => this.#daemon({ import_policy: { text } }, "imported");

  settings = (): Promise<SettingsView> => this.#daemon("settings", "settings");
  changeSettings = (change: Partial<SettingsChange>): Promise<SettingsView> =>
    this.#daemon({ change_settings: { ...UNCHANGED, ...change } }, "settings");

  sessions = (): Promise<SessionView[]> => this.#daemon("sessions", "sessions");
  inspect = (session: string, ended: number): Promise<Inspection> =>
    this.#daemon({ inspect: { session, ended } }, "inspected");
  thaw = (session: string): Promise<void> => this.#tell({ thaw: { session, disk_bytes: null } });
  stop = (stop: Stop): Promise<{ count: number }> => this.#daemon({ stop }, "stopped");

  link = (): Promise<Link> => this.#window("link", "link");
  log = (query: LogQuery): Promise<LogEvent[]> => this.#window({ log: query }, "log");
  pastSessions = (): Promise<PastSession[]> => this.#window("past_sessions", "past_sessions");
  traffic = (query: TrafficQuery): Promise<HostTraffic[]> => this.#window({ traffic: query }, "traffic");
  review = (session: string): Promise<ReviewView> => this.#window({ review: { session } }, "review");
  revert = (session: string, paths: string[]): Promise<ReviewView> =>
    this.#window({ revert: { session, paths } }, "review");
  breadth = (rule: NewRule): Promise<Breadth | null> => this.#window({ breadth: rule }, "breadth");
  openPort = (session: string, port: SharedPort): Promise<void> => this.#tell({ open_port: { session, port } });
  closePort = (session: string, port: SharedPort): Promise<void> => this.#tell({ close_port: { session, port } });
  exportLog = (): Promise<{ file: string }> => this.#window("export_log", "written");
  savePolicy = (): Promise<{ file: string }> => this.#window("save_policy", "written");
  preferences = (): Promise<Preferences> => this.#window("preferences", "preferences");
  setPreferences = (preferences: Preferences): Promise<Preferences> =>
    this.#window({ set_preferences: preferences }, "preferences");
  zoom = async (step: ZoomStep): Promise<void> => void (await this.#app.request({ zoom: step }));
  testNotification = async (): Promise<void> => void (await this.#app.request("test_notification"));
  show = async (show: Show): Promise<void> => void (await this.#app.request({ show }));
  close = async (): Promise<void> => void (await this.#app.request("close"));
}

const UNCHANGED: SettingsChange = {
  preset: null,
  auto_approve: null,
  question_timeout_ms: null,
  default_expiry_ms: null,
  block_lists: null,
  limits: [],
};
