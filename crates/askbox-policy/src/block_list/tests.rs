use std::collections::HashSet;

use proptest::prelude::*;

use super::BlockList;
use crate::host::HostName;

fn name(text: &str) -> HostName {
    HostName::parse(text).expect("a name")
}

fn check(text: &str, names: usize, bad_lines: usize, blocked: &[&str], free: &[&str]) {
    let list = BlockList::parse("ads", text);
    assert_eq!((list.len(), list.bad_lines()), (names, bad_lines), "{text:?}");
    for host in blocked {
        assert!(
            list.lookup(&name(host)).is_some(),
            "{host} is blocked by {text:?}"
        );
    }
    for host in free {
        assert_eq!(list.lookup(&name(host)), None, "{host} is free with {text:?}");
    }
}

#[test]
fn a_blocked_name_blocks_itself_and_everything_below() {
    check(
        "ads.test\nx.tracker.test\n",
        2,
        0,
        &[
            "ads.test",
            "ADS.test.",
            "a.b.ads.test",
            "x.tracker.test",
            "a.x.tracker.test",
        ],
        &[
            "test",
            "badads.test",
            "ads.test.evil.test",
            "tracker.test",
            "y.tracker.test",
            "s.test",
        ],
    );
}

#[test]
fn hosts_files_and_plain_names_are_read() {
    check(
        "0.0.0.0 a.test\n127.0.0.1\tb.test c.test\n::1 d.test\n:: e.test",
        5,
        0,
        &["a.test", "b.test", "c.test", "d.test", "e.test"],
        &[],
    );
    check(
        "\u{feff}a.test\r\n  b.test  \r\n\r\n",
        2,
        0,
        &["a.test", "b.test"],
        &[],
    );
    check(
        "# a.test\n! b.test\n  # c.test\nd.test # e.test\n0.0.0.0 f.test#g.test\n",
        2,
        0,
        &["d.test", "f.test"],
        &["a.test", "b.test", "e.test"],
    );
    check("A.test\na.TEST.\n0.0.0.0 a.test\n", 1, 0, &["a.test"], &[]);
    check("münchen.test", 1, 0, &["xn--mnchen-3ya.test"], &[]);
    check("", 0, 0, &[], &["a.test", "localhost"]);
}

#[test]
fn bad_lines_are_counted_and_the_rest_is_read() {
    check(
        "a.test b.test\n||c.test^\n0.0.0.0\n0.0.0.0 0.0.0.0\n192.0.2.1 d.test\n*.e.test\nok.test\n",
        1,
        6,
        &["ok.test"],
        &["a.test", "d.test"],
    );
    check("0.0.0.0 a.test b/c d.test\n", 2, 1, &["a.test", "d.test"], &[]);
}

#[test]
fn the_computers_own_names_are_never_blocked() {
    check(
        "127.0.0.1 localhost local\n::1 ip6-localhost\n0.0.0.0 a.local\n",
        1,
        0,
        &["a.local"],
        &["localhost", "local", "printer.local"],
    );
}

#[test]
fn the_name_that_blocks_is_told() {
    let list = BlockList::parse("ads", "ads.test\nb.ads.test\n");
    assert_eq!(list.lookup(&name("c.b.ads.test")), Some("ads.test"));
    assert_eq!((list.name(), list.is_empty()), ("ads", false));
}

#[test]
fn a_million_names_take_ten_megabytes_at_most() {
    // A quarter of each, so that the test is quick.
    let name_of = |number: u32| format!("n{number}.tracker{}.test", number % 1000);
    let lines: Vec<String> = (0..250_000)
        .map(|number| format!("0.0.0.0 {}", name_of(number)))
        .collect();
    let text = lines.join("\n");
    let list = BlockList::parse("big", &text);
    assert_eq!((list.len(), list.bad_lines()), (250_000, 0));
    assert!(list.heap_bytes() <= 2_500_000, "{} bytes", list.heap_bytes());
    for number in (0..250_000).step_by(97) {
        assert!(
            list.lookup(&name(&format!("www.{}", name_of(number)))).is_some(),
            "{number}"
        );
        assert!(
            list.lookup(&name(&format!("x{}", name_of(number)))).is_none(),
            "{number}"
        );
    }
}

proptest! {
    #[test]
    fn a_list_agrees_with_a_set_of_names(
        names in proptest::collection::vec("[ab](\\.[ab]){0,4}", 0..30),
        hosts in proptest::collection::vec("[ab](\\.[ab]){0,6}", 1..30),
    ) {
        let list = BlockList::parse("list", &names.join("\n"));
        let set: HashSet<&str> = names.iter().map(String::as_str).collect();
        prop_assert_eq!(list.len(), set.len());
        for host in &hosts {
            let labels: Vec<&str> = host.split('.').collect();
            let blocked = (0..labels.len()).any(|from| set.contains(labels.iter().skip(from).copied().collect::<Vec<_>>().join(".").as_str()));
            prop_assert_eq!(list.lookup(&name(host)).is_some(), blocked);
        }
    }

    #[test]
    fn no_text_is_too_odd(text in "(?s).{0,200}") {
        BlockList::parse("list", &text);
    }
}
