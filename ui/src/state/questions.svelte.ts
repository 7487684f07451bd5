// Open and missed questions, as the daemon lists them.

import type { Daemon } from "../api/daemon";
import type { Answer } from "../api/generated/Answer";
import type { AnsweredView } from "../api/generated/AnsweredView";
import type { Closed } from "../api/generated/Closed";
import type { DaemonEvent } from "../api/generated/DaemonEvent";
import type { MissedView } from "../api/generated/MissedView";
import type { QuestionView } from "../api/generated/QuestionView";

/** How a question ended; `unheard`: nobody was connected who could have heard of it. */
export type Outcome = Closed | "unheard";

/** Closed questions whose outcome is remembered: more than can be on show at once. */
const OUTCOMES = 100;

export class Questions {
  /** In the order in which they came; a question never changes its place. */
  open = $state.raw<QuestionView[]>([]);
  /** The latest first. */
  missed = $state.raw<MissedView[]>([]);

  readonly #daemon: Daemon;
  readonly #outcomes = new Map<string, Closed>();
  readonly #listeners = new Set<() => void>();

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  /** Calls back after every change of the open questions. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** What is known of the end of a question that is not open any more. */
  outcome(id: string): Outcome {
    return this.#outcomes.get(id) ?? "unheard";
  }

  /** All anew: what was known before counts no more. */
  replace(open: readonly QuestionView[], missed: readonly MissedView[]): void {
    this.#setMissed(missed);
    this.#setOpen(inOrder(this.open, open));
  }

  /** Asks for all of them. */
  async reload(): Promise<void> {
    const [open, missed] = await Promise.all([this.#daemon.questions(), this.#daemon.missed()]);
    this.replace(open, missed);
  }

  async reloadMissed(): Promise<void> {
    this.#setMissed(await this.#daemon.missed());
  }

  /** Answers an open or a missed question as it was shown. */
  async answer(question: { id: string; revision: number }, answer: Answer): Promise<AnsweredView> {
    const answered = await this.#daemon.answer(question.id, question.revision, answer);
    if (answered.left === 0) {
      this.#unlist(question.id);
      this.#close(question.id, answered.allow ? "allowed" : "denied");
    }
    return answered;
  }

  apply(event: DaemonEvent): void {
    if (event === "missed_changed") {
      this.reloadMissed().catch(() => undefined);
    } else if (typeof event === "string") {
      return;
    } else if ("question_opened" in event) {
      this.#upsert(event.question_opened);
    } else if ("question_changed" in event) {
      this.#upsert(event.question_changed);
    } else if ("question_closed" in event) {
      // A missed one can be answered elsewhere too.
      this.#unlist(event.question_closed.id);
      this.#close(event.question_closed.id, event.question_closed.outcome);
    } else if ("missed" in event) {
      this.#setMissed([...this.missed.filter((missed) => missed.id !== event.missed.id), event.missed]);
    } else if ("missed_dropped" in event) {
      this.#unlist(event.missed_dropped.id);
    }
  }

  #unlist(id: string): void {
    this.missed = this.missed.filter((missed) => missed.id !== id);
  }

  #setMissed(missed: readonly MissedView[]): void {
    this.missed = [...missed].sort((a, b) => b.missed.localeCompare(a.missed));
  }

  #upsert(question: QuestionView): void {
    const isKnown = this.open.some((open) => open.id === question.id);
    this.#setOpen(
      isKnown
        ? this.open.map((open) => (open.id === question.id ? question : open))
        : [...this.open, question],
    );
  }

  #close(id: string, outcome: Closed): void {
    this.#outcomes.set(id, outcome);
    const [oldest] = this.#outcomes.keys();
    if (OUTCOMES < this.#outcomes.size && oldest !== undefined) {
      this.#outcomes.delete(oldest);
    }
    this.#setOpen(this.open.filter((open) => open.id !== id));
  }

  #setOpen(open: QuestionView[]): void {
    this.open = open;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** What is known keeps its place, what is new goes to the end. */
function inOrder(known: readonly QuestionView[], fresh: readonly QuestionView[]): QuestionView[] {
  const byId = new Map(fresh.map((question) => [question.id, question]));
  const kept = known.flatMap((question) => byId.get(question.id) ?? []);
  const isKept = new Set(kept.map((question) => question.id));
  return [...kept, ...fresh.filter((question) => !isKept.has(question.id))];
}
