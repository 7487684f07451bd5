//! Who the user is, inside: name resolution, host names and the user's own entry, without anything of the host's files.

use std::net::Ipv4Addr;
use std::path::Path;

use serde_json::json;

use crate::host_facts::User;
use crate::plan::HOSTNAME;

/// A file inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) mode: u32,
    pub(crate) content: String,
}

impl File {
    /// A file that everybody inside may read.
    fn readable(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            mode: 0o444,
            content: content.into(),
        }
    }
}

/// The session's DNS server: any address would do where port 53 is redirected; this one is never given to a name.
pub(crate) const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

fn common(passwd: &str) -> Vec<File> {
    vec![
        File::readable("/etc/resolv.conf", format!("nameserver {NAME_SERVER}\n")),
        File::readable(
            "/etc/hosts",
            format!("127.0.0.1 localhost {HOSTNAME}\n::1 localhost ip6-localhost ip6-loopback\n"),
        ),
        File::readable("/etc/hostname", format!("{HOSTNAME}\n")),
        File::readable(
            "/etc/nsswitch.conf",
            format!("passwd: {passwd}\ngroup: {passwd}\nhosts: files dns\n"),
        ),
    ]
}

/// By user records that `libnss_systemd` reads from /run/userdb (nss-systemd(8)). /etc/passwd is there and closed.
pub(crate) fn userdb(user: &User) -> Vec<File> {
    let User {
        name,
        uid,
        gid,
        group,
        home,
        shell,
    } = user;
    let record = json!({
        "userName": name,
        "uid": uid,
        "gid": gid,
        "homeDirectory": home_text(home),
        "shell": shell_text(shell),
        "disposition": "regular",
    })
    .to_string();
    let groups = json!({ "groupName": group, "gid": gid, "disposition": "regular" }).to_string();
    let mut files = common("systemd");
    for (name, content) in [
        (format!("{name}.user"), &record),
        (format!("{uid}.user"), &record),
        (format!("{group}.group"), &groups),
        (format!("{gid}.group"), &groups),
    ] {
        files.push(File::readable(format!("/run/userdb/{name}"), content));
    }
    files.push(File {
        path: "/etc/passwd".to_owned(),
        mode: 0,
        content: String::new(),
    });
    files
}

/// By an /etc/passwd and an /etc/group of one line each.
pub(crate) fn synthetic(user: &User) -> Vec<File> {
    let User {
        name,
        uid,
        gid,
        group,
        home,
        shell,
    } = user;
    let mut files = common("files");
    let passwd = format!(
        "{name}:x:{uid}:{gid}::{}:{}\n",
        home_text(home),
        shell_text(shell)
    );
    files.push(File::readable("/etc/passwd", passwd));
    files.push(File::readable("/etc/group", format!("{group}:x:{gid}:\n")));
    files
}

/// Whether what programs inside are told of the user can be true: records of users are text, and hold one line.
pub fn can_tell_of(user: &User) -> bool {
    user.home.to_str().is_some_and(|home| !home.contains([':', '\n']))
}

/// The home directory, of which [`can_tell_of`] was asked; of another one nobody is told a path that is somebody else's.
fn home_text(home: &Path) -> &str {
    home.to_str().unwrap_or("/nonexistent")
}

/// The shell, or the one that every system has.
fn shell_text(shell: &Path) -> &str {
    shell.to_str().unwrap_or("/bin/sh")
}

#[cfg(test)]
mod tests;
