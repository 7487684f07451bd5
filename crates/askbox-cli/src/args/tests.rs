use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::ErrorKind;
use expect_test::expect;

use super::*;

mod help;

fn parse(words: &[&str]) -> Result<Command, ErrorKind> {
    let words = ["askbox"].iter().chain(words).copied();
    Arguments::try_parse_from(words)
        .map(|arguments| arguments.command)
        .map_err(|error| error.kind())
}

fn run(words: &[&str]) -> RunArgs {
    match parse(words) {
        Ok(Command::Run(arguments)) => arguments,
        other => panic!("{words:?}: {other:?}"),
    }
}

#[test]
fn the_definitions_agree_with_each_other() {
    Arguments::command().debug_assert();
}

#[test]
fn every_command_that_is_shown_has_an_example() {
    for command in Arguments::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        let after = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(after.starts_with("Example"), "{}", command.get_name());
    }
}

#[test]
fn what_follows_the_first_word_belongs_to_the_command() {
    let check = |words: &[&str], expected: &[&str]| {
        let expected: Vec<OsString> = expected.iter().map(OsString::from).collect();
        assert_eq!(run(words).command, expected, "{words:?}");
    };
    check(&["run", "curl", "-sS", "x"], &["curl", "-sS", "x"]);
    check(&["exec", "curl", "-sS", "x"], &["curl", "-sS", "x"]);
    check(&["run", "--", "--bind"], &["--bind"]);
    check(
        &["run", "--quiet", "--", "sh", "-c", "exit 7"],
        &["sh", "-c", "exit 7"],
    );
    check(
        &["run", "env", "--", "--quiet", "--help"],
        &["env", "--", "--quiet", "--help"],
    );
    check(&["run", "git", "--version"], &["git", "--version"]);
}

#[test]
fn an_unknown_option_is_no_command() {
    assert_eq!(
        parse(&["run", "--quite", "true"]).unwrap_err(),
        ErrorKind::UnknownArgument
    );
    assert_eq!(parse(&["run", "--bind"]).unwrap_err(), ErrorKind::UnknownArgument);
    assert_eq!(parse(&["run"]).unwrap_err(), ErrorKind::MissingRequiredArgument);
}

#[test]
#[expect(clippy::too_many_lines, reason = "every option is named once")]
fn every_option_of_a_session_reaches_the_daemon() {
    let words = "run --preset moderate --allow-domain a.test --allow-domain b.test --block-domain c.test \
        --allow-read r --allow-write w --allow-execute x --deny-path d --with ssh-agent --socket s --nested-sandbox --debugger --non-interactive \
        --resolve api.test:443:[::1] --env NAME --env SET=a=b --project p --name n --quiet --memory 1G --cpus 1.5 \
        --pids none --timeout 90s --disk 1M -- true";
    let words: Vec<&str> = words.split_whitespace().collect();
    let options = askbox_wire::RunOptions::from(run(&words).options);
    expect![[r#"
        {
          "preset": "moderate",
          "profile": null,
          "allow_domain": [
            "a.test",
            "b.test"
          ],
          "block_domain": [
            "c.test"
          ],
          "allow_read": [
            "r"
          ],
          "allow_write": [
            "w"
          ],
          "allow_execute": [
            "x"
          ],
          "deny_path": [
            "d"
          ],
          "with": [
            "ssh_keys"
          ],
          "socket": [
            "s"
          ],
          "switches": {
            "nested_sandbox": true,
            "debugger": true
          },
          "non_interactive": true,
          "resolve": [
            {
              "host": "api.test",
              "port": 443,
              "address": "::1"
            }
          ],
          "host_port": [],
          "publish": [],
          "env": [
            {
              "name": "NAME",
              "value": null
            },
            {
              "name": "SET",
              "value": "a=b"
            }
          ],
          "project": "p",
          "name": "n",
          "limits": {
            "memory": {
              "at": {
                "bytes": 1073741824
              }
            },
            "cpus": {
              "at": 1500
            },
            "processes": "off",
            "open_files": null,
            "run_time_ms": {
              "at": 90000
            },
            "tmp": null,
            "disk": {
              "at": 1048576
            }
          },
          "network": "auto",
          "quiet": true
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&options).unwrap());
}

#[test]
fn answers_last_one_time_only() {
    for words in [
        &["allow", "7", "--once", "--session"][..],
        &["deny", "7", "--always", "--for", "1h"],
    ] {
        assert_eq!(
            parse(words).unwrap_err(),
            ErrorKind::ArgumentConflict,
            "{words:?}"
        );
    }
    assert!(
        parse(&[
            "allow",
            "7",
            "--for",
            "1h",
            "--widen",
            "--everywhere",
            "--revision",
            "2"
        ])
        .is_ok()
    );
}

#[test]
fn one_or_all_but_not_neither() {
    for command in ["revoke", "stop"] {
        assert!(parse(&[command, "--all"]).is_ok());
        assert!(parse(&[command, "a1"]).is_ok());
        assert_eq!(parse(&[command]).unwrap_err(), ErrorKind::MissingRequiredArgument);
        assert_eq!(
            parse(&[command, "a1", "--all"]).unwrap_err(),
            ErrorKind::ArgumentConflict
        );
    }
}

#[test]
fn resuming_takes_a_session_or_none() {
    let resume = |words: &[&str]| match parse(words) {
        Ok(Command::Questions(arguments)) => arguments.resume,
        other => panic!("{other:?}"),
    };
    assert_eq!(resume(&["questions"]), None);
    assert_eq!(
        resume(&["questions", "--resume", "--json"]),
        Some(EVERY_SESSION.into())
    );
    assert_eq!(resume(&["questions", "--resume"]), Some(EVERY_SESSION.into()));
    assert_eq!(resume(&["questions", "--resume", "a1"]), Some("a1".into()));
}
