use super::*;

fn check(text: &str, expected: &[(&str, &str, &str)]) {
    let variables = parse(text.as_bytes());
    let found: Vec<_> = variables
        .iter()
        .map(|variable| {
            let value = variable.value.to_str().unwrap();
            (variable.section.as_str(), variable.key.as_str(), value)
        })
        .collect();
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn sections_and_keys_have_no_case() {
    check("[Core]\n\tHooksPath = a\n", &[("core", "hookspath", "a")]);
    check("[core] worktree = a", &[("core", "worktree", "a")]);
    check(
        "\u{feff}[core]\r\nbare\r\nx=1\r\n",
        &[("core", "bare", ""), ("core", "x", "1")],
    );
}

#[test]
fn a_subsection_may_hold_anything() {
    check(
        "[filter \"a ] \\\" # b\"]\nclean = c\n",
        &[("filter", "clean", "c")],
    );
    check(
        "[includeIf \"gitdir:~/x/\"]\npath = c\n",
        &[("includeif", "path", "c")],
    );
    check("[diff.old]\ncommand = c\n", &[("diff", "command", "c")]);
}

#[test]
fn values_lose_quotes_escapes_and_comments() {
    check("[a]\nk = b c  # d\n", &[("a", "k", "b c")]);
    check("[a]\nk = \"b # c \" ; d\n", &[("a", "k", "b # c ")]);
    check(
        "[a]\nk = b\\\n  c\nl = d\n",
        &[("a", "k", "b  c"), ("a", "l", "d")],
    );
    check("[a]\nk = b\\\r\nc\n", &[("a", "k", "bc")]);
    check("[a]\nk = \"\\\\ \\t \\\" x\"\n", &[("a", "k", "\\ \t \" x")]);
    check("[a]\nk = \"b\" c\n", &[("a", "k", "b c")]);
}

#[test]
fn comments_and_broken_lines_hide_nothing_that_follows() {
    check("# [a]\n; k = x\n[b] # c\nk = v\n", &[("b", "k", "v")]);
    check(
        "[b\nk = v\n=\n\0\n[c]\nl = w",
        &[("b", "k", "v"), ("c", "l", "w")],
    );
    check("", &[]);
    check("[", &[]);
    check("[a]\nk = \\", &[("a", "k", "")]);
}

#[test]
fn git_reads_the_same() {
    let text = "[core]\n\thooksPath = \"a b\" # c\n[alias]\n x = \"!f() { echo \\\"x\\\"; }; f\" ; d\n[diff \"y\"] textconv = z\\\n w\n";
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    std::fs::write(&file, text).unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "git itself is what this is compared with"
    )]
    let git = std::process::Command::new("git")
        .args(["config", "--list", "--null", "--file"])
        .arg(&file)
        .output()
        .unwrap();
    let listed = String::from_utf8(git.stdout).unwrap();
    let values: Vec<&str> = listed
        .split_terminator('\0')
        .map(|line| line.split_once('\n').unwrap().1)
        .collect();
    let ours: Vec<String> = parse(text.as_bytes())
        .into_iter()
        .map(|variable| variable.value.into_string().unwrap())
        .collect();
    assert_eq!(ours, values);
}
