//! A profile is one question; what it names is decided by the answer, for the session that has it.

use askbox_policy::{NetworkPattern, Pattern, ProfileName, SessionProfile};

use super::*;

fn claude() -> ProfileName {
    "claude".parse().unwrap()
}

/// Opens a session whose profile allows a domain.
fn open_with_profile(world: &World, id: &str) {
    world.gate.open_session(SessionInfo {
        id: SessionId(id.to_owned()),
        project: project(),
        name: id.to_owned(),
        rules: SessionRules {
            profile: Some(SessionProfile {
                name: claude(),
                refused: Vec::new(),
                patterns: vec![Pattern::Network(NetworkPattern::parse("**.api.test").unwrap())],
            }),
            ..SessionRules::default()
        },
    });
}

fn ask(world: &World, session: &str, target: &Target) -> JoinHandle<Result<Permit, Denial>> {
    let (gate, request) = (world.gate.clone(), request(session, 7, target));
    tokio::spawn(async move {
        let process = request.process.clone();
        gate.admit(request, async { process }).await
    })
}

async fn questions(world: &World, count: usize) -> Vec<Question> {
    while world.gate.open_questions().len() != count {
        tokio::task::yield_now().await;
    }
    world.gate.open_questions()
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_a_profile_lets_go_what_waits_for_it_in_that_session() {
    let world = World::new();
    open_with_profile(&world, "with");
    let target = Target::Profile(claude());
    let profile = ask(&world, "with", &target);
    let waiting = ask(&world, "with", &net("x.api.test"));
    let other = ask(&world, "with", &net("other.test"));
    let elsewhere = ask(&world, "s1", &net("x.api.test"));
    let open = questions(&world, 3).await;
    let question = open
        .iter()
        .find(|question| question.targets() == [target.clone()])
        .unwrap();
    let answered = world
        .answer(question.id, None, allow(Duration::Once))
        .await
        .unwrap();
    // It is asked about once in a session, so once is this session.
    assert!(
        matches!(answered.grants[0].scope, askbox_policy::Scope::Session(_)),
        "{answered:?}"
    );
    drop(profile.await.unwrap().unwrap());
    let permit = waiting.await.unwrap().unwrap();
    assert_eq!(permit.by().to_string(), "profile claude");
    assert!(!other.is_finished() && !elsewhere.is_finished());
    assert_eq!(questions(&world, 2).await.len(), 2);

    world
        .gate
        .revoke(RevokeWhat::Grant(answered.grants[0].id.clone()))
        .await
        .unwrap();
    assert!(permit.is_revoked());
}

#[tokio::test(start_paused = true)]
async fn a_denied_profile_leaves_what_it_names_to_questions_of_its_own() {
    let world = World::new();
    open_with_profile(&world, "with");
    let target = Target::Profile(claude());
    let profile = ask(&world, "with", &target);
    let waiting = ask(&world, "with", &net("x.api.test"));
    let open = questions(&world, 1).await;
    assert_eq!(open[0].targets(), std::slice::from_ref(&target));
    world
        .answer(open[0].id, None, block(Duration::Session))
        .await
        .unwrap();
    profile.await.unwrap().unwrap_err();
    let open = questions(&world, 1).await;
    assert_eq!(open[0].targets(), [net("x.api.test")]);
    assert!(!waiting.is_finished());
    let again = ask(&world, "with", &target).await.unwrap().unwrap_err();
    assert!(
        matches!(again.by, DeniedBy::Basis(askbox_policy::Basis::Grant(_))),
        "{again:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_profile_that_nobody_answers_about_is_denied() {
    let world = World::new();
    open_with_profile(&world, "with");
    let waiting = ask(&world, "with", &net("x.api.test"));
    questions(&world, 1).await;
    world.advance(MINUTE).await;
    let denial = waiting.await.unwrap().unwrap_err();
    assert_eq!(denial.target, net("x.api.test"));
    assert!(matches!(denial.by, DeniedBy::TimedOut), "{denial:?}");
    assert!(denial.question.is_some());
}

#[tokio::test(start_paused = true)]
async fn files_of_a_bundle_are_one_question_and_a_widened_answer_covers_all_of_them() {
    let world = World::new();
    let read =
        |name: &str| Target::Read(CanonicalPath::new(Path::new("/home/u").join(name).as_path()).unwrap());
    let waiting = ask(&world, "s1", &read(".bashrc"));
    let also = ask(&world, "s1", &read(".profile"));
    let other = ask(&world, "s1", &read(".gitconfig"));
    let open = questions(&world, 2).await;
    let shell = open.iter().find(|question| question.members.len() == 2).unwrap();
    assert_eq!(shell.group, "shell start-up files");
    let answer = Answer {
        widen: true,
        ..allow(Duration::Session)
    };
    world.answer(shell.id, None, answer).await.unwrap();
    drop((waiting.await.unwrap().unwrap(), also.await.unwrap().unwrap()));
    drop(ask(&world, "s1", &read(".zshrc")).await.unwrap().unwrap());
    assert!(!other.is_finished());
    assert!(
        world.gate.peek(&request("s1", 7, &read(".bash_history")))
            != world.gate.peek(&request("s1", 7, &read(".zshrc")))
    );
    other.abort();
}
