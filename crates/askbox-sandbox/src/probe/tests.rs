use super::*;

#[test]
fn the_caller_hears_what_the_child_tells() {
    let failures = Step::ALL.map(|step| Some(Failure { step, errno: 13 }));
    for failure in failures.into_iter().chain([None]) {
        let (ours, theirs) = pipe2(OFlag::O_CLOEXEC).unwrap();
        tell(theirs, failure).unwrap();
        assert_eq!(hear(ours).unwrap(), failure);
    }
}

#[test]
fn silence_is_no_success() {
    let (ours, theirs) = pipe2(OFlag::O_CLOEXEC).unwrap();
    drop(theirs);
    assert_eq!(hear(ours).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}
