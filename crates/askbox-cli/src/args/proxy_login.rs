//! What can be said about the login for a proxy. Never the login itself: others may read a command line.

use clap::Args;

/// Of `askbox proxy-login`.
#[derive(Debug, Args)]
pub(crate) struct ProxyLoginArgs {
    /// Forget them
    #[arg(long, conflicts_with = "file")]
    pub(crate) remove: bool,
    /// Keep them in a file of mode 0600, and ask no keyring
    #[arg(long)]
    pub(crate) file: bool,
}
