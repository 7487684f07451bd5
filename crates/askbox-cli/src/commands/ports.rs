//! `askbox ports`: the ports that sessions share with this machine.

use std::fmt::Write as _;

use askbox_policy::SessionId;
use askbox_wire::{Client, PortView, Request, Response, ServedBy, SessionView};
use serde::Serialize;

use crate::args::{ChangePortsArgs, PortsArgs, PortsCommand};
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output;

/// One object of `askbox ports --json`.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    session: &'a str,
    #[serde(flatten)]
    port: &'a PortView,
}

/// Lists, opens or closes ports, and shows what is shared then.
pub(crate) fn run(context: &Context, arguments: &PortsArgs) -> Result<ExitStatus, CliError> {
    let sessions = match &arguments.command {
        None | Some(PortsCommand::List) => match connect::connect_if_running(&context.paths)? {
            Some(mut client) => sessions(&mut client)?,
            None => Vec::new(),
        },
        Some(PortsCommand::Add(change)) => {
            let mut client = connect::connect(&context.paths)?;
            each(&mut client, change, |session, port| Request::OpenPort {
                session,
                port,
            })?
        }
        Some(PortsCommand::Remove(change)) => {
            let mut client = connect::connect(&context.paths)?;
            each(&mut client, change, |session, port| Request::ClosePort {
                session,
                port,
            })?
        }
    };
    if arguments.json {
        let listed: Vec<Listed<'_>> = sessions
            .iter()
            .flat_map(|session| {
                session.ports.iter().map(|port| Listed {
                    session: &session.id.0,
                    port,
                })
            })
            .collect();
        output::print_json(&listed)?;
    } else {
        output::print(&render(&sessions))?;
    }
    Ok(ExitStatus::Success)
}

/// Asks for each of the ports, and gives the session as it is then.
fn each(
    client: &mut Client,
    change: &ChangePortsArgs,
    request: impl Fn(SessionId, askbox_policy::SharedPort) -> Request,
) -> Result<Vec<SessionView>, CliError> {
    let id = SessionId(change.session.clone());
    for port in change.ports.shared() {
        match client.call(request(id.clone(), port))? {
            Response::Done => {}
            _ => return Err(CliError::OutOfTurn),
        }
    }
    let all = sessions(client)?;
    Ok(all.into_iter().filter(|session| session.id == id).collect())
}

fn sessions(client: &mut Client) -> Result<Vec<SessionView>, CliError> {
    match client.call(Request::Sessions)? {
        Response::Sessions(sessions) => Ok(sessions),
        _ => Err(CliError::OutOfTurn),
    }
}

fn render(sessions: &[SessionView]) -> String {
    let mut text = String::new();
    for session in sessions {
        for port in &session.ports {
            let _infallible = writeln!(text, "{}  {}", session.id, describe(port));
        }
    }
    if text.is_empty() {
        text.push_str("no port is shared\n");
    }
    text
}

/// What a port does, in one line.
pub(super) fn describe(port: &PortView) -> String {
    let address = port.address.as_deref().unwrap_or("127.0.0.1");
    let address = if address.contains(':') {
        format!("[{address}]")
    } else {
        address.to_owned()
    };
    match port.served_by {
        ServedBy::Host => format!("reaches {address}:{} of this machine", port.port),
        ServedBy::Session => format!(
            "is reached at {address}:{}, its own port {}",
            port.port, port.inside
        ),
    }
}

#[cfg(test)]
mod tests;
