import { expect, test } from "vitest";

import { onlyForText } from "../src/context_menu";

test("the engine's menu is there where text is typed and nowhere else", () => {
  const page = document.implementation.createHTMLDocument();
  onlyForText(page);
  page.body.innerHTML =
    "<input id=text><input id=search type=search><textarea id=area></textarea><p id=words>a <b id=bold>b</b></p><button id=button>c</button><input id=check type=checkbox>";
  const opens = (id: string): boolean =>
    page.getElementById(id)?.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true })) ?? false;
  expect(["text", "search", "area"].filter(opens)).toHaveLength(3);
  expect(["words", "bold", "button", "check"].filter(opens)).toEqual([]);
});
