//! What a session that has some services of the user's session bus can do there: nothing else, and it learns of nothing else
//! (threat 46).

use std::os::unix::fs::PermissionsExt;

use askbox_tests::desktop::{Bus, Service};
use askbox_tests::{Running, World};

const NAMED: &str = "org.example.Named";
const OTHER: &str = "org.example.Other";
const FLAG: [&str; 3] = ["--non-interactive", "--with", "dbus org.example.Named"];

/// Calls the bus itself, by the path at which it answers everything.
fn ask_bus(call: &str) -> String {
    format!(
        "dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.{call}"
    )
}

/// Says what a program says first, as one that wants descriptors by this line, and prints the last word of what it hears.
fn descriptors(line: &str) -> String {
    DESCRIPTORS.replace("LINE", line)
}

/// See [`descriptors`].
const DESCRIPTORS: &str = r#"exec /usr/bin/python3 -c '
import os, socket
c = socket.socket(socket.AF_UNIX); c.connect(os.environ["DBUS_SESSION_BUS_ADDRESS"].split("=")[1])
c.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\nLINE\r\n")
heard = b""
c.settimeout(20)
while heard.count(b"\n") < 2:
    part = c.recv(100); assert part, heard
    heard += part
print(heard.split(b"\n")[1].split()[0].decode())'"#;

#[test]
fn threat_46_a_service_that_was_not_named_is_neither_reached_nor_listed() {
    let world = World::new();
    let bus = Bus::start(&world);
    let (named, other) = (Service::start(&bus, NAMED), Service::start(&bus, OTHER));
    let inside = |script: &str| bus.sh(&world, &FLAG, script);
    let outside = |script: &str| Running::start(bus.of(world.host_script(script))).finish();
    let (unique, quoted) = (other.unique_name(), format!("\"{}\"", other.unique_name()));
    for attack in [
        Service::call(OTHER),
        Service::call(&unique),
        ask_bus(&format!("GetNameOwner string:{OTHER}")),
        ask_bus(&format!("GetConnectionUnixProcessID string:{unique}")),
    ] {
        let failed = inside(&attack);
        assert!(failed.failed().stderr.contains("Error"), "{attack}: {failed:#?}");
        outside(&attack).succeeded();
    }
    assert_eq!(other.calls(), 2);
    let list = ask_bus("ListNames");
    let all = outside(&list).succeeded().stdout.clone();
    assert!(
        all.contains(NAMED) && all.contains(OTHER) && all.contains(&quoted),
        "{all}"
    );
    let seen = inside(&list).succeeded().stdout.clone();
    assert!(
        seen.contains(NAMED) && !seen.contains(OTHER) && !seen.contains(&quoted),
        "{seen}"
    );
    // Whose name it is the proxy learns while the connection is made, and refuses calls that come before.
    let twin = inside(&format!(
        "{} && for n in $(seq 100); do {} 2>/dev/null && exit; done; exit 1",
        Service::call(NAMED),
        Service::call(&named.unique_name())
    ));
    assert_eq!(twin.succeeded().stdout, Service::HEARD.repeat(2), "{twin:#?}");
}

#[test]
fn threat_46_nobody_listens_to_others_or_takes_a_name() {
    let world = World::new();
    let bus = Bus::start(&world);
    let _named = Service::start(&bus, NAMED);
    for attack in [
        ask_bus("Monitoring.BecomeMonitor array:string: uint32:0"),
        ask_bus("AddMatch string:eavesdrop=true"),
        ask_bus("RequestName string:org.example.Free uint32:4"),
        ask_bus("UpdateActivationEnvironment dict:string:string:PATH,/tmp"),
    ] {
        bus.sh(&world, &FLAG, &attack).failed();
        let outside = Running::start(bus.of(world.host_script(&attack))).finish();
        outside.succeeded();
    }
    let twins = [ask_bus("GetId"), ask_bus(&format!("GetNameOwner string:{NAMED}"))];
    bus.sh(&world, &FLAG, &twins.join(" && ")).succeeded();
}

#[test]
fn threat_46_the_bus_itself_stays_out_of_reach() {
    let world = World::new();
    let bus = Bus::start(&world);
    let _named = Service::start(&bus, NAMED);
    let own = format!(
        "DBUS_SESSION_BUS_ADDRESS={} {}",
        bus.address(),
        Service::call(NAMED)
    );
    bus.sh(&world, &FLAG, &own).failed();
    // Nor is what its proxies listen at.
    let look = "dir=$(dirname \"${DBUS_SESSION_BUS_ADDRESS#unix:path=}\"); ls -A \"$dir\"";
    let twin = bus.sh(&world, &FLAG, &format!("{look}; {}", Service::call(NAMED)));
    assert_eq!(twin.succeeded().stdout, format!("bus\n{}", Service::HEARD));
}

#[test]
fn threat_45_names_that_give_everything_away_are_refused_with_their_reason() {
    let world = World::new();
    let bus = Bus::start(&world);
    for (name, reason) in [
        ("org.freedesktop.systemd1", "commands"),
        ("org.freedesktop.portal.Desktop", "desktop asks"),
        ("org.freedesktop.secrets", "passwords"),
        ("org.kde.kwalletd6", "passwords"),
        ("org.gnome.Shell.Screenshot", "screen"),
        ("org.freedesktop.Notifications", "answers for you"),
        ("org.freedesktop.DBus", "the bus itself"),
        ("org.example.*", "without `*`"),
        ("*", "without `*`"),
    ] {
        let refused = bus.sh(&world, &["--with", &format!("dbus {name}")], "true");
        assert_ne!(refused.code, Some(0), "{refused:#?}");
        assert!(refused.stderr.contains(reason), "{name}: {refused:#?}");
    }
}

#[test]
fn threat_46_a_rule_offers_none_of_them_either_and_a_project_offers_nothing() {
    let world = World::new();
    let bus = Bus::start(&world);
    let secrets = Service::start(&bus, "org.freedesktop.secrets");
    let _twin = Service::start(&bus, "org.freedesktop.secret");
    let named = Service::start(&bus, NAMED);
    let rule = |name: &str| format!("[[rule]]\neffect = \"allow\"\nneighbour = \"dbus {name}\"\n");
    world.write_policy(&(rule("org.freedesktop.secrets") + &rule("org.freedesktop.secret")));
    world.write(".askbox.toml", &rule(NAMED));
    let call = |name: &str| bus.sh(&world, &["--non-interactive"], &Service::call(name));
    call("org.freedesktop.secrets").failed();
    call(NAMED).failed();
    assert_eq!((secrets.calls(), named.calls()), (0, 0));
    assert_eq!(call("org.freedesktop.secret").succeeded().stdout, Service::HEARD);
}

#[test]
fn threat_46_no_program_is_told_that_descriptors_would_cross() {
    let world = World::new();
    let bus = Bus::start(&world);
    let _named = Service::start(&bus, NAMED);
    for line in [
        "NEGOTIATE_UNIX_FD",
        "NEGOTIATE_UNIX_FD and more",
        "NEGOTIATE_UNIX_FD\\t",
    ] {
        let asks = descriptors(line);
        let outside = Running::start(bus.of(world.host_script(&asks))).finish();
        assert_eq!(outside.succeeded().stdout, "AGREE_UNIX_FD\n", "{line}");
        let inside = bus.sh(&world, &FLAG, &asks);
        assert_eq!(inside.succeeded().stdout, "ERROR\n", "{line}: {inside:#?}");
    }
}

#[test]
fn threat_46_a_proxy_of_somebody_else_is_not_run() {
    let world = World::new();
    let bus = Bus::start(&world);
    let _named = Service::start(&bus, NAMED);
    let marker = world.outside().join("ran");
    let fake = world.home().join("bin/xdg-dbus-proxy");
    std::fs::create_dir_all(fake.parent().unwrap()).unwrap();
    std::fs::write(&fake, format!("#!/bin/sh\ntouch {}\n", marker.display())).unwrap();
    std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
    // Earlier in the PATH of the daemon too, which this starts.
    let mut first = world.askbox(&["run"]);
    first.args(FLAG).args(["--", "sh", "-c", &Service::call(NAMED)]);
    let path = format!("{}:/usr/bin:/bin", fake.parent().unwrap().display());
    first.env("PATH", path);
    Running::start(bus.of(first)).finish().succeeded();
    assert!(!marker.exists());
    // In the place of the system's.
    let world = World::new();
    let mut replaced = world.host("bwrap");
    replaced
        .args(["--dev-bind", "/", "/", "--bind"])
        .arg(&fake)
        .arg("/usr/bin/xdg-dbus-proxy");
    let askbox = world.askbox(&[]);
    replaced
        .arg(askbox.get_program())
        .arg("run")
        .args(FLAG)
        .args(["--", "true"]);
    let refused = Running::start(bus.of(replaced)).finish();
    assert_eq!(refused.code, Some(125), "{refused:#?}");
    assert!(
        refused.stderr.contains("can be changed by others than root") && refused.stderr.contains("hint:"),
        "{refused:#?}"
    );
    assert!(!marker.exists());
}
