//! `askbox profiles`: what known programs need. Data of this program; needs no daemon.

use std::fmt::Write as _;

use askbox_policy::Profile;
use serde::Serialize;

use crate::args::JsonArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

/// One object of `askbox profiles --json`.
#[derive(Debug, Serialize)]
struct View<'a> {
    name: &'a str,
    title: &'a str,
    programs: &'a [String],
    login: &'a [String],
    settings: &'a [String],
    state: &'a [String],
    bundles: Vec<&'a str>,
    domains: &'a [String],
}

/// Lists them.
pub(crate) fn run(context: &Context, arguments: &JsonArgs) -> Result<ExitStatus, CliError> {
    let profiles = Profile::all();
    if arguments.json {
        let views: Vec<View<'_>> = profiles.iter().map(view).collect();
        output::print_json(&views)?;
    } else {
        let style = Style::new(context);
        let blocks: Vec<String> = profiles.iter().map(|profile| render(profile, style)).collect();
        output::print(&blocks.join("\n"))?;
    }
    Ok(ExitStatus::Success)
}

fn view(profile: &Profile) -> View<'_> {
    View {
        name: profile.name.as_str(),
        title: &profile.title,
        programs: &profile.programs,
        login: &profile.login,
        settings: &profile.settings,
        state: &profile.state,
        bundles: profile.bundles().map(|bundle| bundle.title.as_str()).collect(),
        domains: &profile.domains,
    }
}

/// Name and title, for which commands, and a line for everything that it opens.
fn render(profile: &Profile, style: Style) -> String {
    let name = style.bold(profile.name.as_str());
    let mut text = format!("{name}  {}, for {}\n", profile.title, profile.programs.join(", "));
    let bundles: Vec<String> = profile.bundles().map(|bundle| bundle.title.clone()).collect();
    for (label, opened) in [
        ("login, read and written", &profile.login),
        ("settings, read", &profile.settings),
        ("state, read and written", &profile.state),
        ("also read", &bundles),
        ("domains", &profile.domains),
    ] {
        if !opened.is_empty() {
            let _infallible = writeln!(text, "   {label}: {}", opened.join(", "));
        }
    }
    text
}

#[cfg(test)]
mod tests;
