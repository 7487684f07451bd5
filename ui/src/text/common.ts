// From a rule to its events: the log is searched by text, and a pattern is none.

/**
 * What every target that a pattern covers has in its text; empty where they have nothing in common. Targets name whole paths,
 * and `home` is what ~ stands for.
 */
export function commonText(pattern: string, home: string | null): string {
  return /^=?[/~{]/.test(pattern) ? ofPaths(pattern, home) : ofHosts(pattern);
}

function ofPaths(pattern: string, home: string | null): string {
  const path = pattern.replace(/^=/, "").replace(/^~/, home ?? "").replace(/^\{project\}/, "");
  let common = "";
  for (const [part] of path.matchAll(/\\x[0-9a-f]{2}|\\?./gisu)) {
    // A wildcard, or a control character, which targets have as it is.
    if (part === "*" || /^\\x[0-7]/i.test(part)) {
      return common.replace(/\/$/, "");
    }
    // What means something in patterns alone.
    common += /^\\[*?[{]$/.test(part) ? part.slice(1) : part;
  }
  return common;
}

function ofHosts(pattern: string): string {
  if (/^\*(:|$)/.test(pattern)) {
    return "";
  }
  const range = /^\[?([0-9a-f.:]+)\/(\d+)\]?(:[\d-]+)?$/i.exec(pattern);
  if (range) {
    const [, address = "", bits = "0"] = range;
    return address.includes(":") ? ofSixes(address, Number(bits)) : ofFours(address, Number(bits));
  }
  // Of several ports none is in every target.
  return pattern.replace(/^\*+\./, "").replace(/:\d+-\d+$/, ":");
}

/** The numbers of an IPv4 address that count as a whole. */
function ofFours(address: string, bits: number): string {
  const whole = address.split(".").slice(0, Math.floor(bits / 8));
  return whole.length === 4 ? address : whole.map((number) => `${number}.`).join("");
}

/** The groups of an IPv6 address that count as a whole, or the digits of the first one. Targets have it in brackets. */
function ofSixes(address: string, bits: number): string {
  if (bits === 128) {
    return `[${address}]`;
  }
  const written = (address.split("::")[0] ?? "").split(":").filter((group) => group !== "");
  const whole = written.slice(0, Math.floor(bits / 16));
  if (0 < whole.length) {
    return `[${whole.map((group) => `${group}:`).join("")}`;
  }
  const [first = ""] = written;
  return first.length === 4 && 4 <= bits ? `[${first.slice(0, Math.floor(bits / 4))}` : "";
}
