//! Which directory a session is for, and whether it may be: also by what the lists' places really are on this machine.

use std::fs;
use std::iter;
use std::path::{Component, Path, PathBuf};

use askbox_policy::builtin_lists::{Entry, Lists, Node, ProjectRefusal};
use askbox_policy::{CanonicalPath, Unheeded, display};
use askbox_sandbox::host_facts::Places;
use askbox_wire::{LaunchRequest, OsText, WireError};

use super::refused;
use crate::limits;
use crate::policy_store::{PROJECT_FILE, Trust};

/// What to do about a project that is none.
const ANOTHER_PROJECT: &str = "run it in a directory that is there, or name one with --project";

/// The project of a run and the directory in which its command begins, both as they really are.
pub(super) fn find(request: &LaunchRequest) -> Result<(CanonicalPath, PathBuf), WireError> {
    let real = |path: &Path| {
        let error = |error| refused(format!("cannot work in {}: {error}", path.display()));
        fs::canonicalize(path)
            .map_err(error)
            .map_err(|error| error.with_hint(ANOTHER_PROJECT))
    };
    let mut cwd = real(request.cwd.as_path())?;
    let project = match &request.options.project {
        Some(project) => real(&cwd.join(project.as_path()))?,
        None => cwd.clone(),
    };
    if !cwd.starts_with(&project) {
        cwd.clone_from(&project);
    }
    let found = CanonicalPath::new(&project).filter(|project| project.as_path().is_dir());
    let project = found.ok_or_else(|| {
        refused(format!("the project {} is not a directory", project.display())).with_hint(ANOTHER_PROJECT)
    })?;
    Ok((project, cwd))
}

/// The directories in which the caller's shell looks for programs, absolute. It looks in relative ones wherever it is: in the
/// directory of the run and in its project, of all that it can be in.
pub(super) fn search(request: &LaunchRequest) -> Vec<PathBuf> {
    let cwd = request.cwd.as_path();
    let project = request.options.project.as_ref();
    let project = project.map(|project| cwd.join(project.as_path()));
    let bases: Vec<&Path> = iter::once(cwd).chain(project.as_deref()).collect();
    let directories = request.search.iter().flat_map(|directory| {
        let bases = if directory.as_path().is_absolute() {
            // Joined to anything, it is itself.
            &bases[..1]
        } else {
            &bases
        };
        bases.iter().map(|base| base.join(directory.as_path()))
    });
    directories.collect()
}

/// Refuses what cannot be a project.
pub(super) fn check(
    project: &CanonicalPath,
    request: &LaunchRequest,
    home: &CanonicalPath,
    lists: &Lists,
    places: &Places,
) -> Result<(), WireError> {
    let refusal = lists.project_refused(project).or_else(|| {
        let entry = linked_to(project, home, lists, places)?;
        Some(ProjectRefusal::Inside(entry.clone()))
    });
    let is_project = |directory: &PathBuf| {
        let found = places.real(directory);
        let found = found.and_then(|found| CanonicalPath::new(&found.canonical));
        found.is_some_and(|found| lists.names(&found).any(|name| name == *project))
    };
    let is_on_path = || {
        search(request)
            .iter()
            .any(is_project)
            .then_some(ProjectRefusal::SearchPath)
    };
    let Some(why) = refusal.or_else(is_on_path) else {
        return Ok(());
    };
    let has_working_directory = || {
        let mut directories = request.search.iter().map(OsText::as_path);
        directories.any(|directory| directory.components().all(|part| part == Component::CurDir))
    };
    let hint = if why == ProjectRefusal::SearchPath && has_working_directory() {
        "your PATH has the working directory in it, as `.` or as an empty entry (`::`): take it out"
    } else {
        "run it in a directory of its own, or name one with --project"
    };
    Err(refused(format!("{project} cannot be a project: {why}")).with_hint(hint))
}

/// The directory on a list in which this path lies by another name: where the listed one is a link, or lies behind one. A link to
/// the home directory or above says nothing about it.
fn linked_to<'a>(
    project: &CanonicalPath,
    home: &CanonicalPath,
    lists: &'a Lists,
    places: &Places,
) -> Option<&'a Entry> {
    let mut anchors: Vec<&CanonicalPath> = lists
        .entries()
        .filter(|(_, entry)| entry.node == Node::Directory && !entry.may_be_in_project())
        .map(|(_, entry)| entry.pattern.anchor())
        .collect();
    anchors.dedup();
    anchors.into_iter().find_map(|anchor| {
        let found = places.real(anchor.as_path())?;
        let place = CanonicalPath::new(&found.canonical).filter(|place| place != anchor)?;
        if home.is_within(&place) {
            return None;
        }
        let below = project.as_path().strip_prefix(place.as_path()).ok()?;
        let listed = CanonicalPath::new(&anchor.as_path().join(below))?;
        lists.credential(&listed).or_else(|| lists.startup(&listed))
    })
}

/// What to say of a project's file of which a part does not count, since it is not trusted; nothing where all of it does.
pub(super) fn untrusted(trust: Trust, unheeded: Unheeded, project: &CanonicalPath) -> Option<String> {
    let since = match trust {
        Trust::Given => return None,
        Trust::Ended => "was changed since you trusted it",
        Trust::Never => "is not trusted",
    };
    let Unheeded {
        rules,
        preset,
        switches,
    } = unheeded;
    let rules = match rules {
        0 => None,
        1 => Some("one rule that allows something".to_owned()),
        rules => Some(format!("{rules} rules that allow something")),
    };
    let preset = preset.then(|| "its preset".to_owned());
    let switches = switches.then(|| "a switch of [sandbox]".to_owned());
    let parts: Vec<String> = rules.into_iter().chain(preset).chain(switches).collect();
    let (last, before) = parts.split_last()?;
    let parts = match before {
        [] => last.clone(),
        _ => format!("{} and {last}", before.join(", ")),
    };
    let shown = |path: &Path| display::path(path, limits::PATH_SHOWN);
    let file = shown(&project.as_path().join(PROJECT_FILE));
    let project = shown(project.as_path());
    Some(format!(
        "{file} {since}, without effect so far: {parts}; look at it, then `askbox trust {project}`"
    ))
}

#[cfg(test)]
mod tests;
