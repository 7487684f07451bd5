use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use askbox_policy::Verdict;

use super::edit::{self, ChangeError};
use super::files::PolicySource;
use super::*;
use crate::testing::{World, wanted};

#[test]
fn a_change_keeps_link_and_mode_and_leaves_no_temporary_file() {
    let directory = tempfile::tempdir().unwrap();
    let real = directory.path().join("dotfiles.toml");
    let link = directory.path().join("policy.toml");
    fs::write(&real, "a").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, &link).unwrap();
    assert!(edit::change(&link, |text| Ok(Some(format!("{text}b")))).unwrap());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "ab");
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    assert!(!edit::change(&link, |_| Ok(None)).unwrap());
}

#[test]
fn a_change_is_made_again_on_what_somebody_else_wrote() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("policy.toml");
    let mut tries = 0;
    edit::change(&path, |text| {
        tries += 1;
        if tries == 1 {
            fs::write(&path, "theirs ").unwrap();
        }
        Ok(Some(format!("{text}ours")))
    })
    .unwrap();
    assert_eq!(
        (tries, fs::read_to_string(&path).unwrap().as_str()),
        (2, "theirs ours")
    );

    let busy = edit::change(&path, |text| {
        fs::write(&path, format!("{text}x")).unwrap();
        Ok(Some(String::new()))
    });
    assert!(matches!(busy, Err(ChangeError::Busy { .. })));
    assert!(fs::read_to_string(&path).unwrap().starts_with("theirs ours"));
}

#[test]
fn a_file_is_read_again_when_it_may_have_changed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("policy.toml");
    let home = CanonicalPath::new(directory.path()).unwrap();
    let context = files::context(&home, Origin::Written);
    let read = |before| PolicySource::read(&path, &context, before, None);

    let missing = read(None);
    assert_eq!(
        (missing.state, missing.is_current()),
        (SourceState::Missing, true)
    );
    fs::write(&path, "preset = \"moderate\"\n").unwrap();
    assert!(!missing.is_current());
    // Written a moment ago: a second write might not show.
    let fresh = read(Some(&missing));
    assert_eq!((fresh.state, fresh.is_current()), (SourceState::Loaded, false));
    assert!(fresh.says_the_same(&read(Some(&fresh))));

    let past = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(past)
        .unwrap();
    let settled = read(Some(&fresh));
    assert!(settled.is_current());
    fs::write(&path, "preset = \"nonsense\"\n").unwrap();
    assert!(!settled.is_current());
    let broken = read(Some(&settled));
    assert_eq!(broken.state, SourceState::LastGood);
    assert_eq!(broken.good, settled.good);
    assert_eq!(read(None).state, SourceState::Broken);
}

#[test]
fn a_block_list_that_is_mostly_no_list_is_warned_about() {
    let directory = tempfile::tempdir().unwrap();
    let home = CanonicalPath::new(directory.path()).unwrap();
    let list = directory.path().join("ads.txt");
    let places = Places {
        user: directory.path().join("policy.toml"),
        last_good: directory.path().join("policy.last-good.toml"),
        managed: directory.path().join("managed"),
        obeyed: Vec::new(),
        lists: Arc::new(askbox_policy::builtin_lists::Lists::for_home(&home, &[], &[])),
        home,
    };
    let policy = format!("[network]\nblock_lists = [\"{}\"]\n", list.display());
    fs::write(&places.user, policy).unwrap();
    let warnings = |text: &str| {
        fs::write(&list, text).unwrap();
        Snapshot::read(&places, None).warnings()
    };
    let page = warnings("<html>\n<h1>404 Not Found</h1>\n</html>\n");
    assert!(
        page.len() == 1 && page[0].contains("ads.txt is mostly no list: 3"),
        "{page:?}"
    );
    assert_eq!(warnings("ads.test\nno name\n0.0.0.0 more.test\n"), [""; 0]);
}

#[test]
fn no_more_of_a_file_is_read_than_its_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list");
    let told = |path: &Path| {
        let read = files::read_bytes(path, 4);
        read.map(|read| read.content).map_err(|error| error.to_string())
    };
    fs::write(&path, "four").unwrap();
    assert_eq!(told(&path), Ok(b"four".to_vec()));
    fs::write(&path, "fives").unwrap();
    assert_eq!(told(&path), Err("too long".to_owned()));
    // Its size is said to be 0.
    assert_eq!(told(Path::new("/proc/self/status")), Err("too long".to_owned()));
    assert_eq!(told(directory.path()), Err("not a file".to_owned()));
}

#[test]
fn a_looser_policy_waits_for_the_log_and_a_tighter_one_does_not() {
    let world = World::new();
    let session = world.open_session("s");
    let is_denied = |host| {
        let verdict = world.daemon.gate.peek(&wanted(&session, host));
        matches!(verdict, Verdict::Deny(_))
    };
    let put = |hosts: &[&str]| {
        let rule = |host: &&str| format!("[[rule]]\neffect = \"deny\"\nnetwork = \"{host}\"\n");
        fs::write(world.paths.policy(), hosts.iter().map(rule).collect::<String>()).unwrap();
        world.wait(world.daemon.check_policy());
    };
    put(&["evil.test"]);
    assert!(is_denied("evil.test"));
    put(&[]);
    assert!(!is_denied("evil.test"));
    put(&["evil.test"]);
    world.wait(world.daemon.log.close()).unwrap();
    put(&[]);
    assert!(is_denied("evil.test"));
    put(&["evil.test", "worse.test"]);
    assert!(is_denied("evil.test") && is_denied("worse.test"));
}
