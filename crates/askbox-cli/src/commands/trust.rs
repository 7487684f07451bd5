//! `askbox trust`: lets a project's own file allow things, as the file is now.

use askbox_policy::Effect;
use askbox_wire::{OsText, Request, Response, RuleView, TrustOutcome, TrustView, TrustedSetting};

use super::rules;
use crate::args::TrustArgs;
use crate::connect;
use crate::context::{self, Context, Named};
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

/// Trusts, and shows what was trusted.
pub(crate) fn run(context: &Context, arguments: &TrustArgs) -> Result<ExitStatus, CliError> {
    let directory = context::real_directory(&arguments.directory, Named::Subject)?;
    let mut client = connect::connect_or_start(context)?;
    let Response::Trusted(trusted) = client.call(Request::Trust {
        directory: OsText::from(directory),
    })?
    else {
        return Err(CliError::OutOfTurn);
    };
    if arguments.json {
        output::print_json(&trusted)?;
    } else {
        output::print(&render(&trusted, Style::new(context)))?;
    }
    Ok(ExitStatus::Success)
}

fn render(trusted: &TrustView, style: Style) -> String {
    let mut text = format!("trusted: {}\n", output::safe(&trusted.path));
    for setting in &trusted.settings {
        text.push_str(&render_setting(setting, style));
    }
    for rule in &trusted.rules {
        text.push_str(&rules::render_rule(rule, style));
    }
    text.push_str(&consequence(trusted));
    text
}

fn render_setting(setting: &TrustedSetting, style: Style) -> String {
    let (outcome, consequence) = match (setting.outcome, setting.name.as_str()) {
        (TrustOutcome::Loosens, "preset") => (style.open("loosens"), ": what it allows needs no answer"),
        (TrustOutcome::Loosens, "sandbox.nested_sandbox") => (
            style.open("loosens"),
            ": programs inside may make sandboxes of their own",
        ),
        (TrustOutcome::Loosens, "sandbox.debugger") => {
            (style.open("loosens"), ": programs inside may debug each other")
        }
        (TrustOutcome::Loosens, _) => (style.open("loosens"), ""),
        (TrustOutcome::Tightens, _) => (style.good("tightens"), ""),
        (TrustOutcome::Ignored, _) => ("ignored".to_owned(), ": no project's file has a say in it"),
    };
    let value = setting.value.as_deref();
    let value = value
        .map(|value| format!(" = {}", output::safe(value)))
        .unwrap_or_default();
    format!("{outcome}  {}{value}{consequence}\n", output::safe(&setting.name))
}

/// What comes of it all, in a sentence.
fn consequence(trusted: &TrustView) -> String {
    let settings = |outcome| {
        let settings = trusted.settings.iter();
        settings.filter(|setting| setting.outcome == outcome).count()
    };
    let is_allowing = |rule: &&RuleView| rule.effect == Effect::Allow;
    let loosening = settings(TrustOutcome::Loosens) + trusted.rules.iter().filter(is_allowing).count();
    let counting = [
        (
            settings(TrustOutcome::Loosens) + settings(TrustOutcome::Tightens),
            "setting",
        ),
        (trusted.rules.len(), "rule"),
    ];
    let all: usize = counting.iter().map(|(number, _)| number).sum();
    let counting = counting.into_iter().filter(|(number, _)| 0 < *number);
    let counting: Vec<String> = counting
        .map(|(number, thing)| output::count(number, thing))
        .collect();
    let verb = if all == 1 { "counts" } else { "count" };
    let loosens = match (loosening, all) {
        (0, _) => "nothing in it loosens what programs may do".to_owned(),
        (1, 1) => "it loosens what programs may do".to_owned(),
        (1, _) => "1 of them loosens what programs may do".to_owned(),
        (number, _) => format!("{number} of them loosen what programs may do"),
    };
    match all {
        0 => "Nothing changes by it: the file has no rules, and no settings that count.\n".to_owned(),
        _ => format!(
            "From the next session on, {} {verb} until the file changes; {loosens}.\n",
            counting.join(" and ")
        ),
    }
}

#[cfg(test)]
mod tests;
