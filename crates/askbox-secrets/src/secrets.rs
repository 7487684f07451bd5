//! The rules: which of keyring and file is used for a secret, when.
//!
//! A record decides where to look, and nothing else does: a keyring that cannot be used is an error where the record names it,
//! never a reason to go on without the secret; and nobody is asked for what was never kept.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use askbox_paths::own_file;

use crate::error::{Error, Unavailable};
use crate::keyring::{Keyring, Order};
use crate::record::{Record, Stamp};
use crate::secret::Secret;

/// Most bytes of a record.
const RECORD_BYTES: u64 = 16 * 1024;

/// What a secret is called: its record, and part of its account in the keyring. A file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(pub &'static str);

/// Where secrets are.
#[derive(Clone, Debug)]
pub struct Secrets {
    directory: PathBuf,
    keyring: Arc<dyn Keyring>,
}

/// One of the two places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The user's keyring.
    Keyring,
    /// This file, of mode 0600.
    File(PathBuf),
}

/// When a file is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Where there is no keyring. One that is locked or hangs is an error: who has a keyring did not ask for a file.
    WithoutService,
    /// Without asking a keyring.
    Chosen,
}

/// Where a secret went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The place.
    pub place: Place,
    /// Why it is not the keyring.
    pub instead: Option<Unavailable>,
}

/// What became of a secret that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Where it was.
    pub place: Place,
    /// Why the keyring still has it, which nobody looks at any more.
    pub left: Option<Unavailable>,
}

impl Secrets {
    /// With records in this directory, which is made when it is needed.
    pub fn new(directory: PathBuf, keyring: impl Keyring + 'static) -> Self {
        Self {
            directory,
            keyring: Arc::new(keyring),
        }
    }

    /// Whether there is a keyring.
    pub fn greet(&self) -> Result<(), Unavailable> {
        self.keyring.carry_out(&Order::Greet).map(drop)
    }

    /// Where a secret is; `None` where none is kept. Asks no keyring.
    pub fn record(&self, name: Name) -> Result<Option<Record>, Error> {
        let path = self.path(name);
        let failed = |source| Error::File {
            step: "read",
            path: path.clone(),
            source,
        };
        let Some(content) = own_file::read(&path, RECORD_BYTES).map_err(failed)? else {
            return Ok(None);
        };
        let mode = fs::metadata(&path).map_err(failed)?.permissions().mode();
        let record = Record::parse(&content).ok_or_else(|| Error::Garbled(path.clone()))?;
        match record {
            Record::Here(..) if mode & 0o077 != 0 => Err(Error::Exposed(path)),
            record => Ok(Some(record)),
        }
    }

    /// The place of a secret, where one is kept.
    pub fn place(&self, name: Name) -> Result<Option<Place>, Error> {
        Ok(self.record(name)?.map(|record| self.place_of(name, &record)))
    }

    /// A secret that the keyring has by its record.
    pub fn from_keyring(&self, name: Name) -> Result<Secret, Error> {
        let account = self.account(name);
        let value = self.keyring.carry_out(&Order::Read { account })?;
        value.and_then(|value| Secret::decode(&value)).ok_or(Error::Lost)
    }

    /// Keeps a secret, in the place of an older one. Blocks, with a keyring that waits for a person for a minute.
    pub fn keep(&self, name: Name, secret: Secret, fallback: Fallback) -> Result<Kept, Error> {
        self.make_directory()?;
        let stamp = stamp()?;
        let before = self.record(name).ok().flatten();
        let instead = match fallback {
            Fallback::Chosen => None,
            Fallback::WithoutService => {
                let order = Order::Write {
                    account: self.account(name),
                    value: secret.encoded(),
                };
                match self.keyring.carry_out(&order) {
                    // The keyring first: whoever finds the new record finds the new value.
                    Ok(_nothing) => {
                        self.write(name, &Record::Keyring(stamp))?;
                        let place = Place::Keyring;
                        return Ok(Kept { place, instead: None });
                    }
                    Err(nobody @ Unavailable::NoService(_)) => Some(nobody),
                    Err(unavailable) => return Err(unavailable.into()),
                }
            }
        };
        let record = Record::Here(stamp, secret);
        self.write(name, &record)?;
        if let (Some(Record::Keyring(_)), Fallback::Chosen) = (before, fallback) {
            // What it has is old, and looked at no more.
            let account = self.account(name);
            drop(self.keyring.carry_out(&Order::Remove { account }));
        }
        let place = self.place_of(name, &record);
        Ok(Kept { place, instead })
    }

    /// Forgets a secret; `None` where none is kept. From here on nobody uses it, though the keyring may not give it away.
    pub fn remove(&self, name: Name) -> Result<Option<Removed>, Error> {
        let record = match self.record(name) {
            Err(Error::Exposed(_) | Error::Garbled(_)) => None,
            Ok(None) => return Ok(None),
            Ok(Some(record)) => Some(record),
            Err(error) => return Err(error),
        };
        let path = self.path(name);
        fs::remove_file(&path).map_err(|source| Error::File {
            step: "remove",
            path: path.clone(),
            source,
        })?;
        let place = match record {
            Some(record) => self.place_of(name, &record),
            None => Place::File(path),
        };
        let account = self.account(name);
        let left = match place {
            Place::Keyring => self.keyring.carry_out(&Order::Remove { account }).err(),
            Place::File(_) => None,
        };
        Ok(Some(Removed { place, left }))
    }

    fn place_of(&self, name: Name, record: &Record) -> Place {
        match record {
            Record::Keyring(_) => Place::Keyring,
            Record::Here(..) => Place::File(self.path(name)),
        }
    }

    /// Where the record of a secret is, and the secret itself where no keyring has it.
    pub fn path(&self, name: Name) -> PathBuf {
        self.directory.join(name.0)
    }

    /// One for each directory, since a user can have several Askboxes and has one keyring.
    fn account(&self, name: Name) -> String {
        format!("{} of {}", name.0, self.directory.display())
    }

    fn write(&self, name: Name, record: &Record) -> Result<(), Error> {
        let path = self.path(name);
        let written =
            close(&path, 0o600).and_then(|()| own_file::replace(&path, record.content().as_bytes()));
        written.map_err(|source| Error::File {
            step: "write",
            path,
            source,
        })
    }

    fn make_directory(&self) -> Result<(), Error> {
        let path = &self.directory;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.and_then(|()| close(path, 0o700))
            .map_err(|source| Error::File {
                step: "make",
                path: path.clone(),
                source,
            })
    }
}

/// Takes what is there away from others: a file that is replaced keeps its mode.
fn close(path: &Path, mode: u32) -> io::Result<()> {
    match fs::set_permissions(path, Permissions::from_mode(mode)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn stamp() -> Result<Stamp, Error> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).map_err(|_unavailable| Error::Random)?;
    Ok(Stamp(format!("{:016x}", u64::from_ne_bytes(bytes))))
}

#[cfg(test)]
mod tests;
