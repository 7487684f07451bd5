use std::fs::Permissions;
use std::sync::mpsc;

use askbox_secrets::{Answer, Fallback, Keyring, Order, Unavailable};
use tempfile::TempDir;

use super::*;

#[test]
fn credentials_are_one_line_that_nobody_else_reads() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proxy-credentials");
    assert_eq!(read(&file), Ok(None));
    let table = [
        ("ada:s3:cret\n", 0o600, Ok(Some("ada:s3:cret".to_owned()))),
        (
            "ada:s3cret",
            0o640,
            Err("others may read proxy-credentials: chmod 600".to_owned()),
        ),
        (
            "ada:s3cret",
            0o604,
            Err("others may read proxy-credentials: chmod 600".to_owned()),
        ),
        (
            "ada",
            0o600,
            Err("proxy-credentials must be one line, NAME:PASSWORD".to_owned()),
        ),
        (
            "a:b\nX-Header: c",
            0o600,
            Err("proxy-credentials must be one line, NAME:PASSWORD".to_owned()),
        ),
    ];
    for (content, mode, expected) in table {
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        assert_eq!(read(&file), expected, "{content:?} {mode:o}");
    }
}

/// A keyring that answers each time with what it gets from the test, and says when it is asked to read.
#[derive(Debug)]
struct Fake {
    answers: Mutex<mpsc::Receiver<Answer>>,
    asked: Mutex<mpsc::Sender<()>>,
}

impl Keyring for Fake {
    fn carry_out(&self, order: &Order) -> Answer {
        match order {
            Order::Read { .. } => {
                self.asked.lock().unwrap().send(()).unwrap();
                let hung_up = || Err(Unavailable::NotAsked("the test is over".into()));
                self.answers
                    .lock()
                    .unwrap()
                    .recv()
                    .unwrap_or_else(|_over| hung_up())
            }
            Order::Greet | Order::Write { .. } | Order::Remove { .. } => Ok(None),
        }
    }
}

struct World {
    _directory: TempDir,
    source: Arc<Source>,
    answers: mpsc::Sender<Answer>,
    asked: mpsc::Receiver<()>,
}

const LONG: Duration = Duration::from_mins(1);

fn world(wait: Duration, rest: Duration) -> World {
    let directory = tempfile::tempdir().unwrap();
    let (answers, to_give) = mpsc::channel();
    let (tell, asked) = mpsc::channel();
    let fake = Fake {
        answers: Mutex::new(to_give),
        asked: Mutex::new(tell),
    };
    let source = Arc::new(Source {
        file: directory.path().join("proxy-credentials"),
        secrets: Secrets::new(directory.path().join("secrets"), fake),
        wait,
        rest,
        looked: Mutex::default(),
    });
    World {
        _directory: directory,
        source,
        answers,
        asked,
    }
}

impl World {
    fn keep(&self, fallback: Fallback) {
        let login = Secret::new("eva:in-a-file");
        self.source.secrets.keep(PROXY_LOGIN, login, fallback).unwrap();
    }

    /// What the keyring says next time.
    fn will_say(&self, answer: Result<&str, Unavailable>) {
        let encoded = answer.map(|text| match text {
            "ada:one" => Some("YWRhOm9uZQ==".to_owned()),
            "ada:two" => Some("YWRhOnR3bw==".to_owned()),
            "ada" => Some("YWRh".to_owned()),
            _ => None,
        });
        self.answers.send(encoded).unwrap();
    }

    async fn find(&self) -> Result<Option<String>, String> {
        Arc::clone(&self.source).find().await
    }

    fn times_asked(&self) -> usize {
        self.asked.try_iter().count()
    }
}

#[tokio::test]
async fn a_login_in_the_keyring_goes_before_the_file_and_is_asked_for_once() {
    let world = world(LONG, LONG);
    fs::write(&world.source.file, "eva:by-hand").unwrap();
    fs::set_permissions(&world.source.file, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(world.find().await, Ok(Some("eva:by-hand".to_owned())));
    world.keep(Fallback::WithoutService);
    world.will_say(Ok("ada:one"));
    for _connection in 0..3 {
        assert_eq!(world.find().await, Ok(Some("ada:one".to_owned())));
    }
    assert_eq!(world.times_asked(), 1);
    // Kept anew: the next connection has the new one.
    world.keep(Fallback::WithoutService);
    world.will_say(Ok("ada:two"));
    assert_eq!(world.find().await, Ok(Some("ada:two".to_owned())));
    assert_eq!(world.times_asked(), 1);
    world.keep(Fallback::Chosen);
    assert_eq!(world.find().await, Ok(Some("eva:in-a-file".to_owned())));
    world.source.secrets.remove(PROXY_LOGIN).unwrap();
    assert_eq!(world.find().await, Ok(Some("eva:by-hand".to_owned())));
    assert_eq!(world.times_asked(), 0);
}

#[tokio::test]
async fn connections_that_come_together_ask_once() {
    let world = world(LONG, LONG);
    world.keep(Fallback::WithoutService);
    let many = [world.find(), world.find(), world.find()];
    let [one, two, three] = many;
    world.will_say(Ok("ada:one"));
    let found = tokio::join!(one, two, three);
    let expected = || Ok(Some("ada:one".to_owned()));
    assert_eq!(found, (expected(), expected(), expected()));
    assert_eq!(world.times_asked(), 1);
}

#[tokio::test]
async fn a_keyring_that_hangs_denies_in_time_and_its_late_answer_counts() {
    let world = world(Duration::from_millis(20), LONG);
    world.keep(Fallback::WithoutService);
    for _connection in 0..2 {
        let found = world.find().await;
        assert!(
            found.as_ref().is_err_and(|why| why.contains("unlock it")),
            "{found:?}"
        );
    }
    assert_eq!(world.times_asked(), 1);
    world.will_say(Ok("ada:one"));
    let mut look = world.source.looked.lock().unwrap().clone().unwrap();
    look.outcome.wait_for(Option::is_some).await.unwrap();
    assert_eq!(world.find().await, Ok(Some("ada:one".to_owned())));
    assert_eq!(world.times_asked(), 0);
}

#[tokio::test]
async fn a_keyring_that_cannot_be_used_is_a_reason_and_is_left_alone_for_a_while() {
    let refused = || Unavailable::Refused("locked".into());
    let patient = world(LONG, LONG);
    patient.keep(Fallback::WithoutService);
    patient.will_say(Err(refused()));
    for _connection in 0..2 {
        let found = patient.find().await;
        assert!(
            found.as_ref().is_err_and(|why| why.contains("refuses (locked)")),
            "{found:?}"
        );
    }
    assert_eq!(patient.times_asked(), 1);
    // After the rest it is asked again.
    let hasty = world(LONG, Duration::ZERO);
    hasty.keep(Fallback::WithoutService);
    hasty.will_say(Err(refused()));
    hasty.will_say(Ok("ada:one"));
    assert!(hasty.find().await.is_err());
    assert_eq!(hasty.find().await, Ok(Some("ada:one".to_owned())));
}

#[tokio::test]
async fn what_is_no_login_any_more_is_told_and_never_left_out() {
    let table = [
        ("", "the keyring has no login for it any more: askbox proxy-login"),
        ("ada", "its login in the keyring must be one line, NAME:PASSWORD"),
    ];
    for (has, expected) in table {
        let world = world(LONG, LONG);
        world.keep(Fallback::WithoutService);
        world.will_say(Ok(has));
        assert_eq!(world.find().await, Err(expected.to_owned()));
    }
}

#[test]
fn an_outcome_shows_no_password() {
    let outcome = Outcome {
        found: Ok("ada:s3cret".into()),
        at: Instant::now(),
    };
    assert!(!format!("{outcome:?}").contains("s3cret"));
}
