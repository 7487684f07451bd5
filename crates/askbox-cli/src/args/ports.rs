//! What can be done with the ports that a session shares with the host.

use askbox_policy::{Port, Publish, SharedPort};
use clap::{ArgGroup, Args, Subcommand};

use super::parse;

/// Ports to share, as every command takes them.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PortArgs {
    /// Let the session reach a service on this machine's loopback, at the same port inside
    #[arg(long, value_name = "PORT", value_parser = parse::port)]
    pub(crate) host_port: Vec<Port>,
    /// Let this machine reach a server of the session: at PORT of 127.0.0.1 and `::1`, or of ADDRESS, which others may
    /// reach; INSIDE is the server's own port, where it is another
    #[arg(long, value_name = "[ADDRESS:]PORT[:INSIDE]", value_parser = parse::publish)]
    pub(crate) publish: Vec<Publish>,
}

/// Of `askbox ports`.
#[derive(Debug, Args)]
pub(crate) struct PortsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<PortsCommand>,
    /// Print JSON: an array of objects with session, `served_by` (host or session), address (null for the loopback), port and
    /// inside
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// One of the things to do with ports.
#[derive(Debug, Subcommand)]
pub(crate) enum PortsCommand {
    /// List the ports that sessions share with this machine
    List,
    /// Share ports with a session that runs
    #[command(
        override_usage = "askbox ports add [OPTIONS] <SESSION>",
        after_help = "Examples:
  askbox ports add 7d3k9xq2 --host-port 5432
  askbox ports add 7d3k9xq2 --publish 8080:3000"
    )]
    Add(ChangePortsArgs),
    /// Share ports no longer, and cut what came by them
    #[command(
        override_usage = "askbox ports remove [OPTIONS] <SESSION>",
        after_help = "Example:
  askbox ports remove 7d3k9xq2 --publish 8080:3000"
    )]
    Remove(ChangePortsArgs),
}

/// Which ports of which session.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("ports").args(["host_port", "publish"]).required(true).multiple(true))]
pub(crate) struct ChangePortsArgs {
    /// The session, as `askbox sessions` names it
    pub(crate) session: String,
    #[command(flatten)]
    pub(crate) ports: PortArgs,
}

impl PortArgs {
    /// All of them.
    pub(crate) fn shared(&self) -> impl Iterator<Item = SharedPort> {
        let host = self.host_port.iter().copied().map(SharedPort::Host);
        let published = self.publish.iter().copied().map(SharedPort::Published);
        host.chain(published)
    }
}
