// The catalog, which tray and notifications have their words from too: every word of ours that a window shows. Text of others
// is passed in as an argument, made harmless before.

import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";

import common from "../../../strings/en/common.ftl?raw";
import desktop from "../../../strings/en/desktop.ftl?raw";
import windows from "../../../strings/en/windows.ftl?raw";

/** English, which is always complete: every file of its directory. */
const ENGLISH = [common, desktop, windows];

/** What is filled into a message. */
export type Arguments = Record<string, FluentVariable>;

let bundle = bundleOf("en");

function bundleOf(locale: string, transform?: (text: string) => string): FluentBundle {
  // Isolates would stand in the names of controls. Text of others is never part of a message that can be seen.
  const made = new FluentBundle(locale, transform ? { transform, useIsolating: true } : { useIsolating: false });
  // A message that is there already is an error.
  const errors = ENGLISH.flatMap((text) => made.addResource(new FluentResource(text)));
  if (0 < errors.length) {
    throw new Error(`the catalog cannot be read: ${errors.join("; ")}`);
  }
  return made;
}

/**
 * Shows every message through `transform` from now on, with its arguments between isolates; without one, as it is
 * written. For tests of completeness.
 */
export function transformStrings(transform?: (text: string) => string): void {
  bundle = bundleOf("en", transform);
}

/** A message of the catalog. A missing one is a fault that a test finds; its name is shown then. */
export function t(id: string, values?: Arguments): string {
  const message = bundle.getMessage(id);
  if (!message?.value) {
    return id;
  }
  return bundle.formatPattern(message.value, values ?? null);
}
