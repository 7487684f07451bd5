// Text that came from inside a sandbox, made harmless for people's eyes: host names, paths, command lines. The daemon does
// the same in `policy::display`; nothing that is escaped there passes here. This is the second lock.

/** The most characters that are shown of one text where nobody says otherwise. */
export const MAX_TEXT = 400;

/** Combining marks that may follow one another: enough for every language, too few to cover the lines around. */
const MAX_MARKS = 2;

const HIDDEN = new RegExp(
  [
    // Controls, and white space other than the space.
    "\\p{Cc}|(?! )\\p{White_Space}",
    // Soft hyphen, grapheme joiner, Arabic letter mark, Mongolian separators.
    "[\\u{ad}\\u{34f}\\u{61c}\\u{180b}-\\u{180f}]",
    // Zero width, direction marks, embeddings and overrides, isolates, invisible operators.
    "[\\u{200b}-\\u{200f}\\u{202a}-\\u{202e}\\u{2060}-\\u{206f}]",
    // Fillers and blanks that are letters or symbols by their class.
    "[\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}\\u{2800}\\u{3164}\\u{ffa0}]",
    // Variation selectors, byte order mark, annotations, replacement characters, non-characters, lone surrogates.
    "[\\u{fe00}-\\u{fe0f}\\u{feff}\\u{fff0}-\\u{ffff}\\u{fdd0}-\\u{fdef}\\u{d800}-\\u{dfff}]",
    // Private use, format controls, tags.
    "[\\u{e000}-\\u{f8ff}\\u{f0000}-\\u{10ffff}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]",
  ].join("|"),
  "u",
);

const MARK = /\p{Mn}|\p{Me}/u;

const PLAIN = /^[ -~]*$/;

/** The text with hidden characters as visible escapes and, if it is longer than `max` characters, without its middle. */
export function harmless(text: string, max: number = MAX_TEXT): string {
  return shorten(PLAIN.test(text) ? text : escape(text), max);
}

function escape(text: string): string {
  let escaped = "";
  // A mark at the very start would join whatever stands before the text.
  let marks = MAX_MARKS;
  for (const character of text) {
    marks = MARK.test(character) ? marks + 1 : 0;
    escaped += HIDDEN.test(character) || MAX_MARKS < marks ? visible(character) : character;
  }
  return escaped;
}

function visible(character: string): string {
  const named: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return named[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Both ends tell more than the middle. */
function shorten(text: string, max: number): string {
  if (text.length <= max) {
    return text;
  }
  const characters = Array.from(text);
  if (characters.length <= max) {
    return text;
  }
  const head = Math.ceil((max - 1) / 2);
  const tail = max - 1 - head;
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - tail).join("")}`;
}
