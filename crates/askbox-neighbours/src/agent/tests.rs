//! An agent socket with a real gate and log, and an agent of the test behind it that says what it is told to.
#![expect(
    clippy::indexing_slicing,
    reason = "a test that looks at the wrong thing fails, and that is all"
)]

use std::path::Path;
use std::time::Duration;

use askbox_gate::RevokeWhat;
use tokio::net::UnixListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::testing::{self, Place};

const LOGIN: &[u8] = include_bytes!("../../../../fuzz/corpus/ssh_agent/sign_login");
const BIND: &[u8] = include_bytes!("../../../../fuzz/corpus/ssh_agent/bind_ecdsa256");
const LISTED: &[u8] = include_bytes!("../../../../fuzz/corpus/ssh_agent/keys");
const SIGNED: &[u8] = include_bytes!("../../../../fuzz/corpus/ssh_agent/signed");
const HOSTS: &str = include_str!("../../../../fuzz/corpus/known_hosts/plain");
const FAILURE: &[u8] = &[5];
const SUCCESS: &[u8] = &[6];
const ALL: &str = "[[rule]]\neffect = \"allow\"\nneighbour = \"ssh-agent\"\n\
                   [[rule]]\neffect = \"allow\"\nneighbour = \"ssh-sign * *\"\n";

struct World {
    place: Place,
    _serving: Serving,
}

impl std::ops::Deref for World {
    type Target = Place;
    fn deref(&self) -> &Place {
        &self.place
    }
}

/// What the user's agent says to a list, to a signature and to a binding; `None` is nothing.
#[derive(Clone, Copy)]
struct Says {
    keys: Option<&'static [u8]>,
    signature: Option<&'static [u8]>,
    bound: &'static [u8],
}

const HONEST: Says = Says {
    keys: Some(LISTED),
    signature: Some(SIGNED),
    bound: SUCCESS,
};

/// Plays the user's agent; what it is sent is noted, message by message.
fn agent(path: &Path, says: Says) -> JoinHandle<()> {
    let listener = UnixListener::bind(path).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                while let Ok(Received::Message(message)) = frame::receive(&mut stream).await {
                    let answer = match message[0] {
                        11 => says.keys,
                        13 => says.signature,
                        27 => Some(says.bound),
                        other => panic!("{other} was passed on"),
                    };
                    match answer {
                        Some(answer) => frame::send(&mut stream, answer).await.unwrap(),
                        None => std::future::pending().await,
                    }
                }
            });
        }
    })
}

impl World {
    /// A session with these rules, and with an agent that says this where there is one.
    fn new(rules: &str, interactive: bool, says: Option<Says>) -> Self {
        let place = Place::new(rules, interactive);
        std::fs::write(place.at("known_hosts"), HOSTS).unwrap();
        if let Some(says) = says {
            drop(agent(&place.at("agent"), says));
        }
        let session = SessionAgent {
            session: testing::session(),
            project: testing::project(),
            identify: testing::identify(),
            agent: Some(place.at("agent")),
            user: std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(place.directory.path()).unwrap()),
            known_hosts: vec![place.at("missing"), place.at("known_hosts")],
        };
        Self {
            _serving: serve(place.listener(), session, place.gate.clone()).unwrap(),
            place,
        }
    }
}

async fn ask(stream: &mut UnixStream, message: &[u8]) -> Vec<u8> {
    frame::send(stream, message).await.unwrap();
    match timeout(Duration::from_secs(20), frame::receive(stream)).await {
        Ok(Ok(Received::Message(answer))) => answer,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn keys_and_signatures_pass_where_a_rule_allows_them() {
    let world = World::new(ALL, false, Some(HONEST));
    let mut stream = world.connect().await;
    assert_eq!(ask(&mut stream, BIND).await, SUCCESS);
    assert_eq!(ask(&mut stream, &message::write_list()).await, LISTED);
    assert_eq!(ask(&mut stream, LOGIN).await, SIGNED);
    world.was("allow", "ssh-agent", "");
    world.was("allow", "ssh-sign SHA256:", "");
    let verdicts = world.verdicts();
    assert!(
        verdicts
            .iter()
            .any(|[target, ..]| target.ends_with(" git.test (key ed25519@test)"))
    );
}

#[tokio::test]
async fn without_a_rule_nothing_passes_and_nothing_is_learnt() {
    let world = World::new("", false, Some(HONEST));
    let mut stream = world.connect().await;
    assert_eq!(ask(&mut stream, &message::write_list()).await, FAILURE);
    assert_eq!(ask(&mut stream, LOGIN).await, FAILURE);
    // Whether the agent has a key is told no sooner than which it has.
    let Ok(message::Request::Sign(sign)) = message::request(LOGIN) else {
        panic!()
    };
    let absent = message::write_sign(Sign {
        key: b"absent",
        ..sign
    });
    assert_eq!(ask(&mut stream, &absent).await, FAILURE);
    world.was("deny", "ssh-agent", "non-interactive");
    assert!(
        world.verdicts().iter().all(|[target, ..]| target == "ssh-agent"),
        "{:#?}",
        world.verdicts()
    );
}

#[tokio::test]
async fn the_keys_and_each_signature_are_questions_that_name_key_and_host() {
    let world = World::new("", true, Some(HONEST));
    for (allow, expected) in [(true, SIGNED), (false, FAILURE)] {
        let mut stream = world.connect().await;
        assert_eq!(ask(&mut stream, BIND).await, SUCCESS);
        let program = tokio::spawn(async move { ask(&mut stream, LOGIN).await });
        if allow {
            // Once holds for this process, so the second time the keys are known.
            assert_eq!(world.answer(true).await, "which keys your ssh agent holds");
            let said = world.answer(true).await;
            assert_eq!(said, "your ssh key ed25519@test to log in at git.test");
            assert_eq!(program.await.unwrap(), expected);
            let grants: Vec<_> = world.gate.grants();
            for grant in grants
                .iter()
                .filter(|grant| grant.pattern.to_string().starts_with("ssh-sign"))
            {
                world
                    .gate
                    .revoke(RevokeWhat::Grant(grant.id.clone()))
                    .await
                    .unwrap();
            }
        } else {
            world.answer(false).await;
            assert_eq!(program.await.unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_known_is_said_to_be_none() {
    let world = World::new("", true, Some(HONEST));
    let mut stream = world.connect().await;
    let program = tokio::spawn(async move { ask(&mut stream, LOGIN).await });
    world.answer(true).await;
    let said = world.answer(true).await;
    assert_eq!(
        said,
        "your ssh key ed25519@test to log in at a host that is not among those you know"
    );
    assert_eq!(program.await.unwrap(), SIGNED);
}

#[tokio::test]
async fn everything_else_is_refused_and_an_event() {
    let world = World::new(ALL, false, Some(HONEST));
    let mut stream = world.connect().await;
    for (message, why) in [
        (&[17, 1, 2, 3][..], "adding a key is never passed on"),
        (&[19], "removing keys"),
        (&[20], "changing smart cards"),
        (&[22], "locking"),
        (b"\x1b\0\0\0\x05query", "an extension"),
        (&[99], "an unknown message"),
        (b"\x0bmore", "something is left over"),
        (b"\x0d\xff\xff\xff\xff", "it is cut off"),
    ] {
        assert_eq!(ask(&mut stream, message).await, FAILURE, "{why}");
        world.was("deny", "ssh-agent", why);
    }
    assert_eq!(ask(&mut stream, &message::write_list()).await, LISTED);
}

#[tokio::test]
async fn a_binding_that_the_host_has_not_signed_is_refused() {
    let world = World::new(ALL, false, Some(HONEST));
    let mut stream = world.connect().await;
    let mut forged = BIND.to_vec();
    let last = forged.len() - 2;
    forged[last] ^= 1;
    assert_eq!(ask(&mut stream, &forged).await, FAILURE);
    world.was("deny", "ssh-agent", "has not signed");
    for _ in 0..limits::BINDS {
        assert_eq!(ask(&mut stream, BIND).await, SUCCESS);
    }
    assert_eq!(ask(&mut stream, BIND).await, FAILURE);
    world.was("deny", "ssh-agent", "too many hosts");
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_the_connection() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let world = World::new(ALL, false, Some(HONEST));
    let mut stream = world.connect().await;
    stream.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
    world.was("deny", "ssh-agent", "4294967295 bytes");
}

#[tokio::test]
async fn an_agent_that_misbehaves_is_refused_and_an_event() {
    let honest = HONEST;
    for (says, why) in [
        (
            Says {
                keys: Some(SIGNED),
                ..honest
            },
            "not the answer",
        ),
        (
            Says {
                keys: Some(b"\x0c\xff\xff\xff\xff"),
                ..honest
            },
            "too many keys",
        ),
        (
            Says {
                keys: Some(b"\x0c\0\0\0\x09"),
                ..honest
            },
            "cut off",
        ),
        (
            Says {
                keys: Some(FAILURE),
                ..honest
            },
            "refused",
        ),
        (
            Says {
                keys: Some(b""),
                ..honest
            },
            "0 bytes",
        ),
        (
            Says {
                signature: Some(LISTED),
                ..honest
            },
            "not the answer",
        ),
        (
            Says {
                signature: Some(FAILURE),
                ..honest
            },
            "refused",
        ),
        (
            Says {
                bound: LISTED,
                ..honest
            },
            "not the answer",
        ),
    ] {
        let world = World::new(ALL, false, Some(says));
        let mut stream = world.connect().await;
        assert_eq!(ask(&mut stream, BIND).await, SUCCESS);
        assert_eq!(ask(&mut stream, LOGIN).await, FAILURE, "{why}");
        world.was("deny", "ssh-agent", why);
    }
}

#[tokio::test]
async fn an_agent_that_knows_nothing_of_bindings_is_used_all_the_same() {
    let world = World::new(
        ALL,
        false,
        Some(Says {
            bound: FAILURE,
            ..HONEST
        }),
    );
    let mut stream = world.connect().await;
    assert_eq!(ask(&mut stream, BIND).await, SUCCESS);
    assert_eq!(ask(&mut stream, LOGIN).await, SIGNED);
}

#[tokio::test]
async fn without_an_agent_nobody_is_asked() {
    let world = World::new("", true, None);
    let mut stream = world.connect().await;
    assert_eq!(ask(&mut stream, &message::write_list()).await, FAILURE);
    world.was("deny", "ssh-agent", "your ssh agent cannot be reached");
    assert!(world.gate.open_questions().is_empty());
}

#[tokio::test]
async fn a_revocation_cuts_a_signature_that_is_being_made() {
    let world = World::new(
        "",
        true,
        Some(Says {
            signature: None,
            ..HONEST
        }),
    );
    let mut stream = world.connect().await;
    let program = tokio::spawn(async move { ask(&mut stream, LOGIN).await });
    world.answer(true).await;
    world.answer(true).await;
    let grant = loop {
        let grants = world.gate.grants();
        let signing = |grant: &&askbox_policy::Grant| grant.pattern.to_string().starts_with("ssh-sign");
        if let Some(grant) = grants.iter().find(signing) {
            break grant.id.clone();
        }
        tokio::task::yield_now().await;
    };
    world.gate.revoke(RevokeWhat::Grant(grant)).await.unwrap();
    assert_eq!(program.await.unwrap(), FAILURE);
}

#[tokio::test]
async fn a_program_that_hangs_up_leaves_its_question_without_a_waiter() {
    let world = World::new("", true, Some(HONEST));
    let mut stream = world.connect().await;
    frame::send(&mut stream, &message::write_list()).await.unwrap();
    while world.gate.open_questions().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(stream);
    while 0 < world.gate.open_questions()[0].members[0].waiting {
        tokio::task::yield_now().await;
    }
}
