import { expect, test } from "vitest";

import { homely } from "../src/text/homely";

test.each([
  ["/home/ana/code/shop", "~/code/shop"],
  ["/home/ana", "~"],
  ["/home/ana/**", "~/**"],
  ["=/home/ana/notes", "=~/notes"],
  ["/home/anabel/code", "/home/anabel/code"],
  ["/srv/home/ana", "/srv/home/ana"],
  ["~/notes", "~/notes"],
  ["packages.test", "packages.test"],
])("%s is shown as %s", (path, shown) => {
  expect(homely(path, "/home/ana")).toBe(shown);
});

test("a home that is everything, or is not known, shortens nothing", () => {
  expect(homely("/etc/hosts", "/")).toBe("/etc/hosts");
  expect(homely("/home/ana/x", null)).toBe("/home/ana/x");
});
