use std::fs;
use std::os::unix::fs::PermissionsExt;

use askbox_policy::{CanonicalPath, Effect, Expiry, GrantId, Moment, PathPattern, Pattern, SessionId};

use super::*;

fn grant(id: &str, scope: Scope) -> Grant {
    let given = Moment {
        boot_id: "boot".to_owned(),
        boot_ms: 1,
        wall_ms: 2,
    };
    let path = CanonicalPath::new(Path::new("/srv/x")).unwrap();
    let expires = Some(Expiry::after(&given, 1000));
    let pattern = Pattern::Read(PathPattern::exact(&path));
    Grant {
        id: GrantId(id.to_owned()),
        effect: Effect::Allow,
        pattern,
        scope,
        expires,
        given,
    }
}

#[test]
fn what_was_saved_is_loaded_and_only_the_user_can_read_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grants.json");
    let lasting = [
        grant("a", Scope::Everywhere),
        grant("b", Scope::Project("/p".into())),
    ];
    let session = grant("c", Scope::Session(SessionId("s".to_owned())));
    save(&path, &[lasting[0].clone(), session, lasting[1].clone()], 77).unwrap();
    let mut store = GrantStore::load(&path).unwrap();
    assert_eq!(store.take(), (lasting.to_vec(), 77));
    assert_eq!(store.kept_aside(), None);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_missing_file_is_an_empty_one() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = GrantStore::load(&directory.path().join("grants.json")).unwrap();
    assert_eq!((store.take(), store.kept_aside()), ((Vec::new(), 0), None));
}

#[test]
fn a_file_that_cannot_be_trusted_is_kept_aside() {
    let session = serde_json::to_string(&grant("c", Scope::Session(SessionId("s".to_owned())))).unwrap();
    for text in [
        "",
        "{\"version\":1,\"high_water_ms\":5,\"grants\":[",
        "{\"version\":2,\"high_water_ms\":5,\"grants\":[]}",
        "{\"version\":1,\"high_water_ms\":5,\"grants\":[],\"more\":1}",
        &format!("{{\"version\":1,\"high_water_ms\":5,\"grants\":[{session}]}}"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grants.json");
        fs::write(&path, text).unwrap();
        let mut store = GrantStore::load(&path).unwrap();
        assert_eq!(store.take(), (Vec::new(), 0), "{text}");
        let kept = store.kept_aside().unwrap();
        assert_eq!(kept.path, directory.path().join("grants.json.broken-1"));
        assert_eq!(fs::read_to_string(&kept.path).unwrap(), text);
        assert!(!path.exists());
    }
}
