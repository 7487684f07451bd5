//! Asking the gate for what an operation needs, and refusing what no answer opens: at once where that is known, else in a task of
//! its own, so that a request that waits holds up no other.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use askbox_gate::Permit;
use askbox_policy::{Basis, Process, Request, Target, Verdict};
use fuser::Errno;
use tokio::sync::OnceCell;

use crate::pool::Place;
use crate::shared::Shared;
use crate::waiter;

impl Shared {
    /// Asks the gate for all of these, by one question as far as they belong on one, and goes on with the permits, or with the
    /// error that the program gets: at once where nobody has to be asked, otherwise in a task of its own. A program that is
    /// killed while it waits gets EINTR.
    pub(crate) fn admit(
        self: &Arc<Self>,
        thread: u32,
        targets: Vec<Target>,
        then: impl FnOnce(Result<Vec<Permit>, Errno>) + Send + 'static,
    ) {
        let place = targets
            .iter()
            .filter_map(Target::path)
            .map(|path| self.place(path.as_path()))
            .max()
            .unwrap_or(Place::Here);
        let shared = Arc::clone(self);
        let mut admitted = Box::pin(async move { shared.permits(thread, targets).await });
        let entered = self.runtime.enter();
        let first = admitted.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        drop(entered);
        if let Poll::Ready(permits) = first {
            return self.run(place, move |begun| then(begun.and(permits)));
        }
        let shared = Arc::clone(self);
        self.runtime.spawn(async move {
            let permits = tokio::select! {
                biased;
                permits = &mut admitted => permits,
                () = waiter::has_given_up(thread) => Err(Errno::EINTR),
            };
            // Dropped before anything else happens: a program that is gone waits no longer.
            drop(admitted);
            if place != Place::Here {
                return shared.run(place, move |begun| then(begun.and(permits)));
            }
            // What follows touches files. Hundreds may have waited for one answer.
            let done = tokio::task::spawn_blocking(move || then(permits)).await;
            if let Err(error) = done {
                tracing::error!(%error, "an operation on a file failed half-way");
            }
        });
    }

    async fn permits(&self, thread: u32, targets: Vec<Target>) -> Result<Vec<Permit>, Errno> {
        let process = OnceCell::new();
        let identify = async || {
            let identified = process.get_or_init(|| (self.files.identify)(thread));
            identified.await.clone()
        };
        let admit = async |target: &Target, others: &[Target]| {
            let request = self.request(target.clone());
            let admitted = self.gate.admit_first(request, others, identify()).await;
            admitted.map_err(|_denial| Errno::EACCES)
        };
        // Where one is denied, nobody is asked about the others in vain. What a rule denies to one program it denies to an unknown
        // one.
        if self.denied(&targets, &Process::unknown()).is_some()
            && let Some(denied) = self.denied(&targets, &identify().await)
        {
            drop(admit(denied, &[]).await?);
        }
        let mut permits = Vec::with_capacity(targets.len());
        let mut left = targets.as_slice();
        while let [target, others @ ..] = left {
            permits.push(admit(target, others).await?);
            left = others;
        }
        // The first may have been revoked while the last was waited for.
        if permits.iter().any(Permit::is_revoked) {
            return Err(Errno::EACCES);
        }
        Ok(permits)
    }

    /// The first of these that the rules deny to a program.
    fn denied<'a>(&self, targets: &'a [Target], process: &Process) -> Option<&'a Target> {
        targets.iter().find(|target| {
            let request = Request {
                process: process.clone(),
                ..self.request((*target).clone())
            };
            matches!(self.gate.peek(&request), Verdict::Deny(_))
        })
    }

    /// Refuses what is on the credential list, by its path or as another name of an object that is, with an event; then
    /// goes on.
    pub(crate) fn refuse(
        self: &Arc<Self>,
        thread: u32,
        target: Target,
        then: impl FnOnce() + Send + 'static,
    ) {
        if target.path().is_some_and(|path| self.is_closed(path)) {
            return self.admit(thread, vec![target], move |_refused| then());
        }
        let reason = "another name of a file on the credential list".to_owned();
        self.refuse_by(thread, target, Basis::Credential(reason), then);
    }

    /// Refuses what no answer allows, with an event; then goes on.
    pub(crate) fn refuse_by(
        self: &Arc<Self>,
        thread: u32,
        target: Target,
        basis: Basis,
        then: impl FnOnce() + Send + 'static,
    ) {
        let shared = Arc::clone(self);
        let mut request = self.request(target);
        self.runtime.spawn(async move {
            request.process = (shared.files.identify)(thread).await;
            drop(shared.gate.refuse(&request, basis).await);
            then();
        });
    }
}
