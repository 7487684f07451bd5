//! Each message that is read, and what is none.
#![expect(
    clippy::indexing_slicing,
    reason = "a test that looks at the wrong thing fails, and that is all"
)]

use super::*;

const CORPUS: [&[u8]; 4] = [
    include_bytes!("../../../../fuzz/corpus/ssh_agent/sign_login"),
    include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_rsa"),
    include_bytes!("../../../../fuzz/corpus/ssh_agent/keys"),
    include_bytes!("../../../../fuzz/corpus/ssh_agent/signed"),
];

#[test]
fn what_ssh_says_is_read_and_written_as_it_was() {
    let [sign, bind, listed, signed] = CORPUS;
    let Ok(Request::Sign(read)) = request(sign) else {
        panic!("{sign:?}")
    };
    assert_eq!(write_sign(read), sign);
    let Ok(Request::Bind(read)) = request(bind) else {
        panic!("{bind:?}")
    };
    assert_eq!(write_bind(read), bind);
    assert_eq!(request(&write_list()), Ok(Request::List));
    let read = keys(listed).unwrap();
    assert_eq!(read.len(), 4);
    assert_eq!(write_keys(&read), listed);
    assert_eq!(write_signature(signature(signed).unwrap()), signed);
    assert_eq!(success(&write_success()), Ok(()));
}

#[test]
fn every_beginning_of_a_message_is_cut_off() {
    for whole in CORPUS {
        for length in 0..whole.len() {
            let part = &whole[..length];
            assert!(keys(part).is_err(), "{length}");
            assert!(signature(part).is_err(), "{length}");
            let is_done = matches!(
                request(part),
                Ok(Request::Sign(_) | Request::Bind(_) | Request::List)
            );
            assert!(!is_done, "{length}");
        }
    }
}

#[test]
fn a_length_beyond_the_message_takes_nothing() {
    let huge = [&[number::SIGN_REQUEST][..], &[0xff; 4]].concat();
    assert_eq!(request(&huge), Err(Malformed::CutOff));
    let nested = [
        &[number::SIGN_REQUEST, 0, 0, 0, 8, 0xff, 0xff, 0xff, 0xff][..],
        &[0; 4],
    ]
    .concat();
    assert_eq!(request(&nested), Err(Malformed::CutOff));
    let many = [number::IDENTITIES_ANSWER, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(keys(&many), Err(Malformed::TooMany));
    let few = [number::IDENTITIES_ANSWER, 0, 0, 8, 0];
    assert_eq!(keys(&few), Err(Malformed::CutOff));
}

#[test]
fn what_is_left_over_spoils_a_message() {
    for whole in CORPUS {
        let more = [whole, b"x"].concat();
        assert!(!matches!(request(&more), Ok(Request::Sign(_) | Request::Bind(_))));
        assert!(keys(&more).is_err());
        assert!(signature(&more).is_err());
    }
    assert_eq!(request(b"\x0bmore"), Err(Malformed::LeftOver));
}

#[test]
fn flags_that_no_algorithm_has_are_refused() {
    let [sign, ..] = CORPUS;
    let (start, _) = sign.split_at(sign.len() - 4);
    for (flags, is_known) in [
        (0, true),
        (2, true),
        (4, true),
        (1, false),
        (6, false),
        (u32::MAX, false),
    ] {
        let message = [start, &u32::to_be_bytes(flags)].concat();
        assert_eq!(request(&message).is_ok(), is_known, "{flags}");
    }
}

#[test]
fn all_else_has_a_name_and_nothing_more() {
    for (first, words) in [
        (17, "adding a key"),
        (19, "removing keys"),
        (20, "changing smart cards"),
        (22, "locking"),
        (1, "an unknown message"),
        (255, "an unknown message"),
    ] {
        assert_eq!(request(&[first]), Ok(Request::Other(words)));
    }
    let mut query = vec![number::EXTENSION];
    put(&mut query, b"query");
    assert_eq!(request(&query), Ok(Request::Other("an extension")));
}

#[test]
fn an_agent_that_refuses_is_told_from_one_that_answers_something_else() {
    assert_eq!(keys(&write_failure()), Err(Malformed::Refused));
    assert_eq!(keys(&write_success()), Err(Malformed::OutOfTurn));
    assert_eq!(signature(&write_keys(&[])), Err(Malformed::OutOfTurn));
    assert_eq!(signature(&[]), Err(Malformed::CutOff));
}
