//! `askbox review`: what a session changed that runs outside, and putting it back. Reads the records that the daemon
//! keeps, and the project; executes nothing, and speaks with the daemon only to learn what still runs. In a record it
//! writes that all of it was put back, and nothing else.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use askbox_audit::path_text;
use askbox_paths::own_file;
use askbox_sandbox::review::{Change, Kept, Record, State};
use askbox_wire::{Request, Response, rfc3339};

use crate::args::ReviewArgs;
use crate::connect;
use crate::context::{self, Context};
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output::{self, Style};

mod diff;
mod named;
mod render;

use render::{Outcome, Row};

/// Shows, and puts back.
pub(crate) fn run(context: &Context, arguments: &ReviewArgs) -> Result<ExitStatus, CliError> {
    let record = find(context, arguments.session.as_deref())?;
    let home = context.paths.home();
    let home = home
        .canonicalize()
        .map_err(CliError::system("find the home directory"))?;
    let (changes, is_cut) = record.changes(&home)?;
    let runs = running_in(context, &record)?;
    let mut rows = changes
        .iter()
        .map(|change| row(&record, change, runs.is_some()))
        .collect::<Result<Vec<Row>, CliError>>()?;
    let mut status = ExitStatus::Success;
    if let Some(paths) = &arguments.revert {
        if let Some(session) = runs {
            return Err(CliError::StillRuns(session));
        }
        status = revert(&record, &changes, &mut rows, paths)?;
    }
    let review = render::Review {
        session: &record.session,
        project: path_text(record.project.as_path()),
        started: rfc3339(record.started_ms),
        ended: record.ended_ms.map(rfc3339),
        complete: !is_cut,
        changes: rows,
    };
    if arguments.json {
        output::print_json(&review)?;
    } else {
        output::print(&render::text(&review, Style::new(context)))?;
    }
    let is_back = review.changes.iter().all(|row| row.revert.is_back());
    if arguments.revert.is_some() && is_back {
        settle(context, record)?;
    }
    Ok(status)
}

/// Writes down that everything was put back, so that nobody is asked to look at it any more.
fn settle(context: &Context, record: Record) -> Result<(), CliError> {
    let file = context.paths.review(&record.session);
    let Some(record) = record.put_back_whole() else {
        return Ok(());
    };
    own_file::replace_unsynced(&file, &record.to_json()?)
        .map_err(CliError::system(format!("write {}", file.display())))
}

/// The record of a session; without a name the last of this project, or the last.
fn find(context: &Context, session: Option<&str>) -> Result<Record, CliError> {
    let missing = || CliError::NoReview {
        session: session.map(str::to_owned),
    };
    let files = fs::read_dir(context.paths.reviews())
        .into_iter()
        .flatten()
        .flatten();
    let files: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
    if let Some(session) = session {
        let is_it = |file: &&PathBuf| file.file_stem() == Some(session.as_ref());
        return read(files.iter().find(is_it).ok_or_else(missing)?);
    }
    let mut records: Vec<Record> = files.iter().filter_map(|file| read(file).ok()).collect();
    records.sort_by_key(|record| record.started_ms);
    let here = context::working_directory()?;
    let is_here = |record: &Record| here.starts_with(record.project.as_path());
    let at = records.iter().rposition(is_here);
    let at = at.or_else(|| records.len().checked_sub(1)).ok_or_else(missing)?;
    Ok(records.swap_remove(at))
}

fn read(file: &Path) -> Result<Record, CliError> {
    let json = own_file::read(file, Record::MOST_BYTES)
        .and_then(|json| json.ok_or_else(|| io::ErrorKind::NotFound.into()))
        .map_err(CliError::system(format!("read {}", file.display())))?;
    Ok(Record::from_json(&json)?)
}

/// A session that runs where it can change what the record is about.
fn running_in(context: &Context, record: &Record) -> Result<Option<String>, CliError> {
    let Some(mut client) = connect::connect_if_running(&context.paths)? else {
        return Ok(None);
    };
    let Response::Sessions(sessions) = client.call(Request::Sessions)? else {
        return Err(CliError::OutOfTurn);
    };
    let project = PathBuf::from(path_text(record.project.as_path()));
    let overlaps = |other: &Path| other.starts_with(&project) || project.starts_with(other);
    let found = sessions
        .into_iter()
        .find(|session| overlaps(Path::new(&session.project)));
    Ok(found.map(|session| session.id.0))
}

fn row(record: &Record, change: &Change, runs: bool) -> Result<Row, CliError> {
    let now = record.now(change)?;
    let reason = match change.is_kept() {
        Some(kept) => Some(kept.to_string()),
        None if !now.is_like(&change.now) => Some(Kept::ChangedSince.to_string()),
        None if runs => Some("a session still runs in this project".to_owned()),
        None => None,
    };
    let (revert, reason) = match reason {
        _ if record.is_back(change, &now)? => (Outcome::Back, None),
        Some(reason) => (Outcome::Refused, Some(reason)),
        None => (Outcome::Possible, None),
    };
    Ok(Row {
        path: path_text(&record.path(&change.place)),
        part: change.part,
        change: render::Kind::of(change),
        node: render::Node::of(&now),
        diff: diff::between(change.before.as_ref(), &now),
        note: diff::note(change.before.as_ref().unwrap_or(&State::Absent), &now),
        revert,
        reason,
    })
}

/// Puts back what is named, or everything, and says so in the rows.
fn revert(
    record: &Record,
    changes: &[Change],
    rows: &mut [Row],
    paths: &[PathBuf],
) -> Result<ExitStatus, CliError> {
    let listed: Vec<PathBuf> = changes.iter().map(|change| record.path(&change.place)).collect();
    let wanted = paths
        .iter()
        .map(|path| named::find(path, record.project.as_path(), &listed))
        .collect::<Result<Vec<PathBuf>, CliError>>()?;
    let is_at = |change: &Change, path: &PathBuf| record.path(&change.place).starts_with(path);
    let is_wanted = |change: &Change| wanted.is_empty() || wanted.iter().any(|path| is_at(change, path));
    let (chosen, chosen_rows): (Vec<&Change>, Vec<&mut Row>) = changes
        .iter()
        .zip(rows)
        .filter(|(change, _)| is_wanted(change))
        .unzip();
    let mut status = ExitStatus::Success;
    for (result, row) in record.put_back(&chosen).into_iter().zip(chosen_rows) {
        match result {
            Ok(()) if row.revert == Outcome::Back => {}
            Ok(()) => (row.revert, row.reason) = (Outcome::Done, None),
            Err(kept) => {
                status = ExitStatus::Negative;
                (row.revert, row.reason) = (Outcome::Refused, Some(kept.to_string()));
            }
        }
    }
    Ok(status)
}

#[cfg(test)]
mod tests;
