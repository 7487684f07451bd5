//! What a fresh Debian or Ubuntu lacks: packages, by apt; an ordinary user for the tests, when they are started by root.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::steps::{Result, output, step};

/// The user that tests run as when root starts them: the sandbox is for ordinary users, and root passes every check.
pub(crate) const TEST_USER: &str = "askbox-test";

/// To build: a C compiler for the bundled `SQLite`. To run: bwrap, services of the session bus, and identity without
/// /etc/passwd; and curl, which README runs.
pub(crate) const TO_RUN: &[Package] = &[
    Package {
        name: "curl",
        proof: "/usr/bin/curl",
    },
    Package {
        name: "build-essential",
        proof: "/usr/bin/cc",
    },
    Package {
        name: "bubblewrap",
        proof: "/usr/bin/bwrap",
    },
    Package {
        name: "xdg-dbus-proxy",
        proof: "/usr/bin/xdg-dbus-proxy",
    },
    Package {
        name: "libnss-systemd",
        proof: "/usr/share/doc/libnss-systemd",
    },
];

/// To build the desktop app: GTK and `WebKit`, and what makes its pages.
pub(crate) const TO_BUILD_DESKTOP: &[Package] = &[
    Package {
        name: "libwebkit2gtk-4.1-dev",
        proof: "/usr/include/webkitgtk-4.1",
    },
    Package {
        name: "pkg-config",
        proof: "/usr/bin/pkg-config",
    },
    Package {
        name: "nodejs",
        proof: "/usr/bin/node",
    },
];

/// To draw the pictures anew.
pub(crate) const TO_DRAW: &[Package] = &[Package {
    name: "librsvg2-bin",
    proof: "/usr/bin/rsvg-convert",
}];

/// To take pictures of the desktop app.
pub(crate) const TO_PICTURE: &[Package] = &[Package {
    name: "imagemagick",
    proof: "/usr/bin/import",
}];

/// What the tests run inside and beside the sandbox.
pub(crate) const TO_TEST: &[Package] = &[
    Package {
        name: "git",
        proof: "/usr/bin/git",
    },
    Package {
        name: "iproute2",
        proof: "/usr/bin/ip",
    },
    Package {
        name: "iputils-ping",
        proof: "/usr/bin/ping",
    },
    Package {
        name: "bind9-dnsutils",
        proof: "/usr/bin/dig",
    },
    Package {
        name: "netcat-openbsd",
        proof: "/usr/bin/nc.openbsd",
    },
    Package {
        name: "nftables",
        proof: "/usr/sbin/nft",
    },
    Package {
        name: "openssh-client",
        proof: "/usr/bin/ssh",
    },
    Package {
        name: "openssh-server",
        proof: "/usr/sbin/sshd",
    },
    Package {
        name: "openssl",
        proof: "/usr/bin/openssl",
    },
    Package {
        name: "python3",
        proof: "/usr/bin/python3",
    },
    Package {
        name: "socat",
        proof: "/usr/bin/socat",
    },
    Package {
        name: "strace",
        proof: "/usr/bin/strace",
    },
    Package {
        name: "gdb",
        proof: "/usr/bin/gdb",
    },
    Package {
        name: "tmux",
        proof: "/usr/bin/tmux",
    },
    Package {
        name: "less",
        proof: "/usr/bin/less",
    },
    Package {
        name: "vim-tiny",
        proof: "/usr/bin/vim.tiny",
    },
    Package {
        name: "nodejs",
        proof: "/usr/bin/node",
    },
    Package {
        name: "default-jdk-headless",
        proof: "/usr/bin/javac",
    },
    Package {
        name: "xvfb",
        proof: "/usr/bin/Xvfb",
    },
    Package {
        name: "dbus-daemon",
        proof: "/usr/bin/dbus-daemon",
    },
    Package {
        name: "dbus-bin",
        proof: "/usr/bin/dbus-send",
    },
    Package {
        name: "gnome-keyring",
        proof: "/usr/bin/gnome-keyring-daemon",
    },
    Package {
        name: "dunst",
        proof: "/usr/bin/dunst",
    },
    Package {
        name: "openbox",
        proof: "/usr/bin/openbox",
    },
    Package {
        name: "xfce4-panel",
        proof: "/usr/bin/xfce4-panel",
    },
    Package {
        name: "xfconf",
        proof: "/usr/share/dbus-1/services/org.xfce.Xfconf.service",
    },
    Package {
        name: "xdotool",
        proof: "/usr/bin/xdotool",
    },
    Package {
        name: "at-spi2-core",
        proof: "/usr/libexec/at-spi-bus-launcher",
    },
    Package {
        name: "webkit2gtk-driver",
        proof: "/usr/bin/WebKitWebDriver",
    },
    Package {
        name: "x11-utils",
        proof: "/usr/bin/xprop",
    },
    Package {
        name: "weston",
        proof: "/usr/bin/weston",
    },
    Package {
        name: "wayland-utils",
        proof: "/usr/bin/wayland-info",
    },
];

/// What the tests with real registries install with.
const PACKAGE_MANAGERS: &[Package] = &[
    Package {
        name: "npm",
        proof: "/usr/bin/npm",
    },
    Package {
        name: "python3-venv",
        proof: "/usr/share/doc/python3-venv",
    },
];

/// What the tests with real programs start, besides package managers and what other tests run. Debian's: of Chromium, Ubuntu
/// has no package but a snap.
pub(crate) const PROGRAMS: &[Package] = &[
    Package {
        name: "chromium",
        proof: "/usr/lib/chromium/chromium",
    },
    Package {
        name: "golang-go",
        proof: "/usr/bin/go",
    },
    Package {
        name: "postgresql",
        proof: "/usr/share/doc/postgresql",
    },
    Package {
        name: "redis-server",
        proof: "/usr/bin/redis-server",
    },
    Package {
        name: "ripgrep",
        proof: "/usr/bin/rg",
    },
    Package {
        name: "tinyproxy",
        proof: "/usr/bin/tinyproxy",
    },
];

/// What the peer of the benchmarks needs.
pub(crate) const TO_BENCH: &[Package] = &[
    Package {
        name: "socat",
        proof: "/usr/bin/socat",
    },
    Package {
        name: "ripgrep",
        proof: "/usr/bin/rg",
    },
    Package {
        name: "nodejs",
        proof: "/usr/bin/node",
    },
];

/// A Debian package, and a file that is there when it is installed.
pub(crate) struct Package {
    name: &'static str,
    proof: &'static str,
}

/// Installs what is missing, with sudo when not root.
pub(crate) fn install(packages: &[Package]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .filter(|package| !Path::new(package.proof).exists())
        .map(|package| package.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    step(
        "update the package lists",
        as_root("apt-get").args(["update", "-qq"]),
    )?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    step(
        &format!("install {}", missing.join(" ")),
        as_root("apt-get").args(install).args(&missing),
    )
}

/// Installs npm, unless a node that is not Debian's brought its own: the two packages exclude each other.
pub(crate) fn install_npm() -> Result<()> {
    install(&[Package {
        name: "npm",
        proof: "/usr/bin/npm",
    }])
}

/// Installs the package managers that the tests with real registries run.
pub(crate) fn install_package_managers() -> Result<()> {
    install(PACKAGE_MANAGERS)?;
    // Debian 12 calls its newer cargo so. The one that it calls cargo knows only an index of gigabytes, by git.
    let newer = Command::new("apt-cache")
        .args(["show", "cargo-web"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let name = if newer.is_ok_and(|status| status.success()) {
        "cargo-web"
    } else {
        "cargo"
    };
    install(&[Package {
        name,
        proof: "/usr/bin/cargo",
    }])
}

/// Who started the task.
pub(crate) fn user_id() -> Result<u32> {
    let text = output(Command::new("id").arg("-u"))?;
    text.trim().parse().map_err(|error| format!("id -u: {error}"))
}

/// Whether root did.
pub(crate) fn is_root() -> Result<bool> {
    Ok(user_id()? == 0)
}

fn as_root(program: &str) -> Command {
    let root = is_root().unwrap_or(false);
    let mut command = if root {
        Command::new(program)
    } else {
        Command::new("sudo")
    };
    if !root {
        command.arg(program);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Lets ordinary users serve file systems, as every desktop does (udev's rules give the device mode 0666). A bare machine may
/// not; nobody but root can change that, and the tests of the asking file system say what is missing.
pub(crate) fn open_fuse() -> Result<()> {
    if !is_root()? {
        return Ok(());
    }
    step(
        "let ordinary users use FUSE",
        Command::new("chmod").args(["0666", "/dev/fuse"]),
    )
}

/// A command as an ordinary user: the one who started the task, or [`TEST_USER`] for root.
pub(crate) fn as_ordinary_user(program: &Path) -> Result<Command> {
    if !is_root()? {
        return Ok(Command::new(program));
    }
    let known = Command::new("id")
        .arg(TEST_USER)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !known.is_ok_and(|status| status.success()) {
        let add = ["--create-home", "--shell", "/bin/bash", TEST_USER];
        step("add a user for the tests", Command::new("useradd").args(add))?;
    }
    let home = format!("/home/{TEST_USER}");
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", TEST_USER, "--regid", TEST_USER, "--init-groups", "--"])
        .arg(program)
        .current_dir(&home)
        .env("HOME", &home)
        .env("USER", TEST_USER)
        .env("LOGNAME", TEST_USER)
        .env_remove("XDG_RUNTIME_DIR");
    Ok(command)
}
