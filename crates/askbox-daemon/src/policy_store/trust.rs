//! Projects' own files, `.askbox.toml`, and which of them the user trusts. Trust is for one content: the file's SHA-256
//! is pinned, and whatever changes it ends it.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use askbox_paths::own_file::{self, KeptAside};
use askbox_policy::CanonicalPath;
use askbox_policy::limits::POLICY_FILE_BYTES;
use askbox_policy::policy_file::{self, Context, PolicyFile, Problem};
use askbox_policy::rule::Origin;
use askbox_wire::OsText;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::limits;

/// The name of a project's own file.
pub(crate) const PROJECT_FILE: &str = ".askbox.toml";

/// A project's file as it was read.
#[derive(Debug)]
pub(crate) struct ProjectFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// SHA-256 of its content, in hexadecimal.
    pub(crate) digest: String,
    /// What it says.
    pub(crate) content: Result<PolicyFile, Vec<Problem>>,
}

/// Which files are trusted, with the content that they had then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trusted {
    digests: BTreeMap<OsText, String>,
}

/// Whether a project's file counts whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The user trusts this content.
    Given,
    /// The user trusted another content.
    Ended,
    /// The user never trusted the file.
    Never,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    files: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: OsText,
    sha256: String,
}

/// The only format so far.
const VERSION: u32 = 1;

impl ProjectFile {
    /// Reads the file of a project; `None` when there is none. The project is writable from inside, so whatever lies
    /// there is not followed, not waited for and not believed.
    pub(crate) fn read(project: &CanonicalPath, home: &CanonicalPath) -> io::Result<Option<Self>> {
        let path = project.as_path().join(PROJECT_FILE);
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = match OpenOptions::new().read(true).custom_flags(flags).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            // open(2): a link, and a socket.
            Err(error) if matches!(error.raw_os_error(), Some(libc::ELOOP | libc::ENXIO)) => {
                return Err(not_a_file());
            }
            file => file?,
        };
        if !file.metadata()?.is_file() {
            return Err(not_a_file());
        }
        let mut bytes = Vec::new();
        file.take(POLICY_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        let digest = hexadecimal(&Sha256::digest(&bytes));
        let text = String::from_utf8(bytes).map_err(io::Error::other)?;
        let context = Context {
            home: home.clone(),
            project: Some(project.clone()),
            origin: Origin::Project,
        };
        Ok(Some(Self {
            path,
            digest,
            content: policy_file::parse(&text, &context),
        }))
    }
}

fn not_a_file() -> io::Error {
    io::Error::other("it is not an ordinary file")
}

impl Trusted {
    /// Reads the list; none is an empty one. A broken one is kept aside and trusts nothing.
    pub(crate) fn load(path: &Path) -> io::Result<(Self, Option<KeptAside>)> {
        let parsed = match own_file::read(path, limits::TRUSTED_FILE_BYTES) {
            Ok(None) => return Ok((Self::default(), None)),
            Ok(Some(bytes)) => Self::parse(&bytes),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(error.to_string()),
            Err(error) => return Err(error),
        };
        match parsed {
            Ok(trusted) => Ok((trusted, None)),
            Err(reason) => Ok((Self::default(), Some(own_file::keep_aside(path, reason)?))),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let stored: Stored = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if stored.version != VERSION {
            return Err(format!(
                "format {}, and this Askbox knows {VERSION}",
                stored.version
            ));
        }
        let files = stored.files.into_iter();
        Ok(Self {
            digests: files.map(|entry| (entry.path, entry.sha256)).collect(),
        })
    }

    /// Whether the user trusts this file with this content.
    pub(crate) fn of(&self, file: &ProjectFile) -> Trust {
        match self.digests.get(&OsText::from(file.path.clone())) {
            Some(digest) if *digest == file.digest => Trust::Given,
            Some(_other) => Trust::Ended,
            None => Trust::Never,
        }
    }

    /// The list with this content of a file on it, written down. Blocks.
    pub(crate) fn with(&self, file: &ProjectFile, list: &Path) -> io::Result<Self> {
        let mut digests = self.digests.clone();
        digests.insert(OsText::from(file.path.clone()), file.digest.clone());
        let files = digests.iter().map(|(path, sha256)| Entry {
            path: path.clone(),
            sha256: sha256.clone(),
        });
        let stored = Stored {
            version: VERSION,
            files: files.collect(),
        };
        let mut json = serde_json::to_vec_pretty(&stored)?;
        json.push(b'\n');
        own_file::replace(list, &json)?;
        Ok(Self { digests })
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
