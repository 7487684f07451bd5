use std::env;
use std::path::PathBuf;

/// Runs every file of a corpus.
fn replay(name: &str, target: fn(&[u8])) {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let corpus = package.join("../../fuzz/corpus").join(name);
    let mut files = 0;
    for entry in std::fs::read_dir(&corpus).unwrap() {
        target(&std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(5 < files, "{}", corpus.display());
}

#[test]
fn the_corpora_hold() {
    replay("ssh_agent", super::ssh_agent);
    replay("known_hosts", super::known_hosts);
    replay("wayland", super::wayland);
}
