//! What a session made that may run outside later. Looks once, when everything inside has ended; opens nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use askbox_policy::display;
use askbox_sandbox::guards::Before;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::Ending;
use crate::limits;
use crate::process_view;

/// How often it is looked whether the processes inside have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The names, as people see them; `root` is the first process of the session, 0 when there was none.
pub(super) async fn since(before: Before, project: &Path, root: u32, how: Ending) -> Vec<String> {
    match how {
        // Their client has waited for them; at the daemon's own end there is no time.
        Ending::Exited(_) | Ending::DaemonEnds => {}
        Ending::ConnectionLost | Ending::Stopped => wait_for_end(root).await,
    }
    let looking = spawn_blocking(move || before.made_since());
    let Ok(Ok(made)) = timeout(limits::MADE_WAIT, looking).await else {
        tracing::warn!("whether a session made files that run outside could not be seen");
        return Vec::new();
    };
    let name = |path: &PathBuf| {
        let relative = path.strip_prefix(project).unwrap_or(path);
        display::path(relative, limits::PATH_SHOWN)
    };
    let mut names: Vec<String> = made.iter().take(limits::MADE_SHOWN).map(name).collect();
    if limits::MADE_SHOWN < made.len() {
        names.push(format!("{} more", made.len() - limits::MADE_SHOWN));
    }
    names
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
