//! What a program is told of, what it gets, and the ways round that are none.

use proptest::prelude::*;

use super::super::interfaces::OFFERED;
use super::super::message::next;
use super::super::message::tests::{bind, get_registry, global, message, number};
use super::*;

const HIDDEN: &str = "weston_screenshooter";

fn said(wall: &mut Wall, bytes: &[u8]) -> Result<Vec<u8>, Violation> {
    let (message, _) = next(bytes).unwrap().unwrap();
    wall.request(message).map(|passed| passed.as_ref().to_owned())
}

/// What the program hears of it.
fn heard(wall: &mut Wall, bytes: &[u8]) -> Result<Option<Vec<u8>>, Violation> {
    let (message, _) = next(bytes).unwrap().unwrap();
    let passed = wall.event(message)?;
    Ok(passed.map(|passed| passed.as_ref().to_owned()))
}

/// A connection with the registry 2, which was told of these.
fn told_of(globals: &[(u32, &str, u32)]) -> Wall {
    let mut wall = Wall::default();
    said(&mut wall, &get_registry(2)).unwrap();
    for (name, interface, version) in globals {
        drop(heard(&mut wall, &global(2, *name, interface, *version)).unwrap());
    }
    wall
}

fn hidden() -> Violation {
    Violation::Hidden(HIDDEN.to_owned())
}

#[test]
fn a_program_hears_of_what_is_offered_and_of_nothing_else() {
    let mut wall = told_of(&[]);
    for (interface, is_told) in [
        ("wl_compositor", true),
        ("xdg_wm_base", true),
        (HIDDEN, false),
        ("zwlr_screencopy_manager_v1", false),
        ("ext_image_copy_capture_manager_v1", false),
        ("zwp_virtual_keyboard_manager_v1", false),
        ("zwlr_virtual_pointer_manager_v1", false),
        ("zwp_input_method_manager_v2", false),
        ("zwlr_layer_shell_v1", false),
        ("ext_session_lock_manager_v1", false),
        ("zwlr_foreign_toplevel_manager_v1", false),
        ("zwlr_data_control_manager_v1", false),
        ("ext_data_control_manager_v1", false),
        ("zwlr_output_manager_v1", false),
        ("zwlr_gamma_control_manager_v1", false),
        ("hyprland_global_shortcuts_manager_v1", false),
        ("wp_security_context_manager_v1", false),
        ("wl_fixes", false),
        ("wl_registry", false),
        ("", false),
        ("wl_compositor2", false),
        ("WL_COMPOSITOR", false),
    ] {
        let told = global(2, 5, interface, 1);
        let expected = is_told.then(|| told.clone());
        assert_eq!(heard(&mut wall, &told), Ok(expected), "{interface}");
        let bound = said(&mut wall, &bind(2, 5, interface, 1));
        assert_eq!(bound.is_ok(), is_told, "{interface}");
        let gone = message(2, 1, &[&number(5)]);
        let expected = is_told.then(|| gone.clone());
        assert_eq!(heard(&mut wall, &gone), Ok(expected), "{interface}");
    }
}

#[test]
fn a_newer_version_than_was_looked_at_is_not_offered() {
    let mut wall = told_of(&[]);
    assert_eq!(
        heard(&mut wall, &global(2, 5, "wl_shm", 77)),
        Ok(Some(global(2, 5, "wl_shm", 2)))
    );
    for (version, passes) in [(0, false), (1, true), (2, true), (3, false), (77, false)] {
        let bound = said(&mut wall, &bind(2, 5, "wl_shm", version));
        assert_eq!(bound.is_ok(), passes, "{version}");
    }
}

#[test]
fn what_was_not_announced_is_not_bound_by_any_name() {
    let mut wall = told_of(&[(1, "wl_shm", 1), (2, HIDDEN, 1), (3, "wl_seat", 5)]);
    assert_eq!(said(&mut wall, &bind(2, 2, HIDDEN, 1)), Err(hidden()));
    // By the number of something that is offered.
    assert_eq!(said(&mut wall, &bind(2, 1, HIDDEN, 1)), Err(hidden()));
    for (name, interface) in [(2, "wl_shm"), (3, "wl_shm"), (4, "wl_shm"), (u32::MAX, "wl_shm")] {
        assert_eq!(
            said(&mut wall, &bind(2, name, interface, 1)),
            Err(Violation::Unannounced(interface.to_owned())),
            "{name}"
        );
    }
    assert!(said(&mut wall, &bind(2, 1, "wl_shm", 1)).is_ok());
}

#[test]
fn a_number_that_becomes_anothers_is_no_longer_what_it_was() {
    let mut wall = told_of(&[(1, "wl_output", 3)]);
    let gone = message(2, 1, &[&number(1)]);
    assert_eq!(heard(&mut wall, &gone), Ok(Some(gone.clone())));
    // A program that has not heard of it yet.
    assert!(said(&mut wall, &bind(2, 1, "wl_output", 3)).is_ok());
    assert_eq!(heard(&mut wall, &global(2, 1, HIDDEN, 1)), Ok(None));
    assert!(said(&mut wall, &bind(2, 1, "wl_output", 3)).is_err());
    assert_eq!(said(&mut wall, &bind(2, 1, HIDDEN, 1)), Err(hidden()));
    assert_eq!(heard(&mut wall, &gone), Ok(None));
}

#[test]
fn every_registry_is_watched_and_stays_one() {
    let mut wall = told_of(&[(1, "wl_shm", 1)]);
    for registry in [3, 0xfeff_ffff] {
        said(&mut wall, &get_registry(registry)).unwrap();
        assert_eq!(heard(&mut wall, &global(registry, 2, HIDDEN, 1)), Ok(None));
        assert_eq!(said(&mut wall, &bind(registry, 2, HIDDEN, 1)), Err(hidden()));
        assert!(said(&mut wall, &bind(registry, 1, "wl_shm", 1)).is_ok());
    }
    // Before it is one, what is said of the object is another object's.
    assert!(said(&mut wall, &message(4, 0, &[])).is_ok());
    said(&mut wall, &get_registry(4)).unwrap();
    assert!(said(&mut wall, &message(4, 0, &[])).is_err());
    for id in [0, 1, 2, 3, 0xff00_0000, u32::MAX] {
        assert_eq!(
            said(&mut wall, &get_registry(id)),
            Err(Violation::Object(id)),
            "{id}"
        );
    }
    // Nor may its id come to be another object.
    assert_eq!(
        heard(&mut wall, &message(1, 1, &[&number(3)])),
        Err(Violation::Object(3))
    );
    let other = message(1, 1, &[&number(5)]);
    assert_eq!(heard(&mut wall, &other), Ok(Some(other.clone())));
}

#[test]
fn what_the_display_and_registries_cannot_do_is_refused() {
    for (object, opcode, is_known) in [(1, 0, true), (1, 2, false), (2, 1, false), (3, 7, true)] {
        let mut wall = told_of(&[]);
        let unknown = said(&mut wall, &message(object, opcode, &[&number(9)]));
        assert_eq!(unknown.is_ok(), is_known, "{object} {opcode}");
    }
    for (object, opcode, is_known) in [(1, 0, true), (1, 2, false), (2, 2, false), (3, 7, true)] {
        let mut wall = told_of(&[]);
        let unknown = heard(&mut wall, &message(object, opcode, &[&number(9)]));
        assert_eq!(unknown.is_ok(), is_known, "{object} {opcode}");
    }
    for (object, opcode) in [(1, 1), (2, 0)] {
        let mut wall = told_of(&[]);
        let cut = said(&mut wall, &message(object, opcode, &[]));
        assert_eq!(cut, Err(Malformed::Arguments.into()), "{object} {opcode}");
    }
}

#[test]
fn what_one_connection_makes_us_keep_is_bounded() {
    let mut wall = Wall::default();
    let most = u32::try_from(WAYLAND_REGISTRIES).unwrap();
    for id in 2..2 + most {
        said(&mut wall, &get_registry(id)).unwrap();
    }
    assert_eq!(
        said(&mut wall, &get_registry(2 + most)),
        Err(Violation::Registries)
    );
    let most = u32::try_from(WAYLAND_GLOBALS).unwrap();
    for name in 0..most {
        heard(&mut wall, &global(2, name, "wl_output", 1)).unwrap();
    }
    assert_eq!(heard(&mut wall, &global(2, most, HIDDEN, 1)), Ok(None));
    assert_eq!(
        heard(&mut wall, &global(2, most, "wl_output", 1)),
        Err(Violation::Globals)
    );
}

#[test]
fn what_a_program_says_is_told_harmlessly() {
    let mut wall = told_of(&[]);
    let long = format!("x\u{1b}[31m{}", "y".repeat(2000));
    let Err(violation) = said(&mut wall, &bind(2, 1, &long, 1)) else {
        panic!("it passed");
    };
    let told = violation.to_string();
    assert!(!told.contains('\u{1b}') && told.len() < 200, "{told}");
}

#[test]
fn every_line_of_the_data_says_why_and_stands_alone() {
    for (interface, version, reason) in OFFERED {
        assert!(0 < *version && !reason.is_empty(), "{interface}");
        let lines = OFFERED.iter().filter(|(other, ..)| other == interface);
        assert_eq!(lines.count(), 1, "{interface}");
        // What would let a program past the wall, or end a registry.
        for word in [
            "registry",
            "fixes",
            "security_context",
            "virtual",
            "capture",
            "copy",
            "layer",
        ] {
            assert!(!interface.contains(word), "{interface}");
        }
    }
}

/// What one side says: true is the program.
fn anything() -> impl Strategy<Value = Vec<(bool, Vec<u8>)>> {
    let interface = prop_oneof![Just("wl_shm"), Just("wl_seat"), Just(HIDDEN), Just("wl_fixes")];
    let (id, name) = (0..6_u32, 0..4_u32);
    let one = (any::<bool>(), 0..5, id, name, interface, 0..4_u32);
    let one = one.prop_map(|(is_program, kind, id, name, interface, version)| {
        let bytes = match kind {
            0 => get_registry(id),
            1 if is_program => bind(id, name, interface, version),
            1 | 2 => global(id, name, interface, version),
            3 => message(id, 1, &[&number(name)]),
            _ => message(id, 0, &[]),
        };
        (is_program, bytes)
    });
    proptest::collection::vec(one, 0..60)
}

proptest! {
    /// Against a model that remembers every registry that was ever asked for, and nothing else.
    #[test]
    fn nothing_hidden_passes_in_any_order(talk in anything()) {
        let mut wall = Wall::default();
        let mut asked_for = HashSet::new();
        for (is_program, bytes) in talk {
            let (object, opcode) = next(&bytes).unwrap().map(|(message, _)| (message.object, message.opcode)).unwrap();
            let passed = if is_program {
                said(&mut wall, &bytes).map(Some)
            } else {
                heard(&mut wall, &bytes)
            };
            let Ok(passed) = passed else { break };
            let is_of_registry = asked_for.contains(&object) && opcode == 0;
            if let Some(passed) = passed.filter(|_| is_of_registry) {
                let (message, _) = next(&passed).unwrap().unwrap();
                let what = if is_program { message.bind() } else { message.global() };
                let what = what.unwrap();
                let (_, newest, _) = interfaces::offered(what.interface).unwrap();
                prop_assert!(what.version <= *newest);
            }
            if is_program && (object, opcode) == (1, 1) {
                let (message, _) = next(&bytes).unwrap().unwrap();
                asked_for.insert(message.number().unwrap());
            }
        }
    }
}
