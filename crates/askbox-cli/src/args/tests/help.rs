//! The help of every command, word for word, in a text file each.

use clap::CommandFactory;
use expect_test::expect_file;

use crate::args::Arguments;

/// Every command that has a help of its own.
const COMMANDS: [&str; 35] = [
    "askbox",
    "run",
    "shell",
    "profiles",
    "questions",
    "allow",
    "deny",
    "pause",
    "lockdown",
    "rules",
    "rules add",
    "rules export",
    "rules import",
    "settings",
    "settings set",
    "proxy-login",
    "revoke",
    "trust",
    "sessions",
    "processes",
    "ports",
    "ports add",
    "ports remove",
    "stop",
    "thaw",
    "open",
    "review",
    "log",
    "log verify",
    "log export",
    "status",
    "daemon",
    "doctor",
    "completions",
    "man",
];

/// The help of a command, at 80 columns and without colour.
fn help(name: &str) -> String {
    let mut command = Arguments::command();
    command.build();
    let words = name.split(' ').filter(|word| *word != "askbox");
    let found = words.fold(&mut command, |command, word| {
        command.find_subcommand_mut(word).unwrap()
    });
    let text = found.clone().term_width(80).render_long_help().to_string();
    // Editors take spaces at the end of a line away.
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

#[test]
fn help_reads_like_this() {
    for name in COMMANDS {
        let file = format!("help/{}.txt", name.replace(' ', "_"));
        expect_file![file].assert_eq(&help(name));
    }
}

#[test]
fn no_help_is_wider_than_eighty_columns() {
    for name in COMMANDS {
        for line in help(name).lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
}

#[test]
fn every_command_is_in_the_list() {
    let command = Arguments::command();
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    for command in shown {
        assert!(COMMANDS.contains(&command.get_name()), "{}", command.get_name());
    }
}
