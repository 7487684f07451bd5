use super::*;

#[test]
fn a_capability_that_cannot_be_dropped_is_an_error() {
    // Capabilities belong to a thread. Whoever this is, after the first call it has none to drop others with.
    let again = std::thread::spawn(|| {
        drop(drop_capabilities());
        drop_capabilities()
    });
    let error = again.join().unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
}
