// What a person can use in a page, named as assistive technology names it.

const ROLES = {
  BUTTON: "button",
  SELECT: "combobox",
  TEXTAREA: "textbox",
  A: "link",
};
const INPUTS = { checkbox: "checkbox", radio: "radio", search: "searchbox", number: "spinbutton" };

function roleOf(element) {
  return element.getAttribute("role") ?? ROLES[element.tagName] ?? INPUTS[element.type] ?? "textbox";
}

function textOf(element) {
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll("[aria-hidden=true], select, input, textarea")) {
    part.remove();
  }
  return copy.textContent.replace(/[\u2068\u2069]/g, "").replace(/\s+/g, " ").trim();
}

function nameOf(element) {
  const labels = element.getAttribute("aria-labelledby")?.split(" ").map((id) => document.getElementById(id));
  if (labels) {
    return labels.map((label) => (label ? textOf(label) : "")).join(" ");
  }
  const own = element.getAttribute("aria-label")?.replace(/[\u2068\u2069]/g, "");
  return own ?? (element.labels?.length ? textOf(element.labels[0]) : textOf(element));
}

function controls() {
  // What is behind a dialog cannot be used.
  const place = document.querySelector("dialog:modal") ?? document;
  const all = place.querySelectorAll("button, input, select, textarea, a[href], [role=option]");
  return [...all].filter((element) => element.checkVisibility());
}

function control(role, name, even_if_disabled) {
  return (
    controls().find(
      (element) =>
        roleOf(element) === role &&
        nameOf(element) === name &&
        (even_if_disabled || !(element.disabled || element.matches(":disabled, [aria-disabled=true]"))),
    ) ?? null
  );
}
