// What holds for all source files of the windows.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

const ROOT = join(__dirname, "..");
const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.(ts|svelte)$/.test(file) && !file.includes("generated"))
  .map((file) => ({ file, text: readFileSync(join(ROOT, "src", file), "utf8") }));
const catalog = readFileSync(join(ROOT, "../strings/en/windows.ftl"), "utf8");
const ids = [...catalog.matchAll(/^([a-z][a-z0-9-]*) = /gm)].flatMap((found) => found[1] ?? []);

function named(text: string): string[] {
  return [...text.matchAll(/"([a-z][a-z0-9-]*)"/g)].flatMap((found) => found[1] ?? []);
}

test("every message of the catalog is used", () => {
  const used = new Set(sources.flatMap((source) => named(source.text)));
  expect(ids.filter((id) => !used.has(id))).toEqual([]);
});

test("every message that is used is in the catalog", () => {
  const calls = sources.flatMap((source) => [...source.text.matchAll(/\bt\(\s*([^)]*)/g)].map((found) => found[1] ?? ""));
  const wanted = calls.flatMap((call) => named(call.replace(/=== "[^"]*"/g, "").replace(/\{.*/s, "")));
  expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
  expect(50).toBeLessThan(wanted.length);
});

test("the catalog names each message once", () => {
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

test.each([
  ["text is never parsed as HTML", /\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write/],
  ["nothing is run from text", /\beval\(|new Function\(|javascript:/],
  ["no style stands in an attribute, where the content security policy forbids it", /\sstyle=/],
  ["nothing is loaded from elsewhere", /https?:\/\//],
  ["only the bridge calls the app", /\binvoke\(/],
])("%s", (_, forbidden) => {
  const found = sources.filter((source) => forbidden.test(source.text) && !source.file.endsWith("tauri.ts"));
  expect(found.map((source) => source.file)).toEqual([]);
});

test("the end of a text is never cut off", () => {
  const cuts = sources.filter((source) => /text-overflow|line-clamp/.test(source.text));
  expect(cuts.map((source) => source.file)).toEqual(["components/Ends.svelte"]);
});

test("a file has at most 500 lines", () => {
  expect(sources.filter((source) => 500 < source.text.split("\n").length).map((source) => source.file)).toEqual([]);
});
