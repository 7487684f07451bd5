use std::path::Path;

use askbox_policy::{CanonicalPath, Effect, Expiry, Moment, PathPattern, Pattern, Process, Scope, SessionId};

use super::*;

fn grant(scope: Scope) -> Grant {
    let given = Moment {
        boot_id: "boot".to_owned(),
        boot_ms: 1,
        wall_ms: 2,
    };
    Grant {
        id: GrantId("a".to_owned()),
        effect: Effect::Allow,
        pattern: Pattern::Read(PathPattern::exact(
            &CanonicalPath::new(Path::new("/srv/x")).unwrap(),
        )),
        scope,
        expires: Some(Expiry::after(&given, 1000)),
        given,
    }
}

#[test]
fn only_what_outlives_a_loss_of_power_waits_for_the_disk() {
    let session = || Scope::Session(SessionId("s".to_owned()));
    let once = Scope::Once {
        session: SessionId("s".to_owned()),
        process: Process::unknown(),
    };
    let project = || Scope::Project("/p".into());
    for (duration, changed, expected) in [
        (Duration::Once, vec![once], Durability::Unsynced),
        (Duration::Session, vec![session()], Durability::Unsynced),
        (Duration::Once, vec![], Durability::Unsynced),
        (Duration::For(1000), vec![project()], Durability::Synced),
        (Duration::For(1000), vec![Scope::Everywhere], Durability::Synced),
        // A block for the session that takes an hour's grant back.
        (Duration::Session, vec![session(), project()], Durability::Synced),
        (Duration::Always, vec![], Durability::Synced),
    ] {
        let changed: Vec<Grant> = changed.into_iter().map(grant).collect();
        assert_eq!(
            durability(duration, changed.iter()),
            expected,
            "{duration:?} {changed:?}"
        );
    }
}
