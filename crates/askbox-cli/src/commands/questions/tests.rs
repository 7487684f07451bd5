use expect_test::{Expect, expect};

use super::*;
use crate::fixtures;

fn check(questions: &[QuestionView], missed: &[MissedView], expected: &Expect) {
    expected.assert_eq(&render(questions, missed, fixtures::now(), Style::plain()));
}

#[test]
fn a_question_says_who_wants_what_and_what_to_type() {
    check(
        &[fixtures::question(&["registry.example.com"])],
        &[],
        &expect![[r#"
        7  npm (app) wants registry.example.com
           network, session a1b2, 52s left
           - registry.example.com
             because no rule speaks about it
             asked by npm install
           with --widen: **.example.com:443
           askbox allow 7   askbox deny 7

    "#]],
    );
}

#[test]
fn a_session_with_a_name_of_its_own_is_shown_by_it() {
    for (name, expected) in [
        ("app", "session a1b2, 52s left\n"),
        ("build", "session a1b2 build, 52s left\n"),
        (
            "of mine, 9h left",
            "session a1b2 \"of mine, 9h left\", 52s left\n",
        ),
    ] {
        let mut question = fixtures::question(&["registry.example.com"]);
        question.session_name = name.into();
        let shown = render(&[question], &[], fixtures::now(), Style::plain());
        assert!(shown.contains(expected), "{shown}");
    }
}

#[test]
fn a_question_says_what_started_the_program_that_asks() {
    let mut question = fixtures::question(&["registry.example.com"]);
    question.members[0].process.ancestors = vec!["sh -c make".into(), "bash".into()];
    let shown = render(&[question], &[], fixtures::now(), Style::plain());
    let expected = "     asked by npm install\n     started by sh -c make, by bash\n";
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn a_question_about_a_profile_says_which_file_the_program_is() {
    let mut question = fixtures::question(&["registry.example.com"]);
    question.members[0].process.exe = Some("/home/u/.local/bin/claude".into());
    let shown = |question: &QuestionView| {
        render(
            std::slice::from_ref(question),
            &[],
            fixtures::now(),
            Style::plain(),
        )
    };
    assert!(!shown(&question).contains("which is"));
    question.kind = Kind::Profile;
    question.covers = vec!["read ~/.x".into(), "network **.example.com".into()];
    let text = shown(&question);
    assert!(
        text.contains("     covers read ~/.x\n     covers network **.example.com\n"),
        "{text}"
    );
    assert!(text.contains("which is /home/u/.local/bin/claude\n"), "{text}");
}

#[test]
fn several_targets_are_answered_as_they_were_seen() {
    let mut question = fixtures::question(&["registry.example.com", "cdn.example.com"]);
    question.waiting = 0;
    question.unlisted = 4;
    check(
        &[question],
        &[],
        &expect![[r#"
        7  npm (app) wants registry.example.com
           network, session a1b2, 52s left
           - registry.example.com
             because no rule speaks about it
             asked by npm install
           - cdn.example.com
             because no rule speaks about it
             asked by npm install
           and 4 more were denied: too many to list
           the program stopped waiting; its next try can go through
           with --widen: **.example.com:443
           askbox allow 7 --revision 2
           askbox deny 7 --revision 2

    "#]],
    );
}

#[test]
fn a_question_about_files_says_what_it_is_for() {
    let mut question = fixtures::question(&["/home/ada/notes/a", "/home/ada/notes/b/c"]);
    question.kind = Kind::Read;
    question.title = "cat (app) wants to read ~/notes/a and 189 more".into();
    question.group = "~/notes".into();
    question.members[0].display = "~/notes/a".into();
    question.members[1].display = "~/notes/b/c".into();
    question.unlisted = 188;
    question.widened = vec!["read ~/notes and everything below".into()];
    check(
        &[question],
        &[],
        &expect![[r#"
        7  cat (app) wants to read ~/notes/a and 189 more
           read, session a1b2, 52s left
           - ~/notes/a
             because no rule speaks about it
             asked by npm install
           - ~/notes/b/c
             because no rule speaks about it
             asked by npm install
           and 188 more are not listed; only --widen can cover them
           with --widen: read ~/notes and everything below
           askbox allow 7 --revision 2
           askbox deny 7 --revision 2

    "#]],
    );
}

#[test]
fn one_target_of_a_question_that_changed_is_answered_as_it_was_seen_too() {
    let mut question = fixtures::question(&["registry.example.com"]);
    question.revision = 3;
    let shown = render(&[question], &[], fixtures::now(), Style::plain());
    assert!(shown.contains("askbox allow 7 --revision 3\n"), "{shown}");
}

#[test]
fn missed_ones_come_below() {
    let missed = |why| MissedView {
        question: fixtures::question(&["registry.example.com"]),
        missed: "2026-05-01T12:00:52.000Z".into(),
        why,
    };
    check(
        &[fixtures::question(&["registry.example.com"])],
        &[missed(WhyMissed::TimedOut), missed(WhyMissed::Quiet)],
        &expect![[r#"
            7  npm (app) wants registry.example.com
               network, session a1b2, 52s left
               - registry.example.com
                 because no rule speaks about it
                 asked by npm install
               with --widen: **.example.com:443
               askbox allow 7   askbox deny 7

            missed:
            7  npm (app) wants registry.example.com
               nobody answered in time
               askbox allow 7   askbox deny 7
            7  npm (app) wants registry.example.com
               the session asked too much; askbox questions --resume
               askbox allow 7   askbox deny 7
        "#]],
    );
}

#[test]
fn nothing_is_said_to_be_nothing() {
    check(
        &[],
        &[],
        &expect![[r#"
        nothing waits for an answer
    "#]],
    );
}

#[test]
fn events_are_lines() {
    let session = || SessionId("a1b2".into());
    let events = [
        Event::QuestionClosed {
            id: "7".into(),
            outcome: Closed::Allowed,
        },
        Event::QuestionClosed {
            id: "7".into(),
            outcome: Closed::Denied,
        },
        Event::QuestionClosed {
            id: "7".into(),
            outcome: Closed::Decided,
        },
        Event::QuestionClosed {
            id: "7".into(),
            outcome: Closed::Missed,
        },
        Event::SessionQuiet {
            session: session(),
            quiet: true,
        },
        Event::SessionQuiet {
            session: session(),
            quiet: false,
        },
        Event::Lagged { missed: 3 },
        Event::GrantsChanged,
        Event::Stopping,
    ];
    let text: String = events
        .iter()
        .filter_map(|event| render_event(event, Style::plain()))
        .collect();
    expect![[r#"
        7  allowed
        7  denied
        7  decided by a rule
        session a1b2 asked too much and is quiet: askbox questions --resume a1b2
        session a1b2 may ask again
        3 events were lost: askbox questions lists what is open
        the daemon ends
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_question_that_only_ends_later_is_said_once() {
    let question = fixtures::question(&["registry.example.com"]);
    let later = QuestionView {
        expires_ms: question.expires_ms + 60_000,
        expires: "2026-05-01T12:01:52.000Z".into(),
        ..question.clone()
    };
    let grown = QuestionView {
        title: "npm (app) wants 2 hosts".into(),
        ..later.clone()
    };
    let closed = Event::QuestionClosed {
        id: question.id.clone(),
        outcome: Closed::Allowed,
    };
    let mut said = Said::default();
    let mut is_news = |event: &Event| said.news(event, Style::plain()).is_some();
    assert!(is_news(&Event::QuestionOpened(question.clone())));
    assert!(!is_news(&Event::QuestionChanged(later)));
    assert!(is_news(&Event::QuestionChanged(grown)));
    assert!(is_news(&closed));
    assert!(is_news(&Event::QuestionOpened(question)));
}
