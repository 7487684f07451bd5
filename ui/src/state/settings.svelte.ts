// Settings of the policy and choices of the person.

import type { Daemon } from "../api/daemon";
import type { DaemonEvent } from "../api/generated/DaemonEvent";
import type { Preferences } from "../api/generated/Preferences";
import type { SettingsChange } from "../api/generated/SettingsChange";
import type { SettingsView } from "../api/generated/SettingsView";

export class Settings {
  settings = $state.raw<SettingsView | null>(null);
  preferences = $state.raw<Preferences | null>(null);

  readonly #daemon: Daemon;
  #isWanted = false;
  /** Ends when everything has that was asked for before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  async reload(): Promise<void> {
    this.#isWanted = true;
    await this.#inTurn(async () => {
      [this.settings, this.preferences] = await Promise.all([this.#daemon.settings(), this.#daemon.preferences()]);
    });
  }

  /** What was known counts no more; it is asked for again only where a view has shown it. */
  refresh(): void {
    if (this.#isWanted) {
      this.reload().catch(() => undefined);
    }
  }

  /** Whether an administrator made a setting, by its name on the wire. */
  isManaged(name: keyof SettingsView): boolean {
    return this.settings?.managed.includes(name) ?? false;
  }

  /** Changes settings. What `made` makes of them is asked for when all changes before are known. */
  change(made: (now: SettingsView) => Partial<SettingsChange>): Promise<void> {
    return this.#inTurn(async () => {
      if (this.settings) {
        this.settings = await this.#daemon.changeSettings(made(this.settings));
      }
    });
  }

  /** The same for the choices of the person. */
  prefer(made: (now: Preferences) => Partial<Preferences>): Promise<void> {
    return this.#inTurn(async () => {
      if (this.preferences) {
        this.preferences = await this.#daemon.setPreferences({ ...this.preferences, ...made(this.preferences) });
      }
    });
  }

  apply(event: DaemonEvent): void {
    if (typeof event === "object" && "policy_changed" in event) {
      this.refresh();
    }
  }

  /** One after another: a list is sent whole, and one made of an old list would undo what was changed meanwhile. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
