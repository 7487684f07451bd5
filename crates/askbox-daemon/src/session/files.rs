//! The asking file system of a session: what it shows, from the plan, and serving it.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use askbox_files::{Identify, MountPoint, Serving, SessionFiles, View};
use askbox_policy::builtin_lists::Lists;
use askbox_policy::{CanonicalPath, Project, SessionId};
use askbox_sandbox::Plan;
use askbox_sandbox::host_facts::Present;
use askbox_sandbox::plan::Mount;
use askbox_wire::{ErrorCode, WireError};

use crate::daemon::Daemon;
use crate::mount_table::MountTable;
use crate::process_view::ProcessView;

/// Where file systems are mounted that may be slow, or taken out: nothing there is looked at on a thread that others need.
const REMOVABLE: [&str; 2] = ["/mnt", "/media"];

/// What the file system of this plan shows; `None` where it has none. `present` is what is there of both lists. Looks at the host.
pub(super) fn view(plan: &Plan, present: &[Present], lists: &Lists) -> Option<View> {
    let roots: Vec<PathBuf> = plan
        .mounts
        .iter()
        .filter_map(|mount| match mount {
            Mount::Asking { path } => Some(path.clone()),
            Mount::Bind { .. } | Mount::Private { .. } | Mount::Guard { .. } | Mount::Cover { .. } => None,
        })
        .collect();
    if roots.is_empty() {
        return None;
    }
    let is_served = |path: &Path| roots.iter().any(|root| path.starts_with(root));
    let mounts = plan.mounts.iter().filter_map(|mount| match mount {
        Mount::Bind { source, target, .. } if is_served(target) => Some(MountPoint {
            path: target.clone(),
            is_directory: source.is_dir(),
        }),
        Mount::Private { target, .. } if is_served(target) => Some(MountPoint {
            path: target.clone(),
            is_directory: true,
        }),
        Mount::Asking { .. }
        | Mount::Bind { .. }
        | Mount::Private { .. }
        | Mount::Guard { .. }
        | Mount::Cover { .. } => None,
    });
    let mut slow: Vec<PathBuf> = REMOVABLE.iter().map(PathBuf::from).collect();
    slow.extend(MountTable::read().unwrap_or_default().slow().map(Path::to_owned));
    // What a wildcard stands for is known by its path alone.
    let is_credential = |path: &&PathBuf| {
        let entry = CanonicalPath::new(path).and_then(|path| lists.credential(&path));
        entry.is_some_and(|entry| entry.path().is_some())
    };
    let listed = present.iter().map(|present| &present.path);
    Some(View {
        mounts: mounts.collect(),
        credentials: listed.filter(is_credential).cloned().collect(),
        slow,
        roots,
    })
}

/// Serves it. Without its device there is none: a launch that needs one fails by itself, since it has nothing to mount.
pub(super) async fn serve(
    daemon: &Daemon,
    session: &SessionId,
    project: &Project,
    view: Option<View>,
    root: &Arc<AtomicU32>,
    device: Option<OwnedFd>,
) -> Result<Option<Serving>, WireError> {
    let (Some(view), Some(device)) = (view, device) else {
        return Ok(None);
    };
    let files = SessionFiles {
        session: session.clone(),
        project: project.clone(),
        view,
        lists: Arc::clone(daemon.policy.policy().lists()),
        identify: identify(&daemon.processes, root),
    };
    askbox_files::serve(device, files, daemon.gate.clone())
        .await
        .map(Some)
        .map_err(|error| WireError::new(ErrorCode::Internal, format!("cannot serve its files: {error}")))
}

/// Who is behind a request of the kernel: it names the thread.
pub(super) fn identify(processes: &ProcessView, root: &Arc<AtomicU32>) -> Identify {
    let (processes, root) = (processes.clone(), Arc::clone(root));
    Arc::new(move |thread| {
        let processes = processes.clone();
        let root = root.load(Ordering::Acquire);
        Box::pin(async move { processes.of_thread(thread, root).await })
    })
}
