//! What each command does: ask the daemon or the log, print, and say how it went.

use crate::args::Command;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;

mod answer;
mod ask_keyring;
mod completions;
mod daemon;
mod doctor;
mod lockdown;
mod log;
mod man;
mod open;
mod pause;
mod ports;
mod processes;
mod profiles;
mod proxy_login;
mod questions;
mod review;
mod revoke;
mod rules;
mod run;
mod sessions;
mod settings;
mod status;
mod stop;
mod thaw;
mod trust;

/// Does it.
pub(crate) fn dispatch(command: Command, context: &Context) -> Result<ExitStatus, CliError> {
    match command {
        Command::Run(arguments) => run::run(context, arguments),
        Command::Shell(arguments) => run::shell(context, arguments),
        Command::Questions(arguments) => questions::run(context, &arguments),
        Command::Allow(arguments) => answer::run(context, &arguments, answer::Decision::Allow),
        Command::Deny(arguments) => answer::run(context, &arguments, answer::Decision::Deny),
        Command::Pause(arguments) => pause::run(context, &arguments),
        Command::Lockdown(arguments) => lockdown::run(context, &arguments),
        Command::Rules(arguments) => rules::run(context, arguments),
        Command::Settings(arguments) => settings::run(context, arguments),
        Command::ProxyLogin(arguments) => proxy_login::run(context, &arguments),
        Command::AskKeyring => ask_keyring::run(context),
        Command::Profiles(arguments) => profiles::run(context, &arguments),
        Command::Revoke(arguments) => revoke::run(context, arguments),
        Command::Trust(arguments) => trust::run(context, &arguments),
        Command::Sessions(arguments) => sessions::run(context, &arguments),
        Command::Review(arguments) => review::run(context, &arguments),
        Command::Processes(arguments) => processes::run(context, arguments),
        Command::Ports(arguments) => ports::run(context, &arguments),
        Command::Stop(arguments) => stop::run(context, arguments),
        Command::Thaw(arguments) => thaw::run(context, arguments),
        Command::Open(arguments) => open::run(context, &arguments),
        Command::Log(arguments) => log::run(context, arguments),
        Command::Status(arguments) => status::run(context, &arguments),
        Command::Daemon(arguments) => daemon::run(context, &arguments),
        Command::Doctor(arguments) => doctor::run(context, &arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(context, &arguments),
    }
}
