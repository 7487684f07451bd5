use super::*;
use crate::git::config::parse;

fn check(text: &str, expected: &[Named]) {
    let places = Places {
        work_tree: Path::new("/p"),
        directory: Path::new("/p/.git"),
        home: Path::new("/home/ada"),
    };
    let named: Vec<Named> = parse(text.as_bytes())
        .iter()
        .flat_map(|variable| by(variable, places))
        .collect();
    assert_eq!(named, expected, "{text}");
}

fn word(path: &str) -> Named {
    Named::Word(path.into())
}

#[test]
fn directories_of_hooks_are_named_from_the_work_tree() {
    check(
        "[core] hooksPath = .hooks",
        &[Named::Directory("/p/.hooks".into())],
    );
    check(
        "[core] hooksPath = ~/h",
        &[Named::Directory("/home/ada/h".into())],
    );
    check("[core] hooksPath = /x", &[Named::Directory("/x".into())]);
    check("[core] hooksPath", &[]);
}

#[test]
fn includes_are_named_from_their_file() {
    let include = [Named::Include("/p/.git/../.gitconfig".into())];
    check("[include] path = ../.gitconfig", &include);
    check("[includeIf \"onbranch:x\"] path = ../.gitconfig", &include);
}

#[test]
fn words_of_commands_may_be_files() {
    check(
        "[filter \"x\"] clean = \"python3 tools/clean.py --as='a b' %f\"",
        &[
            word("/p/tools/clean.py"),
            word("/p/--as"),
            word("/p/a"),
            word("/p/b"),
            word("/p/%f"),
        ],
    );
    check("[core] fsmonitor = ./watch", &[word("/p/./watch")]);
    check("[core] fsmonitor = true", &[]);
    check("[core] editor = vim", &[]);
}

#[test]
fn what_starts_with_an_exclamation_mark_is_a_command() {
    check(
        "[alias] x = log\n[submodule \"y\"] update = merge\n[credential] helper = cache --timeout 5",
        &[],
    );
    check("[alias] x = !./run now", &[word("/p/./run"), word("/p/now")]);
    check("[credential \"z\"] helper = /p/h", &[word("/p/h")]);
}

#[test]
fn what_a_shell_makes_of_the_beginning_of_a_word_is_known() {
    check(
        "[alias] x = \"!$PWD/a && ${HOME}/b && $(git rev-parse --show-toplevel)/t/p\"",
        &[
            word("/p/a"),
            word("/home/ada/b"),
            word("/p/$(git"),
            word("/p/rev-parse"),
            word("/p/t/p"),
        ],
    );
}

#[test]
fn what_runs_nothing_is_left_alone() {
    check(
        "[core] attributesFile = a\n worktree = ../b\n[remote \"o\"] url = ./c\n fetch = d/e\n[user] name = f",
        &[],
    );
}
