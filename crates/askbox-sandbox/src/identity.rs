//! Who the user is, inside: name resolution, host names and the user's own entry, without anything of the host's files.

use std::path::Path;

use crate::host_facts::User;
use crate::plan::HOSTNAME;

/// A file inside: path, mode, content.
type File = (String, u32, String);

/// The session's DNS server: any address would do, since port 53 is redirected; this one is never given to a name.
const NAME_SERVER: &str = "198.18.0.1";

fn common(passwd: &str) -> Vec<File> {
    let file = |path: &str, content: String| (path.to_owned(), 0o444, content);
    vec![
        file("/etc/resolv.conf", format!("nameserver {NAME_SERVER}\n")),
        file(
            "/etc/hosts",
            format!("127.0.0.1 localhost {HOSTNAME}\n::1 localhost ip6-localhost ip6-loopback\n"),
        ),
        file("/etc/hostname", format!("{HOSTNAME}\n")),
        file(
            "/etc/nsswitch.conf",
            format!("passwd: {passwd}\ngroup: {passwd}\nhosts: files dns\n"),
        ),
    ]
}

/// By user records that `libnss_systemd` reads from /run/userdb (nss-systemd(8)). /etc/passwd is there and closed.
pub fn userdb(user: &User) -> Vec<File> {
    let User {
        name,
        uid,
        gid,
        group,
        home,
        shell,
    } = user;
    let record = serde_json_object(&[
        ("userName", Value::Text(name)),
        ("uid", Value::Number(*uid)),
        ("gid", Value::Number(*gid)),
        ("homeDirectory", Value::Text(home_text(home))),
        ("shell", Value::Text(shell_text(shell))),
        ("disposition", Value::Text("regular")),
    ]);
    let groups = serde_json_object(&[
        ("groupName", Value::Text(group)),
        ("gid", Value::Number(*gid)),
        ("disposition", Value::Text("regular")),
    ]);
    let mut files = common("systemd");
    for (name, content) in [
        (format!("{name}.user"), &record),
        (format!("{uid}.user"), &record),
        (format!("{group}.group"), &groups),
        (format!("{gid}.group"), &groups),
    ] {
        files.push((format!("/run/userdb/{name}"), 0o444, content.clone()));
    }
    files.push(("/etc/passwd".to_owned(), 0, String::new()));
    files
}

/// By an /etc/passwd and an /etc/group of one line each.
pub fn synthetic(user: &User) -> Vec<File> {
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
    files.push(("/etc/passwd".to_owned(), 0o444, passwd));
    files.push(("/etc/group".to_owned(), 0o444, format!("{group}:x:{gid}:\n")));
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

enum Value<'a> {
    Text(&'a str),
    Number(u32),
}

fn serde_json_object(fields: &[(&str, Value<'_>)]) -> String {
    let fields = fields.iter().map(|(name, value)| {
        let value = match value {
            Value::Text(text) => serde_json::Value::from(*text),
            Value::Number(number) => serde_json::Value::from(*number),
        };
        ((*name).to_owned(), value)
    });
    serde_json::Value::Object(fields.collect()).to_string()
}

#[cfg(test)]
mod tests;
