// Times and sizes in words.

import { t } from "./strings";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A length of time in its largest whole unit: "59 minutes". Rounded down, so that nothing seems to hold longer than it does. */
export function span(milliseconds: number): string {
  const time = Math.max(0, milliseconds);
  if (time < MINUTE) {
    return t("span-seconds", { n: Math.floor(time / SECOND) });
  }
  if (time < HOUR) {
    return t("span-minutes", { n: Math.floor(time / MINUTE) });
  }
  if (time < 2 * DAY) {
    const hours = Math.floor(time / HOUR);
    const minutes = Math.floor((time % HOUR) / MINUTE);
    return minutes === 0 ? t("span-hours", { n: hours }) : t("span-hours-minutes", { n: hours, m: minutes });
  }
  return t("span-days", { n: Math.floor(time / DAY) });
}

/** How long something still holds: to the nearest minute, so that what was just given for an hour ends in one. */
export function timeLeft(milliseconds: number): string {
  return span(milliseconds < MINUTE ? milliseconds : Math.round(milliseconds / MINUTE) * MINUTE);
}

/** Minutes and seconds, as a clock that runs down shows them. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / SECOND));
  const rest = String(seconds % 60).padStart(2, "0");
  return `${Math.floor(seconds / 60)}:${rest}`;
}

/** How long ago a moment was. */
export function ago(moment: string | null, now: number): string {
  const at = millis(moment);
  if (at === null) {
    return t("never");
  }
  return now - at < MINUTE ? t("just-now") : t("ago", { span: span(now - at) });
}

/** A moment of RFC 3339 in milliseconds since 1970. */
export function millis(moment: string | null | undefined): number | null {
  const at = moment ? Date.parse(moment) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

// To make one takes longer than to use it a hundred times.
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});
const TIME_WITH_SECONDS = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });

const DATE = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

/** Date and time of day where it is another day than today, else the time of day. */
export function moment(at: number | null, now: number): string {
  if (at === null) {
    return "";
  }
  const date = new Date(at);
  const isToday = date.toDateString() === new Date(now).toDateString();
  return (isToday ? TIME_WITH_SECONDS : DAY_AND_TIME).format(date);
}

/** A time of day. */
export function clockTime(at: number): string {
  return TIME.format(at);
}

/** A day. */
export function day(at: number): string {
  return DATE.format(at);
}

/** Bytes with at most four digits, in the units of limits: 50G in a policy is 50 GiB here. */
export function bytes(count: number): string {
  const units = ["size-bytes", "size-kibibytes", "size-mebibytes", "size-gibibytes", "size-tebibytes"] as const;
  let value = count;
  let unit = 0;
  while (1023.5 <= value && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const shown = unit === 0 || 99.5 <= value ? Math.round(value) : Number(value.toPrecision(2));
  return t(units[unit] ?? "size-bytes", { n: shown });
}
