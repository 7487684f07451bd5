//! Standard streams on files behave inside as they do outside, though a pipe stands for each.

use askbox_tests::{Finished, Machine, Running, World};

/// Runs a script on the host in the project; `$ASKBOX` is the program.
fn script(world: &World, script: &str) -> Finished {
    Running::start(world.host_script(script)).finish()
}

fn check(script_text: &str, expected: &str) {
    let world = World::new();
    let finished = script(&world, script_text);
    assert_eq!(finished.succeeded().stdout, expected, "{finished:#?}");
}

#[test]
fn a_file_is_read_to_its_end() {
    check(
        "printf 'one\\ntwo' > ../in; \"$ASKBOX\" run -- cat < ../in",
        "one\ntwo",
    );
    check(": > ../in; \"$ASKBOX\" run -- cat < ../in", "");
}

#[test]
fn a_deleted_file_is_read_as_any_other() {
    check(
        "echo words > ../in; exec 3< ../in; rm ../in; \"$ASKBOX\" run -- cat <&3",
        "words\n",
    );
}

#[test]
fn files_of_the_kernel_are_read_too() {
    check(
        "\"$ASKBOX\" run -- grep -c ^processor < /proc/self/status; true",
        "0\n",
    );
}

#[test]
fn a_file_is_written_from_its_beginning_or_its_end() {
    check(
        "echo old > ../out; \"$ASKBOX\" run -- echo new > ../out; \"$ASKBOX\" run -- echo more >> ../out; cat ../out",
        "new\nmore\n",
    );
}

#[test]
fn what_goes_to_one_file_keeps_its_order() {
    let inside = "for n in 1 2 3; do echo out $n; echo err $n >&2; done";
    let expected = "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n";
    check(
        &format!("\"$ASKBOX\" run -- sh -c '{inside}' > ../log 2>&1; cat ../log"),
        expected,
    );
    check(
        &format!("\"$ASKBOX\" run -- sh -c '{inside}' >> ../log 2>> ../log; cat ../log"),
        expected,
    );
    check(
        &format!("\"$ASKBOX\" run --quiet -- sh -c '{inside}' > ../out 2> ../err; cat ../err ../out"),
        "err 1\nerr 2\nerr 3\nout 1\nout 2\nout 3\n",
    );
}

#[test]
fn sixty_four_mebibytes_arrive_whole_in_both_directions() {
    check(
        "head -c 67108865 /dev/urandom > ../in; \"$ASKBOX\" run -- cat < ../in > ../out; cmp ../in ../out && echo same; \
         [ \"$(\"$ASKBOX\" run -- sha256sum < ../in)\" = \"$(sha256sum < ../in)\" ] && echo same",
        "same\nsame\n",
    );
}

#[test]
fn what_a_command_does_not_read_is_left_for_the_next() {
    check(
        "seq 100000 > ../in; { \"$ASKBOX\" run -- sh -c 'read -r line; echo \"$line\"'; head -1; } < ../in",
        "1\n2\n",
    );
    check(
        "seq 3 > ../list; while read -r line; do \"$ASKBOX\" run -- echo \"$line\"; done < ../list",
        "1\n2\n3\n",
    );
}

#[test]
fn a_command_that_ends_early_or_closes_its_streams_is_not_waited_for() {
    check(
        "seq 1000000 > ../in; \"$ASKBOX\" run -- sh -c 'exec <&- >&-; exit 3' < ../in > ../out; echo $?; cat ../out",
        "3\n",
    );
}

#[test]
fn one_file_is_read_and_written_by_turns() {
    check(
        "echo first > ../both; \"$ASKBOX\" run -- sh -c 'cat; echo second >&0' <> ../both; cat ../both",
        "first\nfirst\n",
    );
}

#[test]
fn a_full_disk_is_heard_of_inside_and_outside() {
    Machine::prepared("mount -t tmpfs -o size=64k,mode=0777 tmpfs /mnt", |_| {
        let world = World::new();
        let write = |bytes: u32, after: &str| {
            script(
                &world,
                &format!("\"$ASKBOX\" run -- sh -c 'head -c {bytes} /dev/zero; {after}' > /mnt/out; echo $?"),
            )
        };
        assert_eq!(write(1000, "exit 0").stdout, "0\n");
        let lost = write(10_000_000, "exit 0");
        assert_eq!(lost.stdout, "125\n", "{lost:#?}");
        let reason = "cannot write standard output: No space left on device";
        assert!(lost.stderr.contains(reason), "{lost:#?}");
        let failed = write(10_000_000, "exit $?");
        assert_eq!(failed.stdout, "141\n", "{failed:#?}");
        assert!(failed.stderr.contains(reason), "{failed:#?}");
    });
}

#[test]
fn a_file_that_may_not_grow_is_no_end_of_the_client() {
    let world = World::new();
    world.sh(&[], "true").succeeded();
    let limited = |bytes: u32| {
        let text = format!("ulimit -f 8; \"$ASKBOX\" run -- head -c {bytes} /dev/zero > ../out; echo $?");
        script(&world, &text)
    };
    assert_eq!(limited(8192).stdout, "0\n");
    let refused = limited(1_000_000);
    assert_eq!(refused.stdout, "141\n", "{refused:#?}");
    assert!(
        refused
            .stderr
            .contains("cannot write standard output: File too large"),
        "{refused:#?}"
    );
}
