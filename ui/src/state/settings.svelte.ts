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

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  async reload(): Promise<void> {
    this.#isWanted = true;
    [this.settings, this.preferences] = await Promise.all([this.#daemon.settings(), this.#daemon.preferences()]);
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

  async change(change: Partial<SettingsChange>): Promise<void> {
    this.settings = await this.#daemon.changeSettings(change);
  }

  async prefer(change: Partial<Preferences>): Promise<void> {
    if (this.preferences) {
      this.preferences = await this.#daemon.setPreferences({ ...this.preferences, ...change });
    }
  }

  apply(event: DaemonEvent): void {
    if (typeof event === "object" && "policy_changed" in event) {
      this.refresh();
    }
  }
}
