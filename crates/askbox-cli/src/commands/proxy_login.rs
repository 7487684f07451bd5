//! `askbox proxy-login`: name and password for the proxy of policy.toml. They come from the terminal or from standard input,
//! and go nowhere but into the keyring or its file.

use std::io::{self, BufRead, IsTerminal, Write};
use std::os::fd::AsFd;

use askbox_daemon::PROXY_LOGIN;
use askbox_secrets::{Fallback, Kept, Place, Removed, Secret, Secrets, Service};

use crate::args::ProxyLoginArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::limits::LOGIN_BYTES;
use crate::{output, terminal};

/// Keeps them, or forgets them.
pub(crate) fn run(context: &Context, arguments: &ProxyLoginArgs) -> Result<ExitStatus, CliError> {
    let secrets = Secrets::new(context.paths.secrets(), Service);
    let by_hand = context.paths.proxy_credentials().exists();
    let said = if arguments.remove {
        removed(secrets.remove(PROXY_LOGIN)?.as_ref(), by_hand)
    } else {
        let login = login()?;
        let fallback = if arguments.file {
            Fallback::Chosen
        } else {
            Fallback::WithoutService
        };
        kept(&secrets.keep(PROXY_LOGIN, Secret::new(login), fallback)?, by_hand)
    };
    output::print(&said)?;
    Ok(ExitStatus::Success)
}

/// `NAME:PASSWORD` from wherever it comes.
fn login() -> Result<String, CliError> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return checked(&line(stdin.lock())?);
    }
    io::stderr()
        .write_all(b"Name: ")
        .map_err(CliError::system("ask on the terminal"))?;
    let name = line(stdin.lock())?;
    if name.is_empty() || name.contains(':') {
        return Err(CliError::Login(
            "a name for a proxy is not empty and has no colon",
        ));
    }
    let password = terminal::ask_hidden(stdin.as_fd(), "Password (not shown): ", LOGIN_BYTES);
    let password = password.map_err(CliError::system("read the password"))?;
    checked(&format!("{name}:{password}"))
}

/// One line, without its end.
fn line(input: impl BufRead) -> Result<String, CliError> {
    let mut text = String::new();
    let limit = u64::try_from(LOGIN_BYTES).unwrap_or(u64::MAX);
    let read = input.take(limit).read_line(&mut text);
    read.map_err(CliError::system("read name and password"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// What the daemon will read: RFC 7617 has no other form.
fn checked(line: &str) -> Result<String, CliError> {
    let problem = match line.split_once(':') {
        _ if LOGIN_BYTES <= line.len() => "name and password are too long",
        None => "name and password are one line, NAME:PASSWORD",
        Some(("", _)) => "the name is empty",
        Some((_, "")) => "the password is empty",
        Some(_) if line.chars().any(char::is_control) => "name and password hold a control character",
        Some(_) => return Ok(line.to_owned()),
    };
    Err(CliError::Login(problem))
}

fn kept(kept: &Kept, by_hand: bool) -> String {
    let place = match (&kept.place, &kept.instead) {
        (Place::Keyring, _) => "kept in your keyring".to_owned(),
        (Place::File(path), None) => format!("kept in {}, which only you may read", output::safe_path(path)),
        (Place::File(path), Some(why)) => format!(
            "kept in {}, which only you may read: {}",
            output::safe_path(path),
            output::safe_sentence(&why.to_string())
        ),
    };
    let more = if by_hand {
        "proxy-credentials beside policy.toml is not read any more: remove it\n"
    } else {
        ""
    };
    format!("{place}\n{more}")
}

fn removed(removed: Option<&Removed>, by_hand: bool) -> String {
    let gone = match removed {
        None => "nothing was kept".to_owned(),
        Some(Removed { left: None, .. }) => "forgotten".to_owned(),
        Some(Removed { left: Some(why), .. }) => format!(
            "forgotten, and not used any more, but the entry `askbox` stays in your keyring: {}",
            output::safe_sentence(&why.to_string())
        ),
    };
    let more = if by_hand {
        "proxy-credentials beside policy.toml is there, and is used\n"
    } else {
        ""
    };
    format!("{gone}\n{more}")
}

#[cfg(test)]
mod tests;
