//! Paths in canonical form and patterns over them.
//!
//! Owns the text of a pattern: absolute, `~/` or `{project}`; a path means the tree below it; `=` in front means the
//! path alone; `*` stands inside one component, `**` for any number of components. Touches no file system: whether
//! symbolic links were resolved is up to the caller.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use glob::Part;

mod glob;
mod text;

/// An absolute path without `.`, `..`, empty or trailing components. Whether symbolic links were resolved is up to
/// whoever made it: the file system serves canonical paths by construction.
///
/// Serialised as text in which a backslash is doubled and a byte that is not UTF-8 becomes `\xHH`, so that no name is
/// lost or confused with another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CanonicalPath(PathBuf);

/// Which paths. Home and project are expanded when it is parsed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathPattern(Form);

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Form {
    /// The path alone.
    Exact(CanonicalPath),
    /// The path and everything below.
    Tree(CanonicalPath),
    /// Whatever matches `rest` below `prefix`; `rest` starts with a part that is not literal.
    Glob { prefix: CanonicalPath, rest: Vec<Part> },
}

/// What `~` and `{project}` stand for.
#[derive(Clone, Copy, Debug)]
pub struct PathContext<'a> {
    /// The user's home directory.
    pub home: &'a CanonicalPath,
    /// The project, where there is one to speak of.
    pub project: Option<&'a CanonicalPath>,
}

/// How closely a pattern names one path. The greatest decides: the path itself, then the pattern with more components
/// that are not wildcards, then a plain path before a glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathSpecificity {
    exact: bool,
    depth: usize,
    plain: bool,
}

/// Why a text is not a path pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing there.
    #[error("the path is empty")]
    Empty,
    /// Neither absolute nor below a known directory.
    #[error("a path starts with `/`, `~/` or `{{project}}`")]
    NotAbsolute,
    /// `{project}` where no project is known.
    #[error("`{{project}}` has no meaning here")]
    NoProject,
    /// It climbs up.
    #[error("`..` is not allowed in a path")]
    Parent,
    /// A character that shells treat as a wildcard and Askbox does not.
    #[error("`{0}` is no wildcard here; write `\\{0}` for the character itself")]
    Unsupported(char),
    /// A `**` that is only a part of a component.
    #[error("`**` stands for whole components: `dir/**/name`")]
    PartialDoubleStar,
    /// A backslash before something that needs none.
    #[error("unknown escape after `\\`; write `\\\\` for a backslash")]
    Escape,
    /// NUL ends a path for the kernel.
    #[error("a path cannot contain NUL")]
    Nul,
    /// `=` in front of a pattern with wildcards.
    #[error("`=` means one path alone and cannot stand before a wildcard")]
    ExactGlob,
    /// Longer than any path.
    #[error("the path is too long")]
    TooLong,
}

impl CanonicalPath {
    /// Refuses relative paths, `..` and NUL; drops `.`, double and trailing slashes.
    pub fn new(path: &Path) -> Option<Self> {
        use std::path::Component;
        let mut clean = PathBuf::new();
        for component in path.components() {
            match component {
                Component::RootDir | Component::Normal(_) => clean.push(component),
                Component::CurDir => {}
                Component::ParentDir | Component::Prefix(_) => return None,
            }
        }
        (clean.is_absolute() && !clean.as_os_str().as_encoded_bytes().contains(&0)).then_some(Self(clean))
    }

    /// `/`.
    pub(crate) fn root() -> Self {
        Self(PathBuf::from("/"))
    }

    /// The path itself.
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    /// Whether this is `other` or lies below it.
    pub fn is_within(&self, other: &CanonicalPath) -> bool {
        self.rest_below(other).is_some()
    }

    /// The directory that it lies in; `None` for `/`.
    pub fn parent(&self) -> Option<Self> {
        self.0.parent().map(|parent| Self(parent.to_owned()))
    }

    /// The deepest directory that is, or holds, both.
    pub(crate) fn common_with(&self, other: &CanonicalPath) -> Self {
        let shared = self
            .parts()
            .zip(other.parts())
            .take_while(|(own, other)| own == other);
        shared.fold(Self::root(), |mut common, (part, _)| {
            common.push(part);
            common
        })
    }

    /// Its components after the root.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes()
            .split(|&byte| byte == b'/')
            .filter(|part| !part.is_empty())
    }

    /// Its components after those of `tree`; `None` where it does not lie there.
    pub(crate) fn parts_below(&self, tree: &CanonicalPath) -> Option<impl Iterator<Item = &[u8]> + Clone> {
        Some(
            self.rest_below(tree)?
                .split(|&byte| byte == b'/')
                .filter(|part| !part.is_empty()),
        )
    }

    fn rest_below(&self, tree: &CanonicalPath) -> Option<&[u8]> {
        let rest = self.bytes().strip_prefix(tree.bytes())?;
        (rest.is_empty() || rest.starts_with(b"/") || tree.bytes() == b"/").then_some(rest)
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_os_str().as_encoded_bytes()
    }

    /// Goes one component down. The component holds no slash and is not `..`.
    pub(crate) fn push(&mut self, component: &[u8]) {
        self.0.push(OsString::from_vec(component.to_vec()));
    }
}

impl fmt::Display for CanonicalPath {
    /// Lossy; for people, pass it through [`crate::display`] first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl TryFrom<String> for CanonicalPath {
    type Error = PathError;
    fn try_from(text: String) -> Result<Self, PathError> {
        let bytes = text::decode(&text)?;
        Self::new(Path::new(&OsString::from_vec(bytes))).ok_or(PathError::NotAbsolute)
    }
}

impl From<CanonicalPath> for String {
    fn from(path: CanonicalPath) -> Self {
        let mut text = String::new();
        text::encode(path.bytes(), text::Escape::Bytes, &mut text);
        text
    }
}

impl PathPattern {
    /// Parses a pattern; see the head of this module for its text.
    pub fn parse(pattern: &str, context: &PathContext<'_>) -> Result<Self, PathError> {
        parse(pattern, Some(context))
    }

    /// Whether the text of a pattern begins at the directory of whoever wrote it.
    pub fn is_relative(text: &str) -> bool {
        let bare = text.strip_prefix('=').unwrap_or(text);
        let is_absolute = |start| bare.starts_with(start);
        !bare.is_empty() && !["/", "~", "{project}"].into_iter().any(is_absolute)
    }

    /// The text of a pattern that somebody wrote in this directory: one that is relative begins there, as in any other
    /// command. `.` and `..` at its beginning are followed by the text alone.
    pub fn text_in(text: &str, directory: &CanonicalPath) -> String {
        if !Self::is_relative(text) {
            return text.to_owned();
        }
        let (mark, mut rest) = text.strip_prefix('=').map_or(("", text), |bare| ("=", bare));
        let mut directory = directory.clone();
        while !rest.is_empty() {
            let (first, further) = rest.split_once('/').unwrap_or((rest, ""));
            match first {
                "" | "." => {}
                ".." => directory = directory.parent().unwrap_or(directory),
                _ => break,
            }
            rest = further;
        }
        let directory = Self::tree(&directory);
        if rest.is_empty() {
            format!("{mark}{directory}")
        } else {
            format!("{mark}{directory}/{rest}")
        }
    }

    /// This path alone, not what lies below.
    pub fn exact(path: &CanonicalPath) -> Self {
        Self(Form::Exact(path.clone()))
    }

    /// This path and everything below.
    pub fn tree(path: &CanonicalPath) -> Self {
        Self(Form::Tree(path.clone()))
    }

    /// Whether the path is covered. A wildcard that ends in a name means the tree below what it matches; one that ends
    /// in `*` means the entries themselves.
    pub fn matches(&self, path: &CanonicalPath) -> bool {
        match &self.0 {
            Form::Exact(own) => own == path,
            Form::Tree(own) => path.is_within(own),
            Form::Glob { prefix, rest } => path
                .parts_below(prefix)
                .is_some_and(|names| glob::matches(rest, names)),
        }
    }

    /// Whether the pattern is this path, spelt out. A directory above it is not enough, nor is a wildcard.
    pub fn names(&self, path: &CanonicalPath) -> bool {
        match &self.0 {
            Form::Exact(own) | Form::Tree(own) => own == path,
            Form::Glob { .. } => false,
        }
    }

    /// Whether everything that `other` matches is matched by this as well. Where a wildcard on either side makes that
    /// hard to know, it answers for the path that `other` starts from.
    pub fn covers(&self, other: &PathPattern) -> bool {
        if self == other {
            return true;
        }
        match (&self.0, &other.0) {
            (Form::Exact(_), _) => false,
            (_, Form::Exact(path) | Form::Tree(path)) => self.matches(path),
            (Form::Tree(_) | Form::Glob { .. }, Form::Glob { prefix, .. }) => self.matches(prefix),
        }
    }

    /// Whether something that it matches may be this path or lie below it.
    pub fn reaches_below(&self, path: &CanonicalPath) -> bool {
        match &self.0 {
            Form::Exact(own) => own.is_within(path),
            Form::Tree(own) => own.is_within(path) || path.is_within(own),
            Form::Glob { prefix, rest } => {
                prefix.is_within(path)
                    || path
                        .parts_below(prefix)
                        .is_some_and(|names| glob::may_continue(rest, names))
            }
        }
    }

    /// How closely it names `path`, which it matches.
    pub fn specificity(&self, path: &CanonicalPath) -> PathSpecificity {
        let (depth, plain) = match &self.0 {
            Form::Exact(own) | Form::Tree(own) => (own.parts().count(), true),
            Form::Glob { prefix, rest } => (prefix.parts().count() + glob::named_parts(rest), false),
        };
        PathSpecificity {
            exact: self.names(path),
            depth,
            plain,
        }
    }

    /// The path that it means alone, without what lies below; `None` for a tree or a wildcard.
    pub fn alone(&self) -> Option<&CanonicalPath> {
        match &self.0 {
            Form::Exact(path) => Some(path),
            Form::Tree(_) | Form::Glob { .. } => None,
        }
    }

    /// The path that it means with everything below; `None` for a path alone or a wildcard.
    pub fn whole(&self) -> Option<&CanonicalPath> {
        match &self.0 {
            Form::Tree(path) => Some(path),
            Form::Exact(_) | Form::Glob { .. } => None,
        }
    }

    /// The deepest path that everything it matches is equal to or below.
    pub fn anchor(&self) -> &CanonicalPath {
        match &self.0 {
            Form::Exact(path) | Form::Tree(path) | Form::Glob { prefix: path, .. } => path,
        }
    }
}

impl fmt::Display for PathPattern {
    /// The text that parses back to the same pattern, without `~` or `{project}`. For people, pass it through
    /// [`crate::display`] first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        match &self.0 {
            Form::Exact(path) => {
                text.push('=');
                text::encode(path.bytes(), text::Escape::Pattern, &mut text);
            }
            Form::Tree(path) => text::encode(path.bytes(), text::Escape::Pattern, &mut text),
            Form::Glob { prefix, rest } => {
                if prefix.parts().next().is_some() {
                    text::encode(prefix.bytes(), text::Escape::Pattern, &mut text);
                }
                for part in rest {
                    text.push('/');
                    part.write(&mut text);
                }
            }
        }
        f.write_str(&text)
    }
}

impl FromStr for PathPattern {
    type Err = PathError;
    /// Parses a pattern that is absolute already.
    fn from_str(text: &str) -> Result<Self, PathError> {
        parse(text, None)
    }
}

impl TryFrom<String> for PathPattern {
    type Error = PathError;
    fn try_from(text: String) -> Result<Self, PathError> {
        parse(&text, None)
    }
}

impl From<PathPattern> for String {
    fn from(pattern: PathPattern) -> Self {
        pattern.to_string()
    }
}

fn parse(pattern: &str, context: Option<&PathContext<'_>>) -> Result<PathPattern, PathError> {
    if crate::limits::PATH_PATTERN_BYTES < pattern.len() {
        return Err(PathError::TooLong);
    }
    let (alone, pattern) = match pattern.strip_prefix('=') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let (mut prefix, rest) = root(pattern, context)?;
    let mut parts: Vec<Part> = Vec::new();
    for component in rest.split('/').filter(|component| !component.is_empty()) {
        match Part::parse(component)? {
            Part::Literal(bytes) if bytes == b"." => {}
            Part::Literal(bytes) if bytes == b".." => return Err(PathError::Parent),
            Part::Literal(bytes) if parts.is_empty() => prefix.push(&bytes),
            part @ (Part::Literal(_) | Part::Wild(_) | Part::Any) => parts.push(part),
        }
    }
    Ok(PathPattern(match (parts.is_empty(), alone) {
        (true, true) => Form::Exact(prefix),
        (true, false) => Form::Tree(prefix),
        (false, true) => return Err(PathError::ExactGlob),
        (false, false) => Form::Glob { prefix, rest: parts },
    }))
}

/// Where a pattern starts, and what is left of its text.
fn root<'a>(
    pattern: &'a str,
    context: Option<&PathContext<'_>>,
) -> Result<(CanonicalPath, &'a str), PathError> {
    if pattern.is_empty() {
        return Err(PathError::Empty);
    }
    let below = |rest: &'a str| (rest.is_empty() || rest.starts_with('/')).then_some(rest);
    if let Some(rest) = pattern.strip_prefix('/') {
        return Ok((CanonicalPath::root(), rest));
    }
    if let Some(rest) = pattern.strip_prefix('~').and_then(below) {
        let context = context.ok_or(PathError::NotAbsolute)?;
        return Ok((context.home.clone(), rest));
    }
    if let Some(rest) = pattern.strip_prefix("{project}").and_then(below) {
        let project = context
            .and_then(|context| context.project)
            .ok_or(PathError::NoProject)?;
        return Ok((project.clone(), rest));
    }
    Err(PathError::NotAbsolute)
}

#[cfg(test)]
mod tests;
