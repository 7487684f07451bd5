import { expect, test } from "vitest";

import { ago, bytes, countdown, DAY, HOUR, MINUTE, millis, SECOND, span, timeLeft } from "../src/text/quantity";
import { plain } from "./window";

test.each([
  [0, "0 seconds"],
  [SECOND, "1 second"],
  [59_999, "59 seconds"],
  [MINUTE, "1 minute"],
  [HOUR - 1, "59 minutes"],
  [HOUR, "1 hour"],
  [HOUR + 5 * MINUTE, "1 h 5 min"],
  [DAY, "24 hours"],
  [3 * DAY, "3 days"],
  [-5, "0 seconds"],
])("a span of %i", (length, expected) => {
  expect(plain(span(length))).toBe(expected);
});

test.each([
  [HOUR + SECOND, "1 hour"],
  [HOUR - SECOND, "1 hour"],
  [HOUR - 40 * SECOND, "59 minutes"],
  [MINUTE, "1 minute"],
  [59_999, "59 seconds"],
  [-5, "0 seconds"],
])("what is left of %i", (left, expected) => {
  expect(plain(timeLeft(left))).toBe(expected);
});

test.each([
  [61_000, "1:01"],
  [9_001, "0:10"],
  [0, "0:00"],
  [-1, "0:00"],
])("a countdown of %i", (left, expected) => {
  expect(countdown(left)).toBe(expected);
});

test.each([
  [0, "0 B"],
  [1_023, "1,023 B"],
  [1_024, "1 KiB"],
  [1_234_567, "1.2 MiB"],
  [123_456_789, "118 MiB"],
  [50 * 2 ** 30, "50 GiB"],
  [2 ** 50 * 5, "5,120 TiB"],
])("%i bytes", (count, expected) => {
  expect(plain(bytes(count))).toBe(expected);
});

test("a moment that is none is unknown", () => {
  expect(millis("soon")).toBeNull();
  expect(plain(ago(null, 0))).toBe("never");
  expect(plain(ago(new Date(0).toISOString(), 5 * MINUTE))).toBe("5 minutes ago");
});
