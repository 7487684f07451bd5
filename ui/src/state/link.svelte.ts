// The connection to the daemon, and how the daemon is.

import { wireError } from "../api/app";
import type { DaemonEvent } from "../api/generated/DaemonEvent";
import type { Link } from "../api/generated/Link";
import type { StatusView } from "../api/generated/StatusView";

/** Used where the daemon has not said its own yet. */
const DEFAULT_EXPIRY_MS = 3_600_000;

export class LinkState {
  status = $state.raw<StatusView | null>(null);
  /** Why there is no daemon. */
  down = $state.raw<{ reason: string; hint: string | null } | null>(null);
  /** The home directory, once the app has said it. */
  home = $state<string | null>(null);
  /** Whether the first word of the app is still awaited. */
  isConnecting = $state(true);

  readonly isUp = $derived(this.status !== null);
  readonly lockdown = $derived(this.status?.lockdown ?? false);
  readonly pausedUntil = $derived(this.status?.paused_until_ms ?? null);
  readonly defaultExpiryMs = $derived(this.status?.policy.default_expiry_ms ?? DEFAULT_EXPIRY_MS);

  replace(link: Link): void {
    this.isConnecting = false;
    this.status = "up" in link ? link.up.status : null;
    this.home = "up" in link ? link.up.home : this.home;
    this.down = "down" in link ? link.down : null;
  }

  /** The app itself does not respond. */
  lost(caught: unknown): void {
    const error = wireError(caught);
    this.replace({ down: { reason: error.message, hint: error.hint ?? null } });
  }

  apply(event: DaemonEvent): void {
    if (typeof event === "string" || this.status === null) {
      return;
    }
    if ("paused" in event) {
      this.status = { ...this.status, paused_until_ms: event.paused.until_ms };
    } else if ("lockdown" in event) {
      this.status = { ...this.status, lockdown: event.lockdown.on };
    } else if ("policy_changed" in event) {
      this.status = { ...this.status, policy: event.policy_changed };
    }
  }
}
