//! Sockets that no session is offered, one entry per line: which, what whoever reaches it can do, and what to do in its place.
//! Data only; how a pattern is read stands beside `covers`.

use super::socket::Line;

const CONTAINERS: &str = "whoever reaches it starts containers that see the whole machine";
const COMMANDS: &str = "whoever reaches it runs commands outside the sandbox";
const KEYS: &str = "whoever reaches it uses your keys without being asked";
const SECRETS: &str = "whoever reaches it reads your passwords and keys";
const DESKTOP: &str = "whoever reaches it sees and controls what is on your screen";
const SOUND: &str = "whoever reaches it hears your microphone and sees your camera";
const ROOT: &str = "whoever reaches it changes the machine";
const BUS: &str = "whoever reaches it starts programs of yours and speaks with all of them";
const ASKBOX: &str = "whoever reaches it answers for you";

const AGENT: Option<&str> = Some("--with ssh-agent offers your agent with each signature asked for");

/// Never offered.
#[rustfmt::skip]
pub(super) const REFUSED: &[Line] = &[
    // Containers and virtual machines.
    ("docker.sock", CONTAINERS, None),
    ("docker-cli.sock", CONTAINERS, None),
    ("docker.raw.sock", CONTAINERS, None),
    ("dockerd.sock", CONTAINERS, None),
    ("cri-dockerd.sock", CONTAINERS, None),
    ("podman*.sock", CONTAINERS, None),
    ("containerd*.sock", CONTAINERS, None),
    ("buildkitd.sock", CONTAINERS, None),
    ("crio.sock", CONTAINERS, None),
    ("/run/docker/", CONTAINERS, None),
    ("/run/containerd/", CONTAINERS, None),
    ("/run/podman/", CONTAINERS, None),
    ("lxd/unix.socket", CONTAINERS, None),
    ("lxd-user/unix.socket", CONTAINERS, None),
    ("incus/unix.socket*", CONTAINERS, None),
    ("libvirt/", CONTAINERS, None),
    ("multipass_socket", CONTAINERS, None),
    // What runs commands for whoever asks.
    ("/run/systemd/", ROOT, None),
    ("systemd/private", COMMANDS, None),
    ("systemd/notify", COMMANDS, None),
    ("/run/user/*/systemd/", COMMANDS, None),
    ("/run/udev/", ROOT, None),
    ("/run/snapd.socket", ROOT, None),
    ("/run/snapd-snap.socket", ROOT, None),
    ("tailscaled.sock", ROOT, None),
    ("supervisor*.sock", COMMANDS, None),
    ("tmux-*/", COMMANDS, None),
    ("/run/screen/", COMMANDS, None),
    (".screen/", COMMANDS, None),
    ("zellij*/", COMMANDS, None),
    ("emacs*/", COMMANDS, None),
    ("nvim*.0", COMMANDS, None),
    ("vscode-*.sock", COMMANDS, None),
    ("kitty*", COMMANDS, None),
    ("wezterm/", COMMANDS, None),
    ("kdeinit5_*", COMMANDS, None),
    ("klauncher*", COMMANDS, None),
    ("sway-ipc.*", COMMANDS, None),
    ("i3/", COMMANDS, None),
    ("hypr/", COMMANDS, None),
    ("niri*.sock", COMMANDS, None),
    // Keys and passwords.
    ("S.gpg-agent*", KEYS, Some("sign outside the sandbox")),
    ("S.scdaemon", KEYS, None),
    ("S.keyboxd", KEYS, None),
    ("S.dirmngr", KEYS, None),
    ("/run/pcscd/", KEYS, None),
    ("ssh-*/agent.*", KEYS, AGENT),
    ("ssh-agent*", KEYS, AGENT),
    ("openssh_agent", KEYS, AGENT),
    ("gcr/ssh", KEYS, AGENT),
    ("keyring/ssh", KEYS, AGENT),
    ("keyring/", SECRETS, None),
    (".1password/", KEYS, AGENT),
    (".bitwarden-ssh-agent.sock", KEYS, AGENT),
    ("kpxc_server", SECRETS, None),
    ("org.keepassxc*", SECRETS, None),
    // The desktop.
    ("wayland-*", DESKTOP, Some("--with wayland shows windows of the session on your display")),
    (".X11-unix/", DESKTOP, Some("--with x11 shows windows of the session on your display")),
    (".ICE-unix/", DESKTOP, None),
    ("at-spi/", DESKTOP, None),
    ("pipewire-*", SOUND, None),
    ("pulse/", SOUND, None),
    // Message buses.
    ("/run/dbus/", BUS, None),
    ("dbus-*", BUS, None),
    ("/run/user/*/bus", BUS, None),
    ("system_bus_socket", BUS, None),
    // Askbox's own, wherever its directories are.
    ("askbox.sock", ASKBOX, None),
    ("tray.sock", ASKBOX, None),
];
