use std::path::Path;

/// Runs every file of a corpus.
fn replay(name: &str, target: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(name);
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
}
