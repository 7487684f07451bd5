// What holds for all source files of the windows.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

const ROOT = join(__dirname, "..");
const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.(ts|svelte)$/.test(file) && !file.includes("generated"))
  .map((file) => ({ file, text: readFileSync(join(ROOT, "src", file), "utf8") }));
const CATALOG = join(ROOT, "../strings/en");

/** The messages of a file of the catalog, with the names of the values that each takes. */
function messages(file: string): Map<string, Set<string>> {
  const blocks = readFileSync(join(CATALOG, file), "utf8").matchAll(/^([a-z][a-z0-9-]*) =(.*\n(?:[ }].*\n)*)/gm);
  return new Map(
    [...blocks].map(([, id = "", value = ""]) => [id, new Set([...value.matchAll(/\$([a-z]+)/g)].map((found) => found[1] ?? ""))]),
  );
}

/** What the windows may say. What tray and notifications say besides has a file of its own. */
const catalog = new Map([...messages("common.ftl"), ...messages("windows.ftl")]);
const ids = [...catalog.keys()];

function named(text: string): string[] {
  return [...text.matchAll(/"([a-z][a-z0-9-]*)"/g)].flatMap((found) => found[1] ?? []);
}

/** Calls of `t` with an id that stands there, and the names of the values. */
function calls(text: string): { id: string; values: string[] }[] {
  return [...text.matchAll(/\bt\(\s*"([a-z0-9-]+)"(?:,\s*\{)?/g)].map((found) => {
    let rest = found[0].endsWith("{") ? text.slice(found.index + found[0].length) : "}";
    // What values are made of may have commas and braces of its own.
    for (let before = ""; before !== rest; ) {
      before = rest;
      rest = rest.replace(/^([^{}]*?)(?:\([^(){}]*\)|\[[^[\]{}]*\])/, "$1");
    }
    const entries = rest.slice(0, rest.indexOf("}")).split(",");
    return { id: found[1] ?? "", values: entries.flatMap((entry) => /^\s*([a-z]+)\s*(?::|$)/.exec(entry)?.[1] ?? []) };
  });
}

test("every message of the windows is used", () => {
  const used = new Set(sources.flatMap((source) => named(source.text)));
  expect(ids.filter((id) => !used.has(id))).toEqual([]);
});

test("every message that is used is in the catalog", () => {
  const calls = sources.flatMap((source) => [...source.text.matchAll(/\bt\(\s*([^)]*)/g)].map((found) => found[1] ?? ""));
  const wanted = calls.flatMap((call) => named(call.replace(/=== "[^"]*"/g, "").replace(/\{.*/s, "")));
  expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
  expect(50).toBeLessThan(wanted.length);
});

test("every message is said with the values that it takes", () => {
  const said = sources.flatMap((source) => calls(source.text));
  const wrong = said.filter(({ id, values }) => values.sort().join() !== [...(catalog.get(id) ?? [])].sort().join());
  expect(wrong).toEqual([]);
  expect(30).toBeLessThan(said.filter(({ values }) => 0 < values.length).length);
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
