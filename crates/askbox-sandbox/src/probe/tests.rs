use super::*;

#[test]
fn the_caller_hears_what_the_child_tells() {
    let failures = Step::ALL.map(|step| Some(Failure { step, errno: 13 }));
    for failure in failures.into_iter().chain([None]) {
        assert_eq!(heard(told(failure)).unwrap(), failure);
    }
}

#[test]
fn silence_is_no_success() {
    let (ours, theirs) = pipe2(OFlag::O_CLOEXEC).unwrap();
    drop(theirs);
    assert_eq!(hear::<5>(ours).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}
