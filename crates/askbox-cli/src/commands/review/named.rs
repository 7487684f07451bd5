//! Which changes a word of the command line means: the path itself, or the path as a review shows it, to people or in
//! its JSON. Pure.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use askbox_audit::path_text;

use crate::error::CliError;
use crate::output;

/// The path that `word` names: one of `listed`, or a directory with some of them below; empty for the whole project.
///
/// The text of the JSON is without loss, so one that begins with `./` is that before anything else. What is another path
/// by its characters than by what is shown is refused, and so is what stands for several since their middle is left out.
pub(super) fn find(word: &Path, project: &Path, listed: &[PathBuf]) -> Result<PathBuf, CliError> {
    let own = relative(word, project);
    if own.as_os_str().is_empty() {
        return Ok(own);
    }
    let text = own.to_str();
    let places: BTreeSet<&Path> = listed.iter().flat_map(|path| path.ancestors()).collect();
    let is_text = |place: &&Path| text == Some(path_text(place).as_str());
    if word.components().next() == Some(Component::CurDir)
        && let Some(place) = places.iter().copied().find(is_text)
    {
        return Ok(place.to_owned());
    }
    let is_shown = |place: &Path| text == Some(output::safe(&path_text(place)).as_str());
    let mut meant = places
        .iter()
        .copied()
        .filter(|place| *place == own || is_text(place) || is_shown(place));
    match (meant.next(), meant.next()) {
        (Some(place), None) => Ok(place.to_owned()),
        (None, _) => Err(CliError::NothingThere(word.to_owned())),
        (Some(_), Some(_)) => Err(CliError::Several(word.to_owned())),
    }
}

/// A path as the review lists it, from one that a person typed.
fn relative(path: &Path, project: &Path) -> PathBuf {
    let path = path.strip_prefix(project).unwrap_or(path);
    path.components()
        .filter(|part| *part != Component::CurDir)
        .collect()
}

#[cfg(test)]
mod tests;
