// The prompt window. `#ID` names the question to show first.

import "./style/base.css";

import { mount } from "svelte";

import { onlyForText } from "./context_menu";
import { host } from "./host";
import { Desk, deskContext } from "./state/desk.svelte";
import { t } from "./text/strings";
import Prompt from "./views/Prompt.svelte";
import { zoomable } from "./zoom";

const desk = new Desk(await host());
const prompt = desk.prompt();
const wanted = decodeURIComponent(location.hash.slice(1));
if (wanted !== "") {
  prompt.show(wanted);
}
onlyForText(document);
zoomable(document, (step) => desk.daemon.zoom(step));
document.title = t("window-prompt");
mount(Prompt, { target: document.getElementById("app") ?? document.body, context: deskContext(desk) });
desk.start();
