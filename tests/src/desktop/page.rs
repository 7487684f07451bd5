//! What is in the app's windows, and a person who uses it: controls are found by their roles and names, as assistive
//! technology finds them, and clicked and typed into by `WebKit`'s own driver.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::{Program, wait};
use crate::World;
use crate::world::{eventually, eventually_or};

/// How an element is written by the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Functions for every script: the controls that can be seen, the name of one, and its role.
const CONTROLS: &str = include_str!("controls.js");

/// Notes when the control is clicked, before the page hears of it.
const WATCH_CLICK: &str = "window.isClicked = false;
    arguments[0].addEventListener('click', () => { window.isClicked = true }, { capture: true, once: true })";

/// Ports from here are asked for by nobody else on a test machine, and no connection begins at one.
const FIRST_PORT: u16 = 20_000;

/// The windows of one app, one of which is looked at.
#[derive(Debug)]
pub struct Pages {
    client: Client,
    _driver: Program,
}

impl Pages {
    /// Takes hold of the windows of an app that listens on this port. One must be there.
    pub(super) fn attach(world: &World, inspector: u16) -> Self {
        let port = free_port();
        let mut driver = world.host("WebKitWebDriver");
        driver.args([
            format!("--port={port}"),
            format!("--target=127.0.0.1:{inspector}"),
        ]);
        let driver = Program::start(world, &driver);
        let options = json!({ "targetIp": "127.0.0.1", "targetPort": inspector });
        let capabilities = json!({ "webkitgtk:browserOptions": options });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("it is written as one")
        };
        let mut client = None;
        eventually("the driver has hold of the app", || {
            let connected = wait(
                ClientBuilder::new(HttpConnector::new())
                    .capabilities(capabilities.clone())
                    .connect(&format!("http://127.0.0.1:{port}")),
            );
            client = connected.ok();
            client.is_some()
        });
        Self {
            client: client.unwrap(),
            _driver: driver,
        }
    }

    /// Looks at the window with this title, once it is there and has something to show.
    pub fn look_at(&self, title: &str) -> &Self {
        eventually(&format!("there is a window {title:?} to look at"), || {
            self.has(title)
        });
        self
    }

    /// Whether there is a window with this title that shows something; it is looked at then.
    fn has(&self, title: &str) -> bool {
        wait(async {
            for window in self.client.windows().await.unwrap_or_default() {
                let is_it = self.client.switch_to_window(window).await.is_ok()
                    && self.client.title().await.is_ok_and(|found| found == title)
                    && self.text().await.is_ok_and(|text| !text.is_empty());
                if is_it {
                    return true;
                }
            }
            false
        })
    }

    /// Runs a script in the page as the page's own code, and returns what it returns.
    pub fn run(&self, script: &str) -> Value {
        wait(self.client.execute(script, vec![])).unwrap()
    }

    /// The same for a script that calls its last argument with what it has to say.
    pub fn run_to_end(&self, script: &str) -> Value {
        wait(self.client.execute_async(script, vec![])).unwrap()
    }

    /// Everything that can be read.
    pub fn says(&self) -> String {
        wait(self.text()).unwrap()
    }

    /// Waits until something can be read.
    pub fn shows(&self, text: &str) -> &Self {
        let looks = || wait(self.text()).is_ok_and(|said| said.contains(text));
        eventually_or(looks, || {
            format!("the window says {text:?}, but:\n{}", self.says())
        });
        self
    }

    /// Waits until it can be read no more.
    pub fn shows_no_more(&self, text: &str) -> &Self {
        eventually(&format!("the window says {text:?} no more"), || {
            wait(self.text()).is_ok_and(|said| !said.contains(text))
        });
        self
    }

    /// Waits for a control that can be used.
    pub fn finds(&self, role: &str, name: &str) -> &Self {
        self.control(role, name);
        self
    }

    /// Clicks a control, once it can be used. A click that something else took, because the page moved under the pointer
    /// or a notice lay on it, is made again.
    pub fn press(&self, role: &str, name: &str) -> &Self {
        eventually(&format!("the {role} {name:?} is clicked"), || {
            let control = self.control(role, name);
            let watched = wait(self.client.execute(WATCH_CLICK, vec![json!(control)]));
            watched.is_ok() && done(wait(control.click())).is_ok() && self.was_clicked()
        });
        self
    }

    /// Whether the control that is watched was clicked. A page that answers no more was closed by the click.
    fn was_clicked(&self) -> bool {
        let clicked = wait(self.client.execute("return window.isClicked", vec![]));
        !clicked.is_ok_and(|clicked| clicked != json!(true))
    }

    /// Clicks a control as it is, even where it says that it cannot be used.
    pub fn hit(&self, role: &str, name: &str) {
        let script = "return control(arguments[0], arguments[1], true)";
        let found = self.element(script, &[json!(role), json!(name)]);
        wait(found.unwrap().click()).unwrap();
    }

    /// Gives a control the focus, as the tab key does.
    pub fn focus(&self, role: &str, name: &str) -> &Self {
        let name = serde_json::to_string(name).unwrap();
        self.run(&format!("{CONTROLS}; control('{role}', {name}, true).focus()"));
        self
    }

    /// Replaces the text of a field.
    pub fn fill_in(&self, role: &str, name: &str, text: &str) -> &Self {
        self.with(role, name, &async |field: &Element| {
            field.clear().await?;
            // The driver knows no keys that are none.
            if text.is_empty() {
                return Ok(());
            }
            field.send_keys(text).await
        })
    }

    /// Chooses from a list.
    pub fn choose(&self, name: &str, option: &str) -> &Self {
        self.with("combobox", name, &async |list: &Element| {
            list.select_by_label(option).await
        })
    }

    /// Presses a key where the focus is.
    pub fn press_key(&self, key: impl Into<char>) {
        let key = key.into().to_string();
        let focused = wait(self.client.active_element()).unwrap();
        done(wait(focused.send_keys(&key))).unwrap();
    }

    /// Role and name of every control that can be seen.
    pub fn controls(&self) -> Vec<(String, String)> {
        let script = format!("{CONTROLS}; return controls().map((one) => [roleOf(one), nameOf(one)])");
        serde_json::from_value(self.run(&script)).unwrap()
    }

    /// A picture of the page as it is now: what was drawn before may lag behind it.
    pub fn picture(&self) -> Vec<u8> {
        self.run_to_end(
            "const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))",
        );
        wait(self.client.screenshot()).unwrap()
    }

    async fn text(&self) -> Result<String, CmdError> {
        let text = "return document.body.innerText.replace(/[\\u2068\\u2069]/g, '')";
        let text = self.client.execute(text, vec![]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Does something with a control. A view that was drawn anew meanwhile is looked at again.
    fn with(&self, role: &str, name: &str, act: &impl AsyncFn(&Element) -> Result<(), CmdError>) -> &Self {
        eventually(&format!("the {role} {name:?} can be used"), || {
            done(wait(act(&self.control(role, name)))).is_ok()
        });
        self
    }

    fn control(&self, role: &str, name: &str) -> Element {
        let mut found = None;
        let looks = || {
            found = self.element(
                "return control(arguments[0], arguments[1], false)",
                &[json!(role), json!(name)],
            );
            found.is_some()
        };
        eventually_or(looks, || {
            format!(
                "there is a {role} {name:?} among {:?} of:\n{}",
                self.controls(),
                self.says()
            )
        });
        found.unwrap()
    }

    fn element(&self, script: &str, arguments: &[Value]) -> Option<Element> {
        let script = format!("{CONTROLS}; {script}");
        let found = wait(self.client.execute(&script, arguments.to_vec())).ok()?;
        let id = found[ELEMENT].as_str()?.to_owned();
        Some(Element::from_element_id(
            self.client.clone(),
            ElementRef::from(id),
        ))
    }
}

/// What closes the window is done, although the window says so no more.
fn done(acted: Result<(), CmdError>) -> Result<(), CmdError> {
    match acted {
        Err(error) if error.is_no_such_window() => Ok(()),
        acted => acted,
    }
}

/// A port on loopback that nobody listens on.
pub(super) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test programs that run beside this one begin elsewhere.
    let own = u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = FIRST_PORT + own + NEXT.fetch_add(1, Ordering::Relaxed) % 100;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
