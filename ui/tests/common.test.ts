import { expect, test } from "vitest";

import { commonText } from "../src/text/common";

test.each([
  ["packages.test", "packages.test", ["packages.test:443"]],
  ["*.packages.test", "packages.test", ["a.packages.test:443"]],
  ["**.packages.test:443", "packages.test:443", ["packages.test:443"]],
  ["packages.test:8000-8099", "packages.test:", ["packages.test:8042"]],
  ["*", "", ["a.test:443"]],
  ["*:443", "", ["a.test:443"]],
  ["192.0.2.1:22", "192.0.2.1:22", ["192.0.2.1:22"]],
  ["10.0.0.0/8", "10.", ["10.20.30.40:443"]],
  ["192.168.4.0/22:80-90", "192.168.", ["192.168.7.1:88"]],
  ["192.0.2.7/32", "192.0.2.7", ["192.0.2.7:1"]],
  ["0.0.0.0/0", "", ["192.0.2.7:1"]],
  ["fd00::/8", "[fd", ["[fd12:3456::1]:443"]],
  ["[2001:db8::/32]:443", "[2001:db8:", ["[2001:db8:1::2]:443"]],
  ["2001:db8::1/128", "[2001:db8::1]", ["[2001:db8::1]:443"]],
  ["::/0", "", ["[::1]:443"]],
  ["=~/notes/a", "/home/ana/notes/a", ["/home/ana/notes/a"]],
  ["~/.config", "/home/ana/.config", ["/home/ana/.config/git/config"]],
  ["=/home/ana/x", "/home/ana/x", ["/home/ana/x"]],
  ["/srv/**/logs", "/srv", ["/srv/a/b/logs"]],
  ["/srv/a*.txt", "/srv/a", ["/srv/ab.txt"]],
  ["=/srv/what\\?", "/srv/what?", ["/srv/what?"]],
  ["/srv/\\[a]\\*/**", "/srv/[a]*", ["/srv/[a]*/b"]],
  ["/srv/a\\\\b/*", "/srv/a\\\\b", ["/srv/a\\\\b/c"]],
  ["/srv/a\\xff/*", "/srv/a\\xff", ["/srv/a\\xff/c"]],
  ["/srv/a\\x0ab", "/srv/a", ["/srv/a\nb"]],
  ["{project}/out", "/out", ["/home/ana/code/shop/out/a"]],
])("every target of %s has %s in it", (pattern, common, targets) => {
  expect(commonText(pattern, "/home/ana")).toBe(common);
  expect(targets.filter((target) => !target.includes(common))).toEqual([]);
});
