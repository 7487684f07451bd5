//! What Askbox itself obeys, and links to its own programs: no session starts in which a program could replace them, and a person is
//! told what is closed for that.

use std::collections::BTreeMap;
use std::path::Path;

use super::project::typed;
use super::{PlanRequest, Refusal, View, is_at_or_below};
use crate::host_facts::HostFacts;

/// Refuses a project in which a name on the way to such a file can be replaced.
pub(super) fn check(facts: &HostFacts) -> Result<(), Refusal> {
    let open = facts.project.guards.held.open.first();
    open.map_or(Ok(()), |(name, file)| {
        Err(Refusal::Obeyed {
            name: name.clone(),
            file: file.clone(),
        })
    })
}

/// Refuses a path, canonical, that would be written as it is on the host and holds such a name. In the project they are held.
pub(super) fn check_opened(facts: &HostFacts, path: &Path) -> Result<(), Refusal> {
    let outside_git = facts.project.outside_git.as_ref().map(|git| git.path.as_path());
    let mut bases = [facts.project.path.as_path()].into_iter().chain(outside_git);
    let is_base = bases.any(|base| is_at_or_below(path, base));
    let directories = &facts.project.guards.held.directories;
    let is_held = |name: &Path| {
        is_base
            && !directories
                .iter()
                .any(|(held, _)| is_at_or_below(path, held) && is_at_or_below(name, path))
    };
    for file in &facts.obeyed {
        let name = file.names.iter().find(|name| is_at_or_below(name, path));
        if let Some(name) = name.filter(|name| !is_held(name)) {
            return Err(Refusal::Obeyed {
                name: name.clone(),
                file: file.path.clone(),
            });
        }
    }
    if is_base {
        return Ok(());
    }
    // The program itself is on a list.
    for program in &facts.programs {
        let link = program.links().iter().find(|link| is_at_or_below(link, path));
        if let Some(link) = link {
            return Err(Refusal::LeadsToOwn {
                name: link.clone(),
                program: program.path.clone(),
            });
        }
    }
    Ok(())
}

/// Says what is read-only, and which file has other names.
pub(super) fn tell(view: &mut View, request: &PlanRequest, facts: &HostFacts) {
    let held = facts.project.guards.held.directories.iter();
    let by_directory: BTreeMap<&Path, &Path> = held
        .map(|(directory, file)| (directory.as_path(), file.as_path()))
        .collect();
    for (directory, file) in by_directory {
        let (directory, file) = (typed(directory, request), typed(file, request));
        view.notices.push(format!(
            "{directory} is read-only inside, since Askbox itself obeys {file}, which leads there"
        ));
    }
    let device = facts.project.object.device;
    for file in facts.obeyed.iter().filter(|file| file.linked_on == Some(device)) {
        let (path, project) = (typed(&file.path, request), typed(&facts.project.path, request));
        view.notices.push(format!(
            "{path}, which Askbox itself obeys, is a file with other names (hard links); programs inside can write it by \
             one that lies in the project: `find {project} -samefile {path}` finds it"
        ));
    }
}
