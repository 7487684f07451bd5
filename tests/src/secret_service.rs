//! GNOME's keyring on a session bus of the test's own.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::desktop::{Bus, Program};
use crate::{World, eventually};

/// The name that a Secret Service has on the bus.
const NAME: &str = "org.freedesktop.secrets";

/// A keyring that is unlocked. It ends when this is dropped; what it keeps stays in the home directory of the world.
#[derive(Debug)]
pub struct SecretService {
    _program: Program,
}

impl SecretService {
    /// Starts it, and waits until it is there.
    pub fn start(world: &World, bus: &Bus) -> Self {
        eventually("no other is there", || !bus.has(NAME));
        let runtime = world.outside().join("keyring");
        fs::create_dir_all(&runtime).unwrap();
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
        let mut command = world.host("sh");
        // The program's own words: "The password is read from stdin".
        command
            .args([
                "-c",
                "printf pw | gnome-keyring-daemon --foreground --unlock --components=secrets",
            ])
            .env("XDG_RUNTIME_DIR", runtime)
            .env("DBUS_SESSION_BUS_ADDRESS", bus.address());
        let program = Program::start(world, &command);
        eventually("there is a keyring", || bus.has(NAME));
        Self { _program: program }
    }

    /// Locks it. Nobody is there whom it could ask for its password.
    pub fn lock(world: &World, bus: &Bus) {
        let mut command = world.host("dbus-send");
        command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/collection/login",
        ]);
        let locked = command.output().unwrap();
        assert!(locked.status.success(), "{locked:?}");
    }

    /// Stands for one that never answers, until the connection is dropped.
    pub fn that_hangs(bus: &Bus) -> impl Sized + use<> {
        eventually("no other is there", || !bus.has(NAME));
        bus.hang_as(NAME)
    }
}
