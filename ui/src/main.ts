// The settings window. `#VIEW` or `#VIEW/ITEM` names what to show first.

import "./style/base.css";

import { mount } from "svelte";

import { onlyForText } from "./context_menu";
import { host } from "./host";
import { Desk, deskContext, PLACES } from "./state/desk.svelte";
import { t } from "./text/strings";
import App from "./views/App.svelte";
import { zoomable } from "./zoom";

const desk = new Desk(await host());
const [view, item] = location.hash.slice(1).split("/");
const place = PLACES.find((each) => each === view);
if (place !== undefined) {
  desk.go(place, item === undefined ? null : decodeURIComponent(item));
}
onlyForText(document);
zoomable(document, (step) => desk.daemon.zoom(step));
document.title = t("window-main");
mount(App, { target: document.getElementById("app") ?? document.body, context: deskContext(desk) });
desk.start();
