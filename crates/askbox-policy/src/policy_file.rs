//! The text of a policy: policy.toml, the files below /etc/askbox/policy.d, a project's `.askbox.toml`.
//!
//! Parses text that was read elsewhere; a text with any problem gives no policy at all, and every problem is reported
//! with its place. `policy_file/edit.rs` changes a text and keeps what people wrote around it.

use std::fmt;
use std::ops::Range;

use toml_edit::{Document, Item, Table, TomlError};

use crate::limits;
use crate::path_pattern::{CanonicalPath, PathContext};
use crate::policy::Identity;
use crate::preset::Preset;
use crate::request::Kind;
use crate::resource_limits::{self, LimitChoices};
use crate::rule::{Origin, Rule};
use crate::switches::SwitchChoices;
use crate::upstream::{UpstreamProxy, UpstreamResolve};

mod edit;
mod rule_table;
mod settings;
mod values;

pub use edit::{EditError, append_rules, remove_rule, replace_rule};
pub use settings::{LimitsEdit, SettingsEdit, SettingsError, change_settings};

/// What a text is read for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// What `~` stands for.
    pub home: CanonicalPath,
    /// What `{project}` stands for, where there is one.
    pub project: Option<CanonicalPath>,
    /// Who wrote it.
    pub origin: Origin,
}

/// What a text says; `None` where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyFile {
    /// `preset`.
    pub preset: Option<Preset>,
    /// `auto_approve`.
    pub auto_approve: Option<Vec<Kind>>,
    /// `identity`.
    pub identity: Option<Identity>,
    /// `nested_sandbox` and `debugger` of `[sandbox]`.
    pub switches: SwitchChoices,
    /// `timeout` of `[questions]`.
    pub question_timeout_ms: Option<u64>,
    /// `default_expiry` of `[questions]`.
    pub default_expiry_ms: Option<u64>,
    /// `block_lists` of `[network]`: files in hosts format or with plain names.
    pub block_lists: Vec<CanonicalPath>,
    /// `upstream_proxy` of `[network]`.
    pub upstream_proxy: Option<UpstreamProxy>,
    /// `upstream_resolve` of `[network]`.
    pub upstream_resolve: Option<UpstreamResolve>,
    /// `[limits]`.
    pub limits: LimitChoices,
    /// Every `[[rule]]`, in the order of the text.
    pub rules: Vec<Rule>,
}

/// Something wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
    /// What to write instead, where that is known.
    pub hint: Option<String>,
}

/// Parses a text; all problems at once, in the order of their places.
pub fn parse(text: &str, context: &Context) -> Result<PolicyFile, Vec<Problem>> {
    if limits::POLICY_FILE_BYTES < text.len() {
        let reason = format!("the file is longer than {} bytes", limits::POLICY_FILE_BYTES);
        return Err(vec![Problem {
            line: 1,
            column: 1,
            reason,
            hint: None,
        }]);
    }
    let document = Document::parse(text).map_err(|error| vec![syntax(text, &error)])?;
    let mut reader = Reader {
        context,
        problems: Vec::new(),
    };
    let file = reader.file(document.as_table());
    if reader.problems.is_empty() {
        return Ok(file);
    }
    reader.problems.sort_by_key(|(at, _)| *at);
    reader.problems.truncate(limits::PROBLEMS);
    Err(reader
        .problems
        .into_iter()
        .map(|(at, problem)| problem.at(text, at))
        .collect())
}

/// A problem without its place.
struct Complaint {
    reason: String,
    hint: Option<String>,
}

/// Reads a document and collects what is wrong with it.
struct Reader<'a> {
    context: &'a Context,
    problems: Vec<(usize, Complaint)>,
}

impl Reader<'_> {
    fn file(&mut self, root: &Table) -> PolicyFile {
        let mut file = PolicyFile::default();
        for (key, item) in root {
            let at = key_start(root, key, item);
            match key {
                "preset" => file.preset = self.named(at, item),
                "auto_approve" => file.auto_approve = self.kinds(at, item),
                "identity" => file.identity = self.identity(at, item),
                "questions" => self.questions(at, item, &mut file),
                "network" => self.network(at, item, &mut file),
                "sandbox" => self.sandbox(at, item, &mut file),
                "limits" => self.limits(at, item, &mut file.limits),
                "rule" => file.rules = self.rules(at, item),
                _ => self.unknown(
                    at,
                    key,
                    &[
                        "preset",
                        "auto_approve",
                        "identity",
                        "[questions]",
                        "[network]",
                        "[sandbox]",
                        "[limits]",
                        "[[rule]]",
                    ],
                ),
            }
        }
        file
    }

    fn questions(&mut self, at: usize, item: &Item, file: &mut PolicyFile) {
        let Some(table) = item.as_table_like() else {
            return self.complain(at, "`questions` is a table", Some("[questions]"));
        };
        for (key, item) in table.iter() {
            let at = span_start(table.key(key).and_then(toml_edit::Key::span), item, at);
            match key {
                "timeout" => {
                    file.question_timeout_ms = self.duration(at, item, &limits::QUESTION_TIMEOUT_RANGE_MS);
                }
                "default_expiry" => {
                    file.default_expiry_ms = self.duration(at, item, &limits::DEFAULT_EXPIRY_RANGE_MS);
                }
                _ => self.unknown(at, key, &["timeout", "default_expiry"]),
            }
        }
    }

    fn network(&mut self, at: usize, item: &Item, file: &mut PolicyFile) {
        let Some(table) = item.as_table_like() else {
            return self.complain(at, "`network` is a table", Some("[network]"));
        };
        for (key, item) in table.iter() {
            let at = span_start(table.key(key).and_then(toml_edit::Key::span), item, at);
            match key {
                "block_lists" => file.block_lists = self.paths(at, item),
                "upstream_proxy" => file.upstream_proxy = self.upstream_proxy(at, item),
                "upstream_resolve" => file.upstream_resolve = self.upstream_resolve(at, item),
                _ => self.unknown(at, key, &["block_lists", "upstream_proxy", "upstream_resolve"]),
            }
        }
    }

    fn sandbox(&mut self, at: usize, item: &Item, file: &mut PolicyFile) {
        let Some(table) = item.as_table_like() else {
            return self.complain(at, "`sandbox` is a table", Some("[sandbox]"));
        };
        for (key, item) in table.iter() {
            let at = span_start(table.key(key).and_then(toml_edit::Key::span), item, at);
            match key {
                "nested_sandbox" => file.switches.nested_sandbox = self.switch(at, item),
                "debugger" => file.switches.debugger = self.switch(at, item),
                _ => self.unknown(at, key, &["nested_sandbox", "debugger"]),
            }
        }
    }

    fn limits(&mut self, at: usize, item: &Item, choices: &mut LimitChoices) {
        let Some(table) = item.as_table_like() else {
            return self.complain(at, "`limits` is a table", Some("[limits]"));
        };
        for (key, item) in table.iter() {
            let at = span_start(table.key(key).and_then(toml_edit::Key::span), item, at);
            match key {
                "memory" => choices.memory = self.limit(at, item, resource_limits::memory),
                "cpus" => choices.cpus = self.limit(at, item, resource_limits::cpus),
                "processes" => choices.processes = self.limit(at, item, resource_limits::processes),
                "open_files" => choices.open_files = self.limit(at, item, resource_limits::open_files),
                "run_time" => choices.run_time_ms = self.limit(at, item, resource_limits::run_time),
                "tmp" => choices.tmp = self.limit(at, item, resource_limits::size),
                "disk" => choices.disk = self.limit(at, item, resource_limits::size),
                _ => self.unknown(
                    at,
                    key,
                    &[
                        "memory",
                        "cpus",
                        "processes",
                        "open_files",
                        "run_time",
                        "tmp",
                        "disk",
                    ],
                ),
            }
        }
    }

    fn rules(&mut self, at: usize, item: &Item) -> Vec<Rule> {
        let hint = "effect = \"allow\"";
        if let Some(tables) = item.as_array_of_tables() {
            return tables.iter().filter_map(|table| self.rule(table, at)).collect();
        }
        self.complain(at, "a rule starts with `[[rule]]`", Some(hint));
        Vec::new()
    }

    fn path_context(&self) -> PathContext<'_> {
        PathContext {
            home: &self.context.home,
            project: self.context.project.as_ref(),
        }
    }

    fn complain(&mut self, at: usize, reason: impl Into<String>, hint: Option<&str>) {
        self.problems.push((
            at,
            Complaint {
                reason: reason.into(),
                hint: hint.map(str::to_owned),
            },
        ));
    }

    fn unknown(&mut self, at: usize, key: &str, known: &[&str]) {
        let hint = format!("known here: {}", known.join(", "));
        self.complain(at, format!("unknown key `{}`", key.escape_debug()), Some(&hint));
    }
}

impl Complaint {
    fn at(self, text: &str, offset: usize) -> Problem {
        let (line, column) = place(text, offset);
        Problem {
            line,
            column,
            reason: self.reason,
            hint: self.hint,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)?;
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

fn syntax(text: &str, error: &TomlError) -> Problem {
    let (line, column) = place(text, error.span().map_or(0, |span| span.start));
    let reason = error.message().lines().collect::<Vec<_>>().join("; ");
    Problem {
        line,
        column,
        reason,
        hint: None,
    }
}

/// Line and column of a byte, both from 1.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

fn key_start(table: &Table, key: &str, item: &Item) -> usize {
    span_start(table.key(key).and_then(toml_edit::Key::span), item, 0)
}

/// Where a key stands, or its value, or else whatever holds both.
fn span_start(key: Option<Range<usize>>, item: &Item, outer: usize) -> usize {
    key.or_else(|| item.span()).map_or(outer, |span| span.start)
}

#[cfg(test)]
mod tests;
