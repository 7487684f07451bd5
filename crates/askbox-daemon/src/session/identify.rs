//! Who is behind a connection of a session: its processes are those below its root on the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use askbox_network::{Ends, Identify};
use askbox_policy::Process;

use crate::process_view::{Connection, Diagnostics, Members, ProcessView, Whereabouts};

/// Looks among the processes below `root`. As long as that is 0, the client has not said where they are.
pub(super) fn closure(processes: &ProcessView, root: Arc<AtomicU32>, diagnostics: Diagnostics) -> Identify {
    let processes = processes.clone();
    Arc::new(move |ends: Ends| {
        let (processes, diagnostics) = (processes.clone(), diagnostics.clone());
        let root = root.load(Ordering::Acquire);
        Box::pin(async move {
            if root == 0 {
                return Process::unknown();
            }
            let session = Whereabouts {
                members: Members::Below(root),
                diagnostics: Some(diagnostics),
            };
            let connection = Connection {
                protocol: ends.protocol,
                client: ends.client,
                server: ends.server,
            };
            processes.identify(session, connection).await
        })
    })
}
