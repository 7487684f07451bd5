import { expect, test } from "vitest";

import { harmless } from "../src/text/harmless";

test.each([
  ["plain", "npm install", "npm install"],
  ["other scripts stay", "пример/例え/مثال", "пример/例え/مثال"],
  ["escape sequences", "\u001b[31mred\u0007", "\\u{1b}[31mred\\u{7}"],
  ["line breaks", "a\nb\r\tc", "a\\nb\\r\\tc"],
  ["right-to-left override", "safe\u202Etxt.exe", "safe\\u{202e}txt.exe"],
  ["isolates", "\u2066a\u2069", "\\u{2066}a\\u{2069}"],
  ["zero width", "pay\u200Bpal", "pay\\u{200b}pal"],
  ["odd spaces", "a\u00A0b\u3000c", "a\\u{a0}b\\u{3000}c"],
  ["byte order mark and private use", "\uFEFF\uE000", "\\u{feff}\\u{e000}"],
  ["tags beyond the first plane", "a\u{E0041}", "a\\u{e0041}"],
  ["lone surrogates", "a\uD800b", "a\\u{d800}b"],
  ["a mark at the start", "\u0301a", "\\u{301}a"],
  ["two marks stay, more do not", "e\u0301\u0302\u0303", "e\u0301\u0302\\u{303}"],
  ["markup is text", "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"],
])("%s", (_, text, expected) => {
  expect(harmless(text)).toBe(expected);
});

test("made harmless twice is made harmless once", () => {
  const once = harmless("a\u202Eb\u001b");
  expect(harmless(once)).toBe(once);
});

test("long text loses its middle and keeps both ends", () => {
  const long = harmless(`/start/${"a".repeat(10_000)}/end`, 100);
  expect(long).toHaveLength(100);
  expect(long).toMatch(/^\/start\/a+…a+\/end$/);
});

test("the middle is cut between characters", () => {
  expect(Array.from(harmless("😀".repeat(50), 11))).toHaveLength(11);
});
