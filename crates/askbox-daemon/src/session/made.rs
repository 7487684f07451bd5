//! What a session made that may run outside later. Looks once, when everything inside has ended; opens nothing.

use std::path::Path;
use std::time::Duration;

use askbox_audit::limits::TEXT_BYTES;
use askbox_policy::display;
use askbox_sandbox::guards::Before;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::Ending;
use crate::limits;
use crate::process_view;

/// How often it is looked whether the processes inside have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Names as people see them, all of them.
    names: Vec<String>,
    /// Whether there may be others.
    is_cut: bool,
}

/// What is said where there may be others.
const CUT: &str = "more directories than are looked at";

impl Found {
    /// For the person at the terminal.
    pub(super) fn notice(&self) -> Vec<String> {
        let mut notice = notice(&self.names);
        // A project with that many directories is no news; names in it, or one that became so, are.
        if self.is_cut && !self.names.is_empty() {
            notice.push(CUT.to_owned());
        }
        notice
    }

    /// For the log.
    pub(super) fn details(&self) -> Vec<String> {
        let words = self.names.iter().map(String::as_str);
        details(words.chain(self.is_cut.then_some(CUT)))
    }
}

/// Of a list of names as many as are read, and how many more there are.
pub(super) fn notice(names: &[String]) -> Vec<String> {
    let mut notice: Vec<String> = names.iter().take(limits::MADE_SHOWN).cloned().collect();
    if limits::MADE_SHOWN < names.len() {
        let more = names.len() - limits::MADE_SHOWN;
        notice.push(format!("{more} more, which the log names"));
    }
    notice
}

/// All of them, as many in one text as that of an event may hold.
pub(super) fn details<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut details: Vec<String> = Vec::new();
    for word in words {
        match details.last_mut() {
            Some(last) if last.len() + word.len() + 2 <= TEXT_BYTES => {
                last.push_str(", ");
                last.push_str(word);
            }
            Some(_) | None => details.push(word.to_owned()),
        }
    }
    details
}

/// Waits until a session writes nothing any more; `root` is its first process, 0 when there was none.
pub(super) async fn settle(root: u32, how: Ending) {
    match how {
        // Their client has waited for them; at the daemon's own end there is no time.
        Ending::Exited(_) | Ending::DaemonEnds => {}
        Ending::ConnectionLost | Ending::Stopped(_) => wait_for_end(root).await,
    }
}

/// Looks.
pub(super) async fn since(before: Before, project: &Path) -> Found {
    let looking = spawn_blocking(move || before.made_since());
    let Ok(Ok(made)) = timeout(limits::MADE_WAIT, looking).await else {
        tracing::warn!("whether a session made files that run outside could not be seen");
        return Found {
            names: Vec::new(),
            is_cut: true,
        };
    };
    Found {
        names: made.paths.iter().map(|path| name(path, project)).collect(),
        is_cut: made.is_cut,
    }
}

/// A path among other words, from the project on.
pub(super) fn name(path: &Path, project: &Path) -> String {
    let relative = path.strip_prefix(project).unwrap_or(path);
    display::phrase(display::path(relative, limits::PATH_SHOWN))
}

/// What is written in the last moment would be missed otherwise. A process that does not end is not waited for.
async fn wait_for_end(root: u32) {
    let ended = async {
        while root != 0 && !process_view::has_ended(root) {
            sleep(LOOK_AGAIN).await;
        }
    };
    if timeout(limits::STOP_WAIT, ended).await.is_err() {
        tracing::debug!(root, "a session's processes have not ended yet");
    }
}
