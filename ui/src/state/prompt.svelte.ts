// The prompt window: which question is shown, what is chosen, and when an answer counts. The shown question stays until
// it is answered, closed, or left by the person; whatever else happens in the queue does not move it.

import { wireError } from "../api/app";
import type { Daemon } from "../api/daemon";
import type { Duration } from "../api/generated/Duration";
import type { QuestionView } from "../api/generated/QuestionView";
import type { WireError } from "../api/generated/WireError";
import { MINUTE } from "../text/quantity";
import { Arming, Seen } from "./arming.svelte";
import type { LinkState } from "./link.svelte";
import type { Outcome, Questions } from "./questions.svelte";

/** How long it is said that a question was answered elsewhere. */
export const ELSEWHERE_MS = 2_000;

/** How long it is said that nobody heard how it ended: there is more to read. */
const UNHEARD_MS = 8_000;

/** How often the daemon hears that a person is at the question. What is done meanwhile counts at the end of it. */
export const KEEP_EVERY_MS = 3_000;

/** What can be chosen for how long an answer holds. */
export type Choice = "once" | "session" | "default" | "custom" | "always";

/** What the window is at. */
export type Phase = "empty" | "asking" | "closed_elsewhere";

/** What there is to say about the shown question. */
export type Note = "none" | "grown" | "changed" | "stale";

export class Prompt {
  phase = $state<Phase>("empty");
  /** The question as it is shown. */
  question = $state.raw<QuestionView | null>(null);
  outcome = $state<Outcome>("unheard");
  note = $state<Note>("none");
  error = $state.raw<WireError | null>(null);
  isSending = $state(false);

  choice = $state<Choice>("once");
  customMs = $state(30 * MINUTE);
  widen = $state(false);
  everywhere = $state(false);

  readonly arming = new Arming();
  /** What of it an answer is for. */
  readonly #seen = new Seen();
  readonly #questions: Questions;
  readonly #daemon: Daemon;
  readonly #link: LinkState;
  /** A question that the person asked to see before it was known. */
  #wanted: string | null = null;
  #going: ReturnType<typeof setTimeout> | undefined;
  /** Runs while the daemon has just heard that a person is here. */
  #keeping: ReturnType<typeof setTimeout> | undefined;
  #isTouched = false;

  constructor(questions: Questions, daemon: Daemon, link: LinkState) {
    this.#questions = questions;
    this.#daemon = daemon;
    this.#link = link;
    questions.onChange(() => this.#follow());
  }

  /** The choices that a question of this kind has. */
  get choices(): readonly Choice[] {
    switch (this.question?.kind) {
      case "profile":
        return ["session", "always"];
      case "growth":
        return ["once", "session"];
      default:
        return ["once", "session", "default", "custom", "always"];
    }
  }

  /** Whether an answer can be for every project: what ends with its session is for that alone. */
  get canBeEverywhere(): boolean {
    return this.choice !== "once" && this.choice !== "session";
  }

  get canWiden(): boolean {
    return this.question !== null && this.question.kind !== "profile" && 0 < this.question.widened.length;
  }

  /** Brings a question into sight because the person wants it. */
  show(id: string): void {
    const question = this.#questions.open.find((open) => open.id === id);
    if (!question) {
      this.#wanted = id;
    } else if (question.id !== this.question?.id) {
      this.#ask(question);
    }
  }

  choose(choice: Choice): void {
    if (this.choices.includes(choice)) {
      this.choice = choice;
    }
  }

  /** Answers what is shown. Does nothing for a click or a key that was made before it was armed. */
  async answer(allow: boolean, event: Event): Promise<void> {
    const question = this.question;
    if (this.phase !== "asking" || !question || !this.arming.covers(event) || this.isSending || !this.#link.isUp) {
      return;
    }
    this.isSending = true;
    this.error = null;
    try {
      await this.#questions.answer({ id: question.id, revision: this.#seen.at(event) }, {
        allow,
        duration: this.#duration(),
        widen: this.canWiden && this.widen,
        everywhere: this.canBeEverywhere && this.everywhere,
      });
      this.isSending = false;
      if (this.question?.id === question.id) {
        this.#next();
      } else {
        // The person went to another meanwhile, and it stays.
        this.#follow();
      }
    } catch (caught) {
      this.isSending = false;
      await this.#failed(wireError(caught));
    }
  }

  /** Decides nothing: the question stays open elsewhere. */
  async later(): Promise<void> {
    this.arming.disarm();
    await this.#daemon.close();
  }

  /** Arms anew what came back into sight. */
  rearm(): void {
    if (this.phase === "asking") {
      this.arming.restart();
    }
  }

  /** A person is at the question: it does not run out under their hands. */
  keep(): void {
    const question = this.question;
    if (this.phase !== "asking" || !question || !this.#link.isUp) {
      return;
    }
    if (this.#keeping !== undefined) {
      this.#isTouched = true;
      return;
    }
    this.#keeping = setTimeout(() => {
      this.#keeping = undefined;
      if (this.#isTouched) {
        this.#isTouched = false;
        this.keep();
      }
    }, KEEP_EVERY_MS);
    // One that is not open any more says so itself.
    this.#daemon.keepQuestion(question.id).catch(() => undefined);
  }

  #duration(): Duration {
    switch (this.choice) {
      case "once":
      case "session":
      case "always":
        return this.choice;
      case "default":
        return { for: this.#link.defaultExpiryMs };
      case "custom":
        return { for: this.customMs };
    }
  }

  #ask(question: QuestionView): void {
    clearTimeout(this.#going);
    clearTimeout(this.#keeping);
    this.#keeping = undefined;
    this.#isTouched = false;
    this.#wanted = null;
    this.phase = "asking";
    this.question = question;
    this.note = "none";
    this.error = null;
    this.choice = question.kind === "profile" ? "session" : "once";
    this.widen = false;
    this.everywhere = false;
    this.#seen.restart(question.revision);
    this.arming.restart();
  }

  /** What the person asked to see, else what waits longest. */
  #following(): QuestionView | undefined {
    return this.#questions.open.find((open) => open.id === this.#wanted) ?? this.#questions.open[0];
  }

  #next(): void {
    const question = this.#following();
    if (question) {
      this.#ask(question);
    } else {
      this.phase = "empty";
      this.question = null;
      this.arming.disarm();
      this.#daemon.close().catch(() => undefined);
    }
  }

  #follow(): void {
    const shown = this.question;
    if (this.phase === "empty") {
      const question = this.#following();
      if (question) {
        this.#ask(question);
      }
    } else if (this.phase === "asking" && shown && !this.isSending) {
      const now = this.#questions.open.find((open) => open.id === shown.id);
      if (!now) {
        this.#closedElsewhere(this.#questions.outcome(shown.id));
      } else {
        this.#update(shown, now);
      }
    }
  }

  #update(shown: QuestionView, now: QuestionView): void {
    this.question = now;
    if (whatIsAsked(shown) === whatIsAsked(now)) {
      return;
    }
    if (isOnlyMore(shown, now)) {
      // Not armed anew: a program that adds and adds could be answered by nobody.
      this.note = "grown";
      this.#seen.grown(now.revision);
    } else {
      this.note = "changed";
      this.#seen.restart(now.revision);
      this.arming.restart();
    }
  }

  #closedElsewhere(outcome: Outcome): void {
    this.phase = "closed_elsewhere";
    this.outcome = outcome;
    this.error = null;
    this.arming.disarm();
    clearTimeout(this.#going);
    this.#going = setTimeout(() => this.#next(), outcome === "unheard" ? UNHEARD_MS : ELSEWHERE_MS);
  }

  async #failed(error: WireError): Promise<void> {
    this.arming.restart();
    if (error.code !== "stale" && error.code !== "not_found") {
      this.error = error;
      return;
    }
    try {
      await this.#questions.reload();
    } catch (caught) {
      this.error = wireError(caught);
      return;
    }
    if (this.phase === "asking") {
      this.note = "stale";
      this.#seen.restart(this.question?.revision ?? 0);
      this.arming.restart();
    }
  }
}

/** Whether it asks for all that it asked for, and more. */
function isOnlyMore(shown: QuestionView, now: QuestionView): boolean {
  return shown.revision <= now.revision && shown.targets.every((target) => now.targets.includes(target));
}

/** Everything that an answer covers; how many programs still wait is not part of it. */
function whatIsAsked(question: QuestionView): string {
  return JSON.stringify([question.revision, question.targets, question.widened, question.unlisted]);
}
