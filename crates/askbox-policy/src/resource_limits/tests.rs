use super::*;

#[test]
fn sizes_are_numbers_with_units() {
    for (text, expected) in [
        ("1M", Some(1 << 20)),
        ("1MB", Some(1 << 20)),
        ("1.5GiB", Some(3 << 29)),
        ("2097152", Some(2 << 20)),
        ("1023K", None),
        ("0", None),
        ("-1G", None),
        ("1.G", None),
        ("1.2345G", None),
        ("1X", None),
        ("1 G", None),
        ("99999999999T", None),
        ("", None),
    ] {
        assert_eq!(size(text).ok(), expected.map(Bound::At), "{text}");
    }
    assert_eq!(size("none"), Ok(Bound::Off));
}

#[test]
fn memory_may_be_a_part_of_the_machines() {
    assert_eq!(memory("50%"), Ok(Bound::At(Memory::Percent(50))));
    assert_eq!(memory("64M"), Ok(Bound::At(Memory::Bytes(64 << 20))));
    for text in ["0%", "101%", "1M", "%", "half"] {
        assert!(memory(text).is_err(), "{text}");
    }
    let choices = LimitChoices {
        memory: Some(Bound::At(Memory::Percent(50))),
        ..LimitChoices::default()
    };
    assert_eq!(choices.on_machine(1000).memory_bytes, Some(500));
}

#[test]
fn numbers_and_times_have_ranges() {
    assert_eq!(cpus("1.5"), Ok(Bound::At(1500)));
    assert_eq!(cpus("0.01"), Ok(Bound::At(10)));
    assert!(cpus("0").is_err() && cpus("5000").is_err());
    assert_eq!(processes("16"), Ok(Bound::At(16)));
    assert!(processes("0").is_err() && processes("5000000").is_err());
    assert_eq!(open_files("1024"), Ok(Bound::At(1024)));
    assert!(open_files("3").is_err());
    assert_eq!(run_time("1m 30s"), Ok(Bound::At(90_000)));
    assert!(run_time("10ms").is_err() && run_time("soon").is_err());
}

#[test]
fn a_flag_goes_before_a_file_before_the_preset_and_others_only_tighten() {
    let processes = |count| LimitChoices {
        processes: Some(count),
        ..LimitChoices::default()
    };
    let none = LimitChoices::default;
    let preset = Preset::Minimal.limits().processes.and_then(Bound::value);
    for (flags, user, managed, project, expected) in [
        (none(), none(), none(), none(), preset),
        (none(), processes(Bound::At(9)), none(), none(), Some(9)),
        (none(), processes(Bound::Off), none(), none(), None),
        (
            processes(Bound::At(5)),
            processes(Bound::At(9)),
            none(),
            none(),
            Some(5),
        ),
        (
            processes(Bound::At(12)),
            none(),
            processes(Bound::At(9)),
            none(),
            Some(9),
        ),
        (
            processes(Bound::Off),
            none(),
            processes(Bound::At(9)),
            none(),
            Some(9),
        ),
        (
            processes(Bound::At(5)),
            none(),
            none(),
            processes(Bound::At(9)),
            Some(5),
        ),
        (
            processes(Bound::At(5)),
            none(),
            none(),
            processes(Bound::At(2)),
            Some(2),
        ),
        (
            none(),
            processes(Bound::At(5)),
            none(),
            processes(Bound::Off),
            Some(5),
        ),
    ] {
        let sources = LimitSources {
            flags,
            user,
            managed,
            project,
        };
        let told = format!("{sources:?}");
        assert_eq!(
            in_force(sources, Preset::Minimal, 0).processes,
            expected,
            "{told}"
        );
    }
}

#[test]
fn nothing_said_leaves_tmp_as_it_was() {
    let limits = in_force(LimitSources::default(), Preset::Minimal, 1 << 34);
    assert_eq!(limits.tmp_bytes, 2 << 30);
    let project = LimitChoices {
        tmp: Some(Bound::At(1 << 20)),
        ..LimitChoices::default()
    };
    let sources = LimitSources {
        project,
        ..LimitSources::default()
    };
    assert_eq!(in_force(sources, Preset::Minimal, 1 << 34).tmp_bytes, 1 << 20);
}

#[test]
fn every_preset_bounds_memory_and_processes_and_no_preset_bounds_time() {
    for preset in Preset::ALL {
        let limits = preset.limits().on_machine(1 << 34);
        assert!(
            limits.memory_bytes.is_some() && limits.processes.is_some(),
            "{preset}"
        );
        assert_eq!(limits.run_time_ms, None, "{preset}");
        assert_eq!(limits.cpus_thousandths, None, "{preset}");
    }
}

#[test]
fn sizes_are_shown_short() {
    for (bytes, shown) in [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1 KiB"),
        (3 << 29, "1.5 GiB"),
        (64 << 20, "64 MiB"),
    ] {
        assert_eq!(Size(bytes).to_string(), shown);
    }
}

#[test]
fn what_was_hit_says_how_to_allow_more() {
    let limits = LimitChoices {
        memory: Some(Bound::At(Memory::Bytes(64 << 20))),
        ..LimitChoices::default()
    };
    let told = Resource::Memory.told(&limits.on_machine(0));
    assert_eq!(
        told,
        "it used more than its 64 MiB of memory; allow more with --memory SIZE, or `memory` in [limits] of policy.toml"
    );
}

#[test]
fn a_file_that_sets_no_limit_to_tmp_tightens_none() {
    let tmp = |tmp| LimitChoices {
        tmp: Some(tmp),
        ..LimitChoices::default()
    };
    for (other, expected) in [(Bound::Off, 20 << 30), (Bound::At(1 << 20), 1 << 20)] {
        let held = |managed, project| {
            let sources = LimitSources {
                flags: LimitChoices::default(),
                user: tmp(Bound::At(20 << 30)),
                managed,
                project,
            };
            in_force(sources, Preset::Minimal, 1 << 30).tmp_bytes
        };
        assert_eq!(held(tmp(other), LimitChoices::default()), expected);
        assert_eq!(held(LimitChoices::default(), tmp(other)), expected);
    }
}
