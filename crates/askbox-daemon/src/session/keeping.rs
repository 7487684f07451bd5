//! Keeps a session to what it may use of the machine while it runs: looks at what it uses, shows that, and does what a limit
//! says. What that is, is decided in `keeper`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use askbox_audit::{Durability, SessionChange};
use askbox_policy::{Project, Resource, ResourceLimits, SessionId};
use askbox_sandbox::growth::{self, Held};
use askbox_wire::{Enforcement, Event, StopReason};
use tokio::task::{AbortHandle, JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::entry;
use super::scope::Scope;
use super::stopping::{self, Why};
use crate::daemon::Daemon;
use crate::limits;
use crate::process_view::unlinked::unlinked;

mod disk;
mod growing;
mod keeper;
mod run_time;

use disk::Disk;
use growing::Grew;
pub(crate) use growing::thaw;
use keeper::{Keeper, Looked};
use run_time::RunTime;

/// Looks after a session. Dropping it ends that.
#[derive(Debug)]
pub(crate) struct Keeping(AbortHandle);

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What is kept, and to what.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The session.
    pub(crate) id: SessionId,
    /// What it is for.
    pub(crate) project: Project,
    /// Where it may write natively.
    pub(crate) directories: Vec<PathBuf>,
    /// What it may use.
    pub(crate) limits: ResourceLimits,
    /// Bytes by which those directories may grow: a person can allow more.
    pub(crate) disk_allowance: Arc<AtomicU64>,
    /// Who else holds it to that.
    pub(crate) enforcement: Enforcement,
}

/// Begins, once the root of its processes is known.
pub(super) fn begin(daemon: &Arc<Daemon>, kept: Kept, scope: Option<Scope>, root: u32) -> Keeping {
    let daemon = Arc::clone(daemon);
    Keeping(tokio::spawn(keep(daemon, kept, scope, root)).abort_handle())
}

async fn keep(daemon: Arc<Daemon>, kept: Kept, scope: Option<Scope>, root: u32) {
    let (run_time, over) = RunTime::begin(kept.limits.run_time_ms);
    tokio::select! {
        () = over.wait() => end_gently(&daemon, &kept, Resource::RunTime).await,
        () = look_on(&daemon, &kept, scope, root, &run_time) => {}
    }
}

/// Looks until the session ends, or is ended here.
async fn look_on(daemon: &Arc<Daemon>, kept: &Kept, scope: Option<Scope>, root: u32, run_time: &RunTime) {
    let since = i64::try_from(daemon.clock.now().wall_ms / 1000).unwrap_or(i64::MAX);
    // Times of files have the grain of the kernel's clock.
    let since = since.saturating_sub(1);
    let mut keeper = Keeper::new(kept.limits, kept.enforcement);
    let (mut disk, mut looks) = (Disk::default(), Looks::default());
    let mut programs_ended = 0;
    loop {
        let usage = daemon.processes.usage(root).await;
        let has_met_disk = look_at_disk(daemon, (kept, root), since, (&mut disk, &mut looks)).await;
        let looked = Looked {
            at: Instant::now(),
            usage,
        };
        let seen = keeper.see(looked);
        let mut view = seen.view;
        view.disk_bytes = Some(disk.grown());
        daemon.sessions.set_usage(&kept.id, view);
        if has_met_disk && let Grew::Ended = growing::ask(daemon, (kept, root), run_time, disk.grown()).await
        {
            return;
        }
        if seen.may_exceed_memory && exceeds_memory(daemon, kept, root).await {
            return end_at_once(daemon, kept, Resource::Memory).await;
        }
        if seen.met_processes {
            tell(
                daemon,
                kept,
                Resource::Processes,
                &Resource::Processes.told(&kept.limits),
            )
            .await;
        }
        let ended = scope.as_ref().map_or(0, Scope::programs_ended);
        if programs_ended < ended {
            programs_ended = ended;
            let told = Resource::Memory.told(&kept.limits);
            let text = format!("a program of the session was ended, since {told}");
            tell(daemon, kept, Resource::Memory, &text).await;
        }
        sleep(seen.rest).await;
    }
}

async fn exceeds_memory(daemon: &Daemon, kept: &Kept, root: u32) -> bool {
    let (Some(limit), Some(memory)) = (kept.limits.memory_bytes, daemon.processes.memory(root).await) else {
        return false;
    };
    limit < memory
}

/// Looks at what the directories and the programs hold only when the file systems took on so much that it matters. Says whether that
/// is as much as they may.
async fn look_at_disk(
    daemon: &Daemon,
    (kept, root): (&Kept, u32),
    since: i64,
    (disk, looks): (&mut Disk, &mut Looks),
) -> bool {
    let directories = kept.directories.clone();
    let used = looks.look(limits::GROWTH_WAIT, move || growth::used(&directories));
    match used.await {
        Some(Ok(used)) => disk.see(&used),
        Some(Err(error)) => {
            tracing::debug!(%error, session = %kept.id, "a file system does not say what it holds");
        }
        None => return false,
    }
    // One that ends need not be looked at again.
    if disk.grown() < kept.disk_allowance.load(Ordering::Acquire) || !daemon.sessions.is_running(&kept.id) {
        return false;
    }
    let directories = kept.directories.clone();
    let devices = disk.devices();
    let walk = looks.look(2 * limits::GROWTH_WAIT, move || {
        let stop = Instant::now() + limits::GROWTH_WAIT;
        let open = unlinked(root, &devices, stop);
        directories.iter().fold(open, |sum, directory| {
            // What cannot be looked at may hold anything; private homes that were never made hold nothing.
            let cut = Held {
                bytes: 0,
                is_cut: directory.exists(),
            };
            let held = growth::changed_since(directory, since, stop).unwrap_or(cut);
            Held {
                bytes: sum.bytes.saturating_add(held.bytes),
                is_cut: sum.is_cut || held.is_cut,
            }
        })
    });
    let cut = Held {
        bytes: 0,
        is_cut: true,
    };
    disk.walked(walk.await.unwrap_or(cut));
    kept.disk_allowance.load(Ordering::Acquire) <= disk.grown()
}

/// Looks at file systems, one after the other: what one that hangs holds is one thread, however long that takes.
#[derive(Debug, Default)]
struct Looks {
    last: Option<AbortHandle>,
}

impl Looks {
    /// `None` where that takes longer, or an earlier one still does.
    async fn look<T: Send + 'static>(
        &mut self,
        most: Duration,
        look: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        if self.last.as_ref().is_some_and(|last| !last.is_finished()) {
            return None;
        }
        let looking = spawn_blocking(look);
        self.last = Some(looking.abort_handle());
        timeout(most, looking).await.ok()?.ok()
    }
}

async fn end_at_once(daemon: &Arc<Daemon>, kept: &Kept, resource: Resource) {
    let text = resource.told(&kept.limits);
    tell(daemon, kept, resource, &text).await;
    kill(daemon, kept, resource, text).await;
}

async fn kill(daemon: &Daemon, kept: &Kept, resource: Resource, text: String) {
    let why = Why {
        reason: StopReason::Limit(resource),
        text,
    };
    stopping::kill(daemon, &kept.id, why).await;
}

async fn end_gently(daemon: &Arc<Daemon>, kept: &Kept, resource: Resource) {
    let why = Why {
        reason: StopReason::Limit(resource),
        text: resource.told(&kept.limits),
    };
    tell(daemon, kept, resource, &why.text).await;
    stopping::ask(daemon, &kept.id, why).await;
}

/// In the log, and to whoever follows. A log that is slow or broken keeps no session from being ended.
async fn tell(daemon: &Arc<Daemon>, kept: &Kept, resource: Resource, text: &str) {
    daemon.tell(Event::LimitHit {
        session: kept.id.clone(),
        resource,
        text: text.to_owned(),
    });
    match timeout(limits::TOLD_WAIT, record(daemon, kept, resource, text)).await {
        Ok(Ok(Ok(_number))) => {}
        Ok(_) | Err(_) => {
            tracing::error!(session = %kept.id, "that a session met a limit is not in the log yet");
        }
    }
}

/// In the log, whether or not anybody waits for that.
fn record(
    daemon: &Daemon,
    kept: &Kept,
    resource: Resource,
    text: &str,
) -> JoinHandle<Result<u64, askbox_audit::Error>> {
    let detail = Some(format!("{resource}: {text}"));
    let entry = entry(&kept.id, &kept.project, SessionChange::Limited, detail);
    let log = daemon.log.clone();
    tokio::spawn(async move { log.record(entry, Durability::Unsynced).await })
}
