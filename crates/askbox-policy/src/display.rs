//! Text that a sandboxed program chose, made harmless for people's eyes and terminals: host names, paths, command lines.
//! The one place that does so; whatever shows such text gets it from here. Decides nothing.
//!
//! Control characters, what reorders or hides text, and odd spaces become visible escapes. Long text loses its middle; of
//! a long host name, the registrable domain always stays.

mod command;
mod host_name;
pub(crate) mod redact;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::growth::Growth;
use crate::host::Host;
use crate::profile::ProfileName;
use crate::request::{Destination, Process, Project, Target};
use crate::rule::Pattern;

pub use command::{command, command_shortened, command_without_secrets, words_shortened};

/// The most characters of a host name, unless its registrable domain alone is longer.
pub const MAX_HOST: usize = 80;

/// The most characters of a path in a title or a list.
pub const MAX_PATH: usize = 120;

/// The most characters of the name of a program or of a project in a title.
pub const MAX_NAME: usize = 40;

/// Combining marks that may follow one another: enough for every language, too few to cover the lines around.
const MAX_MARKS: usize = 2;

/// Directories where only the system's administrator puts programs.
const SYSTEM_DIRECTORIES: [&str; 7] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// Programs that run other programs' text; the name of that text says more than theirs.
const INTERPRETERS: [&str; 14] = [
    "node", "nodejs", "bun", "deno", "python", "python2", "python3", "ruby", "perl", "php", "sh", "bash",
    "dash", "zsh",
];

/// What paths and programs are shown by.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The user's home directory, shown as `~`.
    pub home: &'a Path,
    /// Directories whose programs go by their bare name, as those of the system do; any other is shown as `"./name"`.
    pub toolchains: &'a [PathBuf],
}

/// Any text, escaped, with at most `max` characters: of a longer one the middle is left out.
pub fn text(text: &str, max: usize) -> String {
    shorten(&escape(text), max)
}

/// A host. Punycode stays as it is, with the readable form beside it where that cannot be mistaken for another.
pub fn host(host: &Host) -> String {
    located(host, None)
}

/// A host name in parts, so that a person sees whom it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostParts {
    /// What is in front of the registrable domain, with the dot that ends it; may be empty.
    pub labels: String,
    /// The registrable domain by the public suffix list; the whole name where it has none.
    pub registrable: String,
    /// The readable form of a punycode name, where it cannot be mistaken for another; to be shown beside the name only.
    pub unicode: Option<String>,
}

/// The parts of a host name; `None` for an address, which has none.
pub fn host_parts(host: &Host) -> Option<HostParts> {
    let Host::Name(name) = host else {
        return None;
    };
    let (labels, registrable) = host_name::parts(name);
    Some(HostParts {
        labels,
        registrable: registrable.to_owned(),
        unicode: host_name::readable(name),
    })
}

/// A host and a port; 443 goes without saying.
pub fn destination(destination: &Destination) -> String {
    let port = destination.port.get();
    located(&destination.host, (port != 443).then_some(port))
}

/// What is asked for, without a verb.
pub fn target(target: &Target) -> String {
    shown(target, |place| path(place, MAX_PATH))
}

/// The same, with the home directory as `~`.
pub fn target_at(target: &Target, home: &Path) -> String {
    shown(target, |place| path_at(place, home, MAX_PATH))
}

fn shown(target: &Target, path: impl Fn(&Path) -> String) -> String {
    match target {
        Target::Network(place) => destination(place),
        Target::Datagrams(place) => format!("{} by UDP", destination(place)),
        Target::LocalNetwork {
            destination: place,
            address,
        } => {
            format!("{} on your local network ({address})", destination(place))
        }
        Target::Published(port) => format!("published port {port}"),
        Target::Read(place) | Target::Write(place) | Target::Execute(place) => path(place.as_path()),
        Target::Profile(name) => match name.profile() {
            Some(profile) => profile.summary(),
            None => text(name.as_str(), MAX_NAME),
        },
        Target::Neighbour(neighbour) => neighbour.shown(),
        Target::Growth(growth) => growth.to_string(),
    }
}

/// What a pattern covers, in words: a path alone is just that, a tree says that it is one. With the home directory as `~`.
pub fn pattern(pattern: &Pattern, home: &Path) -> String {
    match pattern {
        Pattern::Network(network) => {
            let local = network.address.map_or("", |_| " on your local network");
            text(&format!("{network}{local}"), MAX_PATH)
        }
        Pattern::Read(paths) | Pattern::Write(paths) | Pattern::Execute(paths) => {
            match (paths.alone(), paths.whole()) {
                (Some(place), _) => path_at(place.as_path(), home, MAX_PATH),
                (None, Some(tree)) => {
                    format!("{} and everything below", path_at(tree.as_path(), home, MAX_PATH))
                }
                (None, None) => text(&paths.to_string(), MAX_PATH),
            }
        }
        Pattern::Profile(name) => text(name.as_str(), MAX_NAME),
        Pattern::Neighbour(neighbour) => text(&neighbour.to_string(), MAX_PATH),
        Pattern::Growth(growth) => growth.to_string(),
    }
}

/// A path as [`path`] shows it, with the home directory as `~`.
pub fn path_at(place: &Path, home: &Path, max: usize) -> String {
    match place.strip_prefix(home) {
        Ok(below) if below.as_os_str().is_empty() => "~".to_owned(),
        Ok(below) if home.parent().is_some() => path(&Path::new("~").join(below), max),
        Ok(_) | Err(_) => path(place, max),
    }
}

/// A path, escaped, with at most `max` characters; bytes that are not UTF-8 become `\xff`, and a backslash `\\`, so that no
/// name looks like another one escaped.
pub fn path(path: &Path, max: usize) -> String {
    let mut escaped = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        escaped.push_str(&escape(&chunk.valid().replace('\\', "\\\\")));
        for byte in chunk.invalid() {
            push(&mut escaped, format_args!("\\x{byte:02x}"));
        }
    }
    shorten(&escaped, max)
}

/// The title of a question: `npm (my-project) wants example.com`, `cat (my-project) wants to read ~/notes/a`.
pub fn title(process: &Process, project: &Project, target: &Target, known: &Known<'_>) -> String {
    let verb = match target {
        Target::Network(_) | Target::Datagrams(_) | Target::LocalNetwork { .. } | Target::Published(_) => {
            "wants"
        }
        Target::Read(_) => "wants to read",
        Target::Write(_) => "wants to change",
        Target::Execute(_) => "wants to run",
        Target::Neighbour(neighbour) => neighbour.verb(),
        Target::Profile(profile) => return profile_title(profile, project),
        Target::Growth(growth) => return growth_title(growth, project),
    };
    let program = program(process, known.toolchains);
    let project = name(&project.name(), MAX_NAME);
    let target = match target.path() {
        Some(place) => phrase(path_at(place.as_path(), known.home, MAX_PATH)),
        None => target_at(target, known.home),
    };
    format!("{program} ({project}) {verb} {target}")
}

/// `Claude Code (my-project) wants its own login and state (13 paths, 3 domain families)`. The program is the one whose name
/// the person typed.
fn profile_title(profile: &ProfileName, project: &Project) -> String {
    let title = profile
        .profile()
        .map_or(profile.as_str(), |known| known.title.as_str());
    let title = text(title, MAX_NAME);
    let project = name(&project.name(), MAX_NAME);
    format!(
        "{title} ({project}) wants {}",
        target(&Target::Profile(profile.clone()))
    )
}

/// `A session (my-project) is frozen: it grew by 65 MiB on disk, 64 MiB were allowed, 12 GiB are free`. All of it grew, not one
/// program.
fn growth_title(growth: &Growth, project: &Project) -> String {
    let project = name(&project.name(), MAX_NAME);
    format!("A session ({project}) is frozen: it {growth}")
}

/// A path as [`path`] shows it, among other words: quoted where it would be read as more than one of them.
pub fn phrase(path: String) -> String {
    if path.contains([' ', ',', ';', '"']) {
        format!("\"{}\"", path.replace('"', "\\\""))
    } else {
        path
    }
}

/// A name among other words. One that holds more than letters, digits and `._-+@` is quoted, so that it cannot be taken for
/// words of ours.
pub fn name(name: &str, max: usize) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "._-+@".contains(character);
    if !name.is_empty() && name.chars().all(is_plain) {
        return text(name, max);
    }
    let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text(&quoted, max))
}

/// Makes hidden characters visible; text without any is returned as it is.
fn escape(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    // A mark at the very start would join whatever is printed before the text.
    let mut marks = MAX_MARKS;
    for character in text.chars() {
        marks = if is_mark(character) { marks + 1 } else { 0 };
        if is_hidden(character) || MAX_MARKS < marks {
            push_escape(&mut escaped, character);
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// The same JSON with what acts on a terminal, or cannot be seen there, in its escaped form (RFC 8259, section 7): inside the strings
/// of a JSON text, where alone it can be, JSON itself lets all but the first 32 characters stand.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    let acts = |character: char| character == '\u{7f}' || (!character.is_ascii() && is_hidden(character));
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                push(&mut escaped, format_args!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// Appends the visible form of a character.
fn push_escape(escaped: &mut String, character: char) {
    push(escaped, format_args!("{}", character.escape_default()));
}

/// Appends formatted text; writing to a string cannot fail.
fn push(string: &mut String, arguments: std::fmt::Arguments<'_>) {
    let written = string.write_fmt(arguments);
    debug_assert!(written.is_ok());
}

/// Whether a character acts on the terminal or on the text around it, or cannot be seen.
fn is_hidden(character: char) -> bool {
    if character.is_control() || (character.is_whitespace() && character != ' ') {
        return true;
    }
    matches!(character,
        // Soft hyphen, grapheme joiner, Arabic letter mark, Mongolian separators.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}'
        // Zero width, left-to-right and right-to-left marks, embeddings and overrides, isolates, invisible operators.
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Fillers and blanks that are letters or symbols by their class.
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
        // Variation selectors, byte order mark, interlinear annotations, replacement characters, non-characters.
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{fdd0}'..='\u{fdef}'
        // Private use: whatever the font makes of it.
        | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}'
        // Shorthand and musical format controls.
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        // Tags and the second block of variation selectors.
        | '\u{e0000}'..='\u{e0fff}')
}

/// Marks that are drawn over the character before them.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
}

/// Leaves out the middle of a text with more than `max` characters; both ends tell more. Of an escape that it would cut, such as
/// `\\` or `\"`, nothing is left: a half of one would change what follows.
fn shorten(text: &str, max: usize) -> String {
    let count = text.chars().count();
    if count <= max {
        return text.to_owned();
    }
    let kept = max.saturating_sub(1);
    let (head, tail) = (kept - kept / 2, kept / 2);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    let (start, end) = (start.trim_end_matches('\\'), end.trim_start_matches(['\\', '"']));
    format!("{start}…{end}")
}

/// A host with a port where there is one to show.
fn located(host: &Host, port: Option<u16>) -> String {
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    match host {
        Host::Address(IpAddr::V6(address)) if !port.is_empty() => format!("[{address}]{port}"),
        Host::Address(address) => format!("{address}{port}"),
        Host::Name(name) => match host_name::readable(name) {
            Some(readable) => format!("{name}{port} ({readable})"),
            None => format!("{}{port}", host_name::shortened(name)),
        },
    }
}

/// The program of a title. The names of scripts come from the command line, which a program can forge as it can preload
/// anything into a trusted one: a title is a help, no proof.
fn program(process: &Process, toolchains: &[PathBuf]) -> String {
    let Some(exe) = &process.exe else {
        return "An unknown program".to_owned();
    };
    let is_trusted = |path: &Path| {
        SYSTEM_DIRECTORIES
            .iter()
            .any(|directory| path.starts_with(directory))
            || toolchains.iter().any(|directory| path.starts_with(directory))
    };
    let name = file_name(exe);
    if !is_trusted(exe) {
        return format!("\"./{name}\"");
    }
    if !INTERPRETERS.contains(&name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
        && !INTERPRETERS.contains(&&*name)
    {
        return name;
    }
    match process
        .command
        .get(1)
        .filter(|word| !word.starts_with('-') && !word.is_empty())
    {
        Some(script) if is_trusted(Path::new(script)) && !script.contains("/../") => {
            script_name(&file_name(Path::new(script)))
        }
        Some(script) => format!("{name} \"./{}\"", file_name(Path::new(script))),
        None => name,
    }
}

fn file_name(path: &Path) -> String {
    self::path(Path::new(path.file_name().unwrap_or(path.as_os_str())), MAX_NAME)
}

/// What people call a script: `npm` for `npm-cli.js`.
fn script_name(file: &str) -> String {
    let extensions = [".js", ".cjs", ".mjs", ".py", ".rb", ".pl", ".sh"];
    let stem = extensions
        .iter()
        .find_map(|extension| file.strip_suffix(extension))
        .unwrap_or(file);
    stem.strip_suffix("-cli")
        .filter(|rest| !rest.is_empty())
        .unwrap_or(stem)
        .to_owned()
}
