// The menu of the browser engine offers what is no part of a window: going back, reloading, looking into the page. Where text
// is typed it has what people need: cut, copy, paste.

/** Whether a menu belongs there. */
function isOfText(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("textarea, input:not([type=checkbox], [type=radio])") !== null;
}

/** Leaves the engine's menu to text fields. */
export function onlyForText(page: Document): void {
  page.addEventListener("contextmenu", (event) => {
    if (!isOfText(event.target)) {
      event.preventDefault();
    }
  });
}
