use std::path::{Path, PathBuf};

use askbox_policy::CanonicalPath;

use super::*;
use crate::questions::QuestionId;

fn count(admissions: &mut Admissions, number: usize, entries: &mut Vec<Entry>) -> Counted {
    let path = format!("/t/{number}");
    let target = Target::Read(CanonicalPath::new(Path::new(&path)).unwrap());
    let (session, project) = (SessionId("s1".to_owned()), Project(PathBuf::from("/p/app")));
    let kind = (target, AdmittedBy::Answer(QuestionId(1)));
    admissions.count(kind, (&session, &project), entries)
}

/// Whether this admission has to be an event, which it is then.
fn is_event(admissions: &mut Admissions, number: usize, entries: &mut Vec<Entry>) -> bool {
    count(admissions, number, entries).logged.set(()).is_ok()
}

#[tokio::test(start_paused = true)]
async fn what_is_used_again_and_again_is_known_among_any_number_of_others() {
    let (mut admissions, mut entries) = (Admissions::default(), Vec::new());
    let mut events = 0;
    for number in 1..10 * ADMITTED_FILES {
        events += usize::from(is_event(&mut admissions, 0, &mut entries));
        assert!(is_event(&mut admissions, number, &mut entries));
        assert!(admissions.recent.len() + admissions.older.len() <= ADMITTED_FILES);
    }
    assert_eq!((events, entries.len()), (1, 0));
    let (session, project) = (SessionId("s1".to_owned()), Project(PathBuf::from("/p/app")));
    assert_eq!(admissions.finish(&session, &project).len(), 1);
    assert_eq!(admissions.finish(&session, &project).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_count_that_has_to_go_is_an_event_first() {
    let (mut admissions, mut entries) = (Admissions::default(), Vec::new());
    assert!(is_event(&mut admissions, 0, &mut entries));
    let counted = count(&mut admissions, 0, &mut entries);
    assert!(counted.wakes && counted.logged.initialized());
    assert!(!count(&mut admissions, 0, &mut entries).wakes);
    for number in 1..2 * ADMITTED_FILES {
        is_event(&mut admissions, number, &mut entries);
    }
    assert_eq!(entries.len(), 1);
    assert!(is_event(&mut admissions, 0, &mut entries));
}
