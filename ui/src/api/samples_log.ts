// A log for the fake app: as long as asked for, the same each time.

import type { HostTraffic } from "./generated/HostTraffic";
import type { LogEvent } from "./generated/LogEvent";
import { HOSTILE } from "./samples";

const HOSTS = ["registry.packages.test:443", "api.weather.test:443", "telemetry.tracker.test:443", "cdn.assets.test:443"];
const PATHS = ["~/.gitconfig", "~/Documents/taxes.ods", "~/.bashrc", "/opt/sdk/lib/core.so"];

/** One event; what is not said does not apply. */
export function logEvent(seq: number, over: Partial<LogEvent>): LogEvent {
  return {
    seq,
    time: new Date(0).toISOString(),
    session: "s-7f3a",
    project: "/home/ana/code/shop",
    kind: "network",
    target: null,
    verdict: null,
    by: null,
    process: { pid: 48_213, exe: "/usr/bin/node", command: ["npm", "install"] },
    bytes_in: null,
    bytes_out: null,
    ...over,
  };
}

/** The events 1 to `count`, the last of them at `now`. */
export function logEvents(count: number, now: number): LogEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = index + 1;
    const time = new Date(now - (count - seq) * 1_700).toISOString();
    return logEvent(seq, { time, ...content(seq, count) });
  });
}

function content(seq: number, count: number): Partial<LogEvent> {
  const at = <T>(list: readonly T[]): T | null => list[seq % list.length] ?? null;
  switch ((count - seq) % 9) {
    case 0:
      return { target: "telemetry.tracker.test:443", verdict: "deny", by: "rule r3" };
    case 1:
      return { target: at(HOSTS), verdict: "allow", by: "rule r1" };
    case 2:
      return { kind: "read", target: at(PATHS), verdict: "allow", by: "preset", session: "s-19bc" };
    case 3:
      return { kind: "write", target: at(PATHS), verdict: "deny", by: "time-out", question: "q2" };
    case 4:
      return { kind: "traffic", target: at(HOSTS), bytes_in: 1_204 * seq, bytes_out: 90 * seq };
    case 5:
      return { kind: "execute", target: "/usr/bin/git", verdict: "allow", by: "auto_approve" };
    case 6:
      return { target: at(HOSTS), verdict: "allow", by: "grant g1", grant: "g1" };
    case 7:
      return { kind: "session", action: "started", detail: "claude", process: null };
    default:
      return { kind: "read", target: HOSTILE.override, verdict: "ask", by: "no rule", detail: HOSTILE.markup };
  }
}

/** Traffic with a shape that can be recognised. */
export function traffic(parts: number): HostTraffic[] {
  return HOSTS.map((target, index) => ({
    target,
    points: Array.from({ length: parts }, (_, part) => ({
      part,
      bytes_in: Math.round(Math.max(0, Math.sin((part + index * 7) / (4 + index))) * 4_000_000 / (index + 1)),
      bytes_out: Math.round(Math.max(0, Math.cos(part / 5)) * 300_000 / (index + 1)),
    })).filter((point) => 0 < point.bytes_in + point.bytes_out),
  }));
}
