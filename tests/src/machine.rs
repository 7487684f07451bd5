//! A machine of a test's own: a network namespace with nothing but a loopback, where the test decides what names mean, which
//! addresses lead somewhere and what listens on port 443. Programs on it run as the same ordinary user.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Addresses that lead to the machine's servers without being its own: as good as the Internet.
pub const PUBLIC: &str = "203.0.113.5";

/// Another such address.
pub const OTHER_PUBLIC: &str = "203.0.113.6";

/// An address of the local network that leads to the machine's servers.
pub const PRIVATE: &str = "10.1.2.3";

/// An address of the machine itself.
pub const OWN: &str = "192.0.2.77";

/// Where the machine's programs look names up that its hosts file does not have; whether anything answers is up to the test.
pub const NAME_SERVER: &str = "127.0.0.1:53";

/// Run by the namespace's root: the addresses, and the files that say what names mean.
const SET_UP: &str = r#"
ip link set lo up
ip address add 192.0.2.77/32 dev lo
ip address add fe80::1/64 dev lo
for range in 203.0.113.0/24 10.1.2.0/24 169.254.0.0/16 100.100.100.200/32; do
    ip route add local $range dev lo
done
for range in 2001:db8::/32 64:ff9b::/96 2002::/16 fd00:ec2::/32; do
    ip -6 route add local $range dev lo
done
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start
echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind
echo '0 0' > /proc/sys/net/ipv4/ping_group_range
for name in hosts resolv.conf nsswitch.conf; do
    mount --bind "$0/$name" /etc/$name
done
eval "$1"
shift
user=$1 group=$2
shift 2
exec unshare --user --map-user="$user" --map-group="$group" -- "$@"
"#;

/// Set for the test that runs on a machine of its own: where its files are.
const VARIABLE: &str = "ASKBOX_TEST_MACHINE";

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The machine that the test is on.
#[derive(Debug)]
pub struct Machine {
    files: PathBuf,
}

impl Machine {
    /// For [`Self::prepared`]: nobody can open the device of FUSE, for writing that is.
    pub const NO_FUSE: &str =
        "touch \"$0/fuse\"; mount --bind \"$0/fuse\" /dev/fuse; mount -o remount,bind,ro /dev/fuse";

    /// Runs the body of a test on a machine of its own: starts this test again over there, and nothing else of it here.
    /// To be called directly by the test function, with a closure.
    pub fn alone(body: impl FnOnce(&Self)) {
        Self::prepared("", body);
    }

    /// The same; the namespace's root runs a shell script first.
    pub fn prepared<F: FnOnce(&Self)>(script: &str, body: F) {
        Self::run(script, |_| (), body);
    }

    /// The same, beside something on the host that lasts as long: it is given the machine's directory, which both sides see.
    pub fn beside<T, F: FnOnce(&Self)>(host: impl FnOnce(&Path) -> T, body: F) {
        Self::run("", host, body);
    }

    fn run<T, F: FnOnce(&Self)>(script: &str, host: impl FnOnce(&Path) -> T, body: F) {
        if let Some(files) = std::env::var_os(VARIABLE) {
            return body(&Self { files: files.into() });
        }
        assert!(
            !nix::unistd::geteuid().is_root(),
            "black-box tests need an ordinary user; `cargo xtask test` makes one"
        );
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let files = PathBuf::from(format!("/var/tmp/askbox-machine-{}-{number}", std::process::id()));
        fs::create_dir_all(&files).unwrap();
        fs::write(files.join("hosts"), "127.0.0.1 localhost\n").unwrap();
        fs::write(files.join("resolv.conf"), "nameserver 127.0.0.1\n").unwrap();
        fs::write(files.join("nsswitch.conf"), "hosts: files dns\n").unwrap();
        let beside = host(&files);
        // The closure's type is named after the function that it is in: CRATE::MODULE::TEST::{{closure}}.
        let name = std::any::type_name::<F>();
        let name = name.strip_suffix("::{{closure}}").unwrap_or(name);
        let (_, test) = name.split_once("::").expect("a test in a module");
        let output = Command::new("unshare")
            .args([
                "--user",
                "--map-root-user",
                "--net",
                "--mount",
                "sh",
                "-ec",
                SET_UP,
            ])
            .arg(&files)
            .arg(script)
            .args([
                nix::unistd::geteuid().to_string(),
                nix::unistd::getegid().to_string(),
            ])
            .arg(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env(VARIABLE, &files)
            .output()
            .unwrap();
        drop(beside);
        let (stdout, stderr) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        fs::remove_dir_all(&files).unwrap();
        assert!(
            output.status.success() && stdout.contains("1 passed"),
            "{test} on a machine of its own: {}\n{stdout}\n{stderr}",
            output.status
        );
    }

    /// Replaces the machine's hosts file.
    pub fn hosts(&self, names: &[(&str, &str)]) {
        let lines = names.iter().map(|(name, address)| format!("{address} {name}\n"));
        let text: String = std::iter::once("127.0.0.1 localhost\n".to_owned())
            .chain(lines)
            .collect();
        fs::write(self.files().join("hosts"), text).unwrap();
    }

    /// The machine's directory.
    pub fn files(&self) -> &Path {
        &self.files
    }
}
