// A length of time, as it is typed and as it holds.

import { fireEvent, render } from "@testing-library/svelte";
import { expect, test } from "vitest";

import SpanInput from "../src/components/SpanInput.svelte";
import { DAY, MINUTE } from "../src/text/quantity";

test.each([
  { why: "more than the most, while that is in force", value: 30 * DAY, typed: "90", shown: "30" },
  { why: "less than the least, while that is in force", value: MINUTE, typed: "0", shown: "1" },
  { why: "nothing", value: 5 * MINUTE, typed: "", shown: "5" },
  { why: "what is in between", value: 5 * MINUTE, typed: "7", shown: "7" },
])("shows what holds after $why was typed", async ({ value, typed, shown }) => {
  const screen = render(SpanInput, { value, label: "Length" });
  const field = screen.getByLabelText<HTMLInputElement>("Length");
  await fireEvent.change(field, { target: { value: typed } });
  expect(field.value).toBe(shown);
});
