use std::future::Future;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::limits::{ADMITTED_COUNT_EVERY, FILES_PER_QUESTION, MEMBERS_PER_QUESTION, REPEATS_EVERY};

const ALLOWING: &str = "[[rule]]\neffect = \"allow\"\nread = \"/home/u/notes\"\n";

fn widened(answer: Answer) -> Answer {
    Answer {
        widen: true,
        ..answer
    }
}

/// What one poll of a request by an unknown process says.
fn polled_once(world: &World, target: &Target) -> Option<Result<Permit, Denial>> {
    let admitted = world.gate.admit(request("s1", 0, target), std::future::pending());
    match std::pin::pin!(admitted).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

/// The verdicts of one outcome in the log, each with its target and detail.
fn verdicts(world: &World, outcome: askbox_audit::Outcome) -> Vec<String> {
    let of_outcome = |event: &Event| event.verdict == Some(outcome);
    let events = world.events().into_iter().filter(of_outcome);
    let text = |event: Event| {
        let parts = [Some(event.kind.name().to_owned()), event.target, event.detail];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    events.map(text).collect()
}

fn allowed(world: &World) -> Vec<String> {
    verdicts(world, askbox_audit::Outcome::Allow)
}

async fn unknown(world: &World, target: &Target) -> Result<Permit, Denial> {
    let nobody = std::future::ready(Process::unknown());
    world.gate.admit(request("s1", 0, target), nobody).await
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_opened_again_is_counted_without_a_wait() {
    let world = World::with_policy(ALLOWING);
    let note = read("/home/u/notes/a");
    drop(unknown(&world, &note).await.unwrap());
    for _ in 0..99 {
        drop(polled_once(&world, &note).unwrap().unwrap());
    }
    drop(unknown(&world, &read("/home/u/notes/b")).await.unwrap());
    assert_eq!(allowed(&world), ["read /home/u/notes/a", "read /home/u/notes/b"]);
    world.advance(ADMITTED_COUNT_EVERY).await;
    world.until(|_| 2 < allowed(&world).len()).await;
    assert_eq!(allowed(&world)[2..], ["read /home/u/notes/a 99 more times"]);
    // It is still known, for as long as the session lasts.
    world.advance(10 * ADMITTED_COUNT_EVERY).await;
    drop(polled_once(&world, &note).unwrap().unwrap());
    world.gate.close_session(&SessionId("s1".to_owned())).await;
    assert_eq!(allowed(&world)[3..], ["read /home/u/notes/a 1 more times"]);
}

#[tokio::test(start_paused = true)]
async fn another_kind_or_another_reason_is_an_event_of_its_own() {
    let text = format!("{ALLOWING}[[rule]]\neffect = \"allow\"\nwrite = \"/home/u/notes\"\n");
    let world = World::with_policy(&text);
    let (read, write) = (read("/home/u/notes/a"), write("/home/u/notes/a"));
    drop(unknown(&world, &read).await.unwrap());
    drop(unknown(&world, &write).await.unwrap());
    let narrower = ALLOWING.replace("notes", "notes/a");
    world.gate.set_policy(policy(&format!("{text}{narrower}"))).await;
    drop(unknown(&world, &read).await.unwrap());
    let log = [
        "read /home/u/notes/a",
        "write /home/u/notes/a",
        "read /home/u/notes/a",
    ];
    assert_eq!(allowed(&world), log);
}

#[tokio::test(start_paused = true)]
async fn connections_are_events_each() {
    let world = World::with_policy(&rule("allow", "example.com"));
    for _ in 0..3 {
        drop(admitted(world.ask(&net("example.com"))).await);
    }
    assert_eq!(allowed(&world).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn denials_of_files_are_counted_without_a_wait_and_without_a_look_at_the_process() {
    let world = World::new();
    let key = read("/home/u/.ssh/id_rsa");
    let denials = || verdicts(&world, askbox_audit::Outcome::Deny);
    assert!(polled_once(&world, &key).is_none(), "the first names who asked");
    drop(unknown(&world, &key).await.unwrap_err());
    for _ in 0..99 {
        let denial = polled_once(&world, &key).unwrap().unwrap_err();
        assert!(matches!(
            denial.by,
            DeniedBy::Basis(askbox_policy::Basis::Credential(_))
        ));
    }
    assert_eq!(denials(), ["read /home/u/.ssh/id_rsa"]);
    world.advance(REPEATS_EVERY).await;
    world.until(|_| 1 < denials().len()).await;
    assert_eq!(denials()[1..], ["read /home/u/.ssh/id_rsa 99 more times"]);
}

#[tokio::test(start_paused = true)]
async fn a_denial_that_may_not_hold_for_another_process_finds_out_who_asks() {
    let world = World::with_policy(
        "[[rule]]\neffect = \"deny\"\nread = \"/home/u/notes\"\nprogram = \"/usr/bin/git\"\n",
    );
    let note = read("/home/u/notes/a");
    drop(unknown(&world, &note).await.unwrap_err());
    assert!(polled_once(&world, &note).is_none());
    let cat = Process {
        exe: Some("/usr/bin/cat".into()),
        ..request("s1", 7, &note).process
    };
    let gate = world.gate.clone();
    let asking = tokio::spawn(async move {
        let request = request("s1", 0, &read("/home/u/notes/a"));
        gate.admit(request, std::future::ready(cat)).await
    });
    world.until_waiting(1).await;
    asking.abort();
}

#[tokio::test(start_paused = true)]
async fn files_below_one_top_directory_are_one_question_and_others_another() {
    let world = World::new();
    let paths = [
        "/home/u/notes/a/1",
        "/home/u/notes/b/c/2",
        "/home/u/notes",
        "/home/u/todo",
        "/home/u/done",
        "/home/u/.local/share/x/1",
        "/home/u/.local/share/y/1",
        "/opt/tool/lib/x",
        "/opt/tool/y",
    ];
    for path in paths {
        world.ask(&read(path));
    }
    world.ask(&write("/home/u/notes/a/1"));
    world.until_waiting(paths.len() + 1).await;
    let questions = world.gate.open_questions();
    let groups = questions
        .iter()
        .map(|question| (question.group.as_str(), question.members.len()));
    let expected = [
        ("/home/u/notes", 3),
        ("/home/u/todo", 1),
        ("/home/u/done", 1),
        ("/home/u/.local/share/x", 1),
        ("/home/u/.local/share/y", 1),
        ("/opt/tool", 2),
        ("/home/u/notes", 1),
    ];
    assert_eq!(groups.collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_widened_answer_is_for_the_directory_that_holds_all_and_no_further() {
    let mut world = World::new();
    world.ask(&read("/home/u/notes/a/1"));
    world.until_waiting(1).await;
    let (_, question) = world.ask_shown(&read("/home/u/notes/a/b/2")).await;
    world
        .answer(question.id, None, widened(allow(hours(1))))
        .await
        .unwrap();
    let is_allowed = |path: &str| world.is_allowed(&read(path));
    assert!(is_allowed("/home/u/notes/a/3") && is_allowed("/home/u/notes/a/b/c/4"));
    assert!(!is_allowed("/home/u/notes/5") && !is_allowed("/home/u/other"));
    assert!(!world.is_allowed(&write("/home/u/notes/a/1")));
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_directory_is_for_its_listing_unless_widened() {
    let check = async |answer: Answer, below: bool| {
        let mut world = World::new();
        let (asking, question) = world.ask_shown(&read("/home/u/notes")).await;
        world.answer(question.id, None, answer).await.unwrap();
        drop(admitted(asking).await);
        assert!(world.is_allowed(&read("/home/u/notes")));
        assert_eq!(world.is_allowed(&read("/home/u/notes/a")), below);
        assert!(!world.is_allowed(&read("/home/u/other")));
    };
    check(allow(hours(1)), false).await;
    check(widened(allow(hours(1))), true).await;
}

#[tokio::test(start_paused = true)]
async fn the_home_directory_is_listed_and_never_widened() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&read("/home/u")).await;
    world
        .answer(question.id, None, widened(allow(hours(1))))
        .await
        .unwrap();
    drop(admitted(asking).await);
    assert!(world.is_allowed(&read("/home/u")));
    assert!(!world.is_allowed(&read("/home/u/todo")));
}

#[tokio::test(start_paused = true)]
async fn the_lists_hold_below_a_widened_directory() {
    let mut world = World::new();
    let (asking, question) = world.ask_shown(&read("/home/u/.cargo/env")).await;
    world
        .answer(question.id, None, widened(allow(hours(1))))
        .await
        .unwrap();
    drop(admitted(asking).await);
    assert!(world.is_allowed(&read("/home/u/.cargo/bin/x")));
    assert!(!world.is_allowed(&read("/home/u/.cargo/credentials.toml")));
    let (asking, question) = world.ask_shown(&write("/home/u/.cargo/registry/x")).await;
    world
        .answer(question.id, None, widened(allow(hours(1))))
        .await
        .unwrap();
    drop(admitted(asking).await);
    assert!(world.is_allowed(&write("/home/u/.cargo/registry/y")));
    assert!(!world.is_allowed(&write("/home/u/.cargo/bin/cargo")));
}

#[tokio::test(start_paused = true)]
async fn a_start_up_file_is_a_question_of_its_own_and_its_answer_holds_for_it_alone() {
    let world = World::with_policy("preset = \"moderate\"\n");
    world.ask(&write("/home/u/.config/tool/rc"));
    let asking = world.ask(&write("/home/u/.config/fish/config.fish"));
    let other = world.ask(&write("/home/u/.config/fish/conf.d/x"));
    world.until_waiting(3).await;
    let questions = world.gate.open_questions();
    assert_eq!(questions.len(), 3);
    let question = &questions[1];
    assert_eq!(question.group, "/home/u/.config/fish/config.fish");
    world
        .answer(question.id, None, widened(allow(hours(1))))
        .await
        .unwrap();
    assert!(!admitted(asking).await.is_revoked());
    assert_eq!(waiting(&world.gate), 2);
    other.abort();
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_files_wait_and_an_answer_covers_those_that_are_listed() {
    const FILES: usize = 500;
    let world = World::new();
    let mut asking: Vec<_> = (0..FILES)
        .map(|number| world.ask(&read(&format!("/home/u/notes/{number}"))))
        .collect();
    world
        .until(|gate| gate.0.registry.count() == 0 && unlisted(gate) == FILES - MEMBERS_PER_QUESTION)
        .await;
    let question = world.gate.open_questions().remove(0);
    assert_eq!(question.members.len(), MEMBERS_PER_QUESTION);
    let answered = world
        .answer(question.id, Some(question.revision), allow(hours(1)))
        .await
        .unwrap();
    assert_eq!(
        (answered.released, answered.left),
        (MEMBERS_PER_QUESTION, FILES - MEMBERS_PER_QUESTION)
    );
    let rest = asking.split_off(MEMBERS_PER_QUESTION);
    for asking in asking {
        drop(admitted(asking).await);
    }
    assert!(!world.is_allowed(&read("/home/u/notes/499")));
    // The next ones are listed, and who saw the first list cannot answer for them.
    let next = world.gate.open_questions().remove(0);
    assert_eq!((next.id, next.members.len()), (question.id, MEMBERS_PER_QUESTION));
    assert_eq!(next.members[0].target, read("/home/u/notes/50"));
    let stale = world
        .answer(question.id, Some(question.revision), allow(hours(1)))
        .await;
    assert!(matches!(stale, Err(AnswerError::Changed { .. })));
    let answered = world
        .answer(next.id, Some(next.revision), widened(allow(hours(1))))
        .await
        .unwrap();
    assert_eq!(
        (answered.released, answered.left),
        (FILES - MEMBERS_PER_QUESTION, 0)
    );
    for asking in rest {
        drop(admitted(asking).await);
    }
    assert_eq!(world.gate.open_questions(), []);
}

#[tokio::test(start_paused = true)]
async fn once_widened_is_for_everything_that_waits_below() {
    let world = World::new();
    let asking: Vec<_> = (0..200)
        .map(|number| world.ask_as(number + 1, &read(&format!("/home/u/notes/{number}"))))
        .collect();
    world
        .until(|gate| unlisted(gate) == 200 - MEMBERS_PER_QUESTION)
        .await;
    let question = world.gate.open_questions().remove(0);
    let answered = world
        .answer(question.id, None, widened(allow(Duration::Once)))
        .await
        .unwrap();
    assert_eq!((answered.released, answered.left), (200, 0));
    for asking in asking {
        assert!(!admitted(asking).await.is_revoked());
    }
}

#[tokio::test(start_paused = true)]
async fn files_that_are_not_listed_wait_until_their_time_is_over_and_are_not_without_number() {
    let world = World::new();
    let ask = |number: usize| world.ask(&read(&format!("/home/u/notes/{number}")));
    let asking: Vec<_> = (0..FILES_PER_QUESTION).map(ask).collect();
    world
        .until(|gate| unlisted(gate) == FILES_PER_QUESTION - MEMBERS_PER_QUESTION)
        .await;
    assert_eq!(denied(ask(FILES_PER_QUESTION)).await, DeniedBy::TooMany);
    world.advance(MINUTE).await;
    for asking in asking {
        assert_eq!(denied(asking).await, DeniedBy::TimedOut);
    }
    let missed = world.gate.missed().remove(0).question;
    assert_eq!(missed.members.len(), MEMBERS_PER_QUESTION);
    assert!(world.gate.open_questions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_decides_what_is_listed_lists_the_next() {
    let world = World::new();
    let count = MEMBERS_PER_QUESTION + 10;
    let asking: Vec<_> = (0..count)
        .map(|number| world.ask(&read(&format!("/home/u/notes/{}/x", number % 2 * 1000 + number))))
        .collect();
    world.until(|gate| unlisted(gate) == 10).await;
    let revision = world.gate.open_questions()[0].revision;
    world
        .gate
        .set_policy(policy(&ALLOWING.replace("notes", "notes/0")))
        .await;
    let question = world.gate.open_questions().remove(0);
    assert_eq!(
        (question.members.len(), question.unlisted),
        (MEMBERS_PER_QUESTION, 9)
    );
    assert!(revision < question.revision);
    drop(asking);
}

#[tokio::test(start_paused = true)]
async fn one_answer_is_about_all_that_an_operation_needs() {
    for duration in [Duration::Once, Duration::Session] {
        let mut world = World::with_policy(
            &ALLOWING.replace("read = \"/home/u/notes\"", "write = \"/home/u/notes/open\""),
        );
        let [one, other, open, read] = [
            write("/home/u/notes/a"),
            write("/home/u/notes/b"),
            write("/home/u/notes/open"),
            read("/home/u/notes/a"),
        ];
        let (gate, others) = (world.gate.clone(), [other.clone(), open, read]);
        let first = request("s1", 7, &one);
        let asking =
            tokio::spawn(async move { gate.admit_first(first, &others, std::future::pending()).await });
        let question = world
            .hear(|event| match event {
                GateEvent::QuestionOpened(question) => Some(question),
                _ => None,
            })
            .await;
        let targets: Vec<&Target> = question.members.iter().map(|member| &member.target).collect();
        assert_eq!((question.revision, &targets[..]), (1, &[&one, &other][..]));
        let asked = verdicts(&world, askbox_audit::Outcome::Ask);
        assert_eq!(asked, ["write /home/u/notes/a", "write /home/u/notes/b"]);
        world.answer(question.id, Some(1), allow(duration)).await.unwrap();
        drop(admitted(asking).await);
        drop(admitted(world.ask(&other)).await);
        assert!(world.gate.open_questions().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_operation_needs_is_denied_with_the_first_of_it() {
    let mut world = World::new();
    let (gate, first) = (world.gate.clone(), request("s1", 7, &write("/home/u/notes/a")));
    let others = [write("/home/u/notes/b")];
    let asking = tokio::spawn(async move { gate.admit_first(first, &others, std::future::pending()).await });
    let shown = world.hear(|event| match event {
        GateEvent::QuestionOpened(question) => Some(question),
        _ => None,
    });
    let question = shown.await;
    world
        .answer(question.id, Some(1), block(Duration::Once))
        .await
        .unwrap();
    assert_eq!(denied(asking).await, DeniedBy::Answered);
    assert!(world.gate.open_questions().is_empty());
}

fn unlisted(gate: &Gate) -> usize {
    let questions = gate.open_questions();
    let unlisted: u32 = questions.iter().map(|question| question.unlisted).sum();
    usize::try_from(unlisted).unwrap()
}
