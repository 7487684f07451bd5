// A locale that nobody speaks: whatever is not in it did not come through the catalog.

const LETTERS: Record<string, string> = Object.fromEntries(
  [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((letter, index) => [
    letter,
    String.fromCodePoint(0x1d5d4 + ((index + 26) % 52)),
  ]),
);

/** Every letter as another one, a third longer. */
export function pseudo(text: string): string {
  const changed = text.replace(/[a-zA-Z]/g, (letter) => LETTERS[letter] ?? letter);
  return `${changed}${"·".repeat(Math.ceil(text.trim().length / 3))}`;
}

/** Text of others and what is the same in every language. */
const VERBATIM = "bdi, code, kbd, time, [aria-hidden=true], option[value^='/'], textarea, datalist";

const ATTRIBUTES = ["aria-label", "placeholder", "title", "alt"];

/** Arguments of messages stand between isolates; they may be text of others. */
function withoutArguments(text: string): string {
  let rest = text;
  for (let before = ""; before !== rest; ) {
    before = rest;
    rest = rest.replace(/\u2068[^\u2066-\u2069]*\u2069/gu, "");
  }
  return rest;
}

/** What a person reads that did not come through the catalog. */
export function untranslated(root: Element): string[] {
  const found: string[] = [];
  const note = (text: string | null): void => {
    if (text !== null && /[a-zA-Z]/.test(withoutArguments(text))) {
      found.push(text.trim());
    }
  };
  for (const element of root.querySelectorAll("*")) {
    if (element.closest(VERBATIM) || element.closest("script, style")) {
      continue;
    }
    ATTRIBUTES.forEach((attribute) => note(element.getAttribute(attribute)));
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) {
        note(node.textContent);
      }
    }
  }
  return found;
}
