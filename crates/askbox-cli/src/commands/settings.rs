//! `askbox settings`: what policy.toml says beside its rules.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use askbox_policy::{Kind, Limit, Preset};
use askbox_wire::{LimitChange, OsText, Request, Response, SettingsChange, SettingsView};

use crate::args::{SettingsArgs, SettingsCommand, SettingsKey};
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

/// Lists or changes, and shows what is in force then.
pub(crate) fn run(context: &Context, arguments: SettingsArgs) -> Result<ExitStatus, CliError> {
    let request = match arguments.command {
        None | Some(SettingsCommand::List) => Request::Settings,
        Some(SettingsCommand::Set { key, values }) => {
            Request::ChangeSettings(change(key, &values).map_err(CliError::Value)?)
        }
    };
    let mut client = connect::connect_or_start(context)?;
    let Response::Settings(settings) = client.call(request)? else {
        return Err(CliError::OutOfTurn);
    };
    if arguments.json {
        output::print_json(&settings)?;
    } else {
        output::print(&render(&settings, Style::new(context)))?;
    }
    Ok(ExitStatus::Success)
}

/// What a person wants to be written; an error says what was expected.
fn change(key: SettingsKey, values: &[OsString]) -> Result<SettingsChange, String> {
    let mut change = SettingsChange::default();
    match key {
        SettingsKey::Preset => {
            let preset = one(values)?.parse::<Preset>();
            change.preset = Some(preset.map_err(|error| error.to_string())?);
        }
        SettingsKey::AutoApprove => {
            let kinds = values.iter().map(|value| {
                let kind = text(value)?.parse::<Kind>();
                kind.map_err(|error| error.to_string())
            });
            change.auto_approve = Some(kinds.collect::<Result<_, _>>()?);
        }
        SettingsKey::QuestionTimeout => change.question_timeout_ms = Some(time(one(values)?)?),
        SettingsKey::DefaultExpiry => change.default_expiry_ms = Some(time(one(values)?)?),
        SettingsKey::BlockLists => {
            let lists = values.iter().map(|value| {
                // The file as it is named, since that is what counts when it is replaced.
                let absolute = std::path::absolute(Path::new(value));
                absolute
                    .map(OsText::from)
                    .map_err(|error| format!("{}: {error}", value.display()))
            });
            change.block_lists = Some(lists.collect::<Result<_, _>>()?);
        }
        SettingsKey::Limit(limit) => {
            let value = match values {
                [] => None,
                values => Some(one(values)?.to_owned()),
            };
            change.limits = vec![LimitChange { limit, value }];
        }
    }
    Ok(change)
}

fn one(values: &[OsString]) -> Result<&str, String> {
    match values {
        [value] => text(value),
        _ => Err("this setting has one value".to_owned()),
    }
}

fn text(value: &OsStr) -> Result<&str, String> {
    value.to_str().ok_or_else(|| "the value is not UTF-8".to_owned())
}

fn time(text: &str) -> Result<u64, String> {
    let time =
        humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 90s, 5m or 8h"))?;
    Ok(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn render(settings: &SettingsView, style: Style) -> String {
    let mut text = String::new();
    let mut row = |label: &str, value: &str, name: &str| {
        let whose = if settings.managed.iter().any(|managed| managed == name) {
            "  (set by your administrator)"
        } else {
            ""
        };
        let _infallible = writeln!(text, "{label:<18}{value}{whose}");
    };
    let kinds: Vec<String> = settings.auto_approve.iter().map(ToString::to_string).collect();
    let kinds = if kinds.is_empty() {
        "nothing".to_owned()
    } else {
        kinds.join(", ")
    };
    let time = |milliseconds| humantime::format_duration(Duration::from_millis(milliseconds)).to_string();
    row("preset", &settings.preset.to_string(), "preset");
    row("auto_approve", &kinds, "auto_approve");
    row(
        "question_timeout",
        &time(settings.question_timeout_ms),
        "question_timeout_ms",
    );
    row(
        "default_expiry",
        &time(settings.default_expiry_ms),
        "default_expiry_ms",
    );
    if settings.block_lists.is_empty() {
        row("block_lists", "none", "block_lists");
    }
    for (index, list) in settings.block_lists.iter().enumerate() {
        let label = if index == 0 { "block_lists" } else { "" };
        row(label, &output::safe(&list.path), "block_lists");
    }
    for problem in settings
        .block_lists
        .iter()
        .filter_map(|list| list.problem.as_ref())
    {
        let _infallible = writeln!(
            text,
            "{} {}",
            style.bad("warning:"),
            output::safe_sentence(problem)
        );
    }
    let _infallible = writeln!(
        text,
        "{:<18}{}",
        "upstream_proxy",
        output::safe(&settings.upstream_proxy)
    );
    for limit in Limit::ALL {
        let label = format!("limits.{limit}");
        let _infallible = writeln!(text, "{label:<18}{}", limit.in_force(&settings.limits));
    }
    let _infallible = writeln!(text, "written in {}", output::safe(&settings.file));
    text
}

#[cfg(test)]
mod tests;
