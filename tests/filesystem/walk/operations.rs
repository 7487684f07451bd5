//! The operations of a walk, as data: on few names, so that they meet each other.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use nix::fcntl::{FallocateFlags, OFlag, RenameFlags};

use super::chance::Chance;

/// Open files that a walk keeps.
pub(super) const SLOTS: u64 = 4;

/// The longest name of the host's file systems, and one that is too long.
const LONGEST: [u8; 255] = [b'n'; 255];
const TOO_LONG: [u8; 256] = [b'n'; 256];

/// Names, some of them odd ones and some below others.
const NAMES: &[&[u8]] = &[
    b"a",
    b"b",
    b"c",
    b"d",
    b"d/a",
    b"d/b",
    b"d/d",
    b"d/d/a",
    b"e",
    b"e/a",
    b"l",
    b"l/a",
    b"not\xff\xfeUTF-8",
    b"line\nbreak",
    b" blank ",
    &LONGEST,
    &TOO_LONG,
];

/// Where symbolic links lead.
const TARGETS: &[&[u8]] = &[b"a", b"d", b"e", b"l", b"d/a", b"nowhere", b"not\xff\xfeUTF-8"];

/// Offsets and sizes: around pages, large, and beyond 32 bits.
const OFFSETS: &[u64] = &[0, 1, 100, 4095, 4096, 4097, 65_536, 300_000, (4 << 30) + 17];

const LENGTHS: &[u64] = &[0, 1, 10, 4096, 5000, 70_000];

/// Set-user-id is refused on both sides. Set-group-id is not among them, since the asking file system alone refuses it for files.
const MODES: &[u32] = &[
    0o644, 0o600, 0o755, 0o444, 0o200, 0o000, 0o4755, 0o1755, 0o1777, 0o700,
];

/// The owner's rights to change names in a directory and to search it, which no operation takes away. Without the first, the
/// kernel looks at the names before it asks whether they may be changed, so that the error can be another; without the other,
/// names that are known are found for another second.
const USABLE: u32 = 0o300;

type Name = &'static OsStr;

#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    Open(u64, Name, OFlag, u32),
    Close(u64),
    WriteAt(u64, u64, u64, u8),
    Write(u64, u64, u8),
    ReadAt(u64, u64, u64),
    SetLength(u64, u64),
    Truncate(Name, u64),
    Allocate(u64, FallocateFlags, u64, u64),
    SeekData(u64, u64),
    SeekHole(u64, u64),
    Copy((u64, u64), (u64, u64), u64),
    Sync(u64),
    LookOpen(u64),
    Look(Name),
    LookThrough(Name),
    List(Name),
    Rename(Name, Name, RenameFlags),
    Link(Name, Name),
    MakeLink(Name, Name),
    ReadLink(Name),
    MakeDirectory(Name, u32),
    RemoveDirectory(Name),
    Remove(Name),
    SetMode(Name, u32),
    SetModeOpen(u64, u32),
    SetTimes(Name, i64, i64),
    SetTimesOfLink(Name, i64, i64),
    SetAttribute(Name, Name, u64),
    Attribute(Name, Name),
    Attributes(Name),
    RemoveAttribute(Name, Name),
    Access(Name, u8),
}

/// Names of extended attributes; the last is refused.
const ATTRIBUTES: &[&[u8]] = &[b"user.one", b"user.two", b"user."];

/// Seconds since 1970, and nanoseconds: before it and after 2038 too.
const SECONDS: &[i64] = &[0, 1, -1, 1_000_000_000, 5_000_000_000];
const NANOSECONDS: &[i64] = &[0, 1, 999_999_999];

/// The next one.
pub(super) fn next(chance: &mut Chance) -> Operation {
    use Operation as O;
    let slot = chance.below(SLOTS);
    let name = OsStr::from_bytes(chance.of(NAMES));
    let other = OsStr::from_bytes(chance.of(NAMES));
    let (offset, length) = (chance.of(OFFSETS), chance.of(LENGTHS));
    let byte = b'a' + u8::try_from(chance.below(26)).unwrap();
    let mode = chance.of(MODES);
    match chance.below(45) {
        0..5 => O::Open(slot, name, flags(chance), mode),
        5 => O::Close(slot),
        6..9 => O::WriteAt(slot, offset, length, byte),
        9..11 => O::Write(slot, length, byte),
        11..14 => O::ReadAt(slot, offset, length),
        14 => O::SetLength(slot, offset),
        15 => O::Truncate(name, offset),
        16 => O::Allocate(slot, allocation(chance), offset, length),
        17 => O::SeekData(slot, offset),
        18 => O::SeekHole(slot, offset),
        19 => O::Copy((slot, offset), (chance.below(SLOTS), chance.of(OFFSETS)), length),
        20 => O::Sync(slot),
        21..23 => O::LookOpen(slot),
        23..25 => O::Look(name),
        25 => O::LookThrough(name),
        26..28 => O::List(name),
        28..31 => O::Rename(name, other, renaming(chance)),
        31 => O::Link(name, other),
        32 => O::MakeLink(OsStr::from_bytes(chance.of(TARGETS)), name),
        33 => O::ReadLink(name),
        34..36 => O::MakeDirectory(name, mode | 0o700),
        36 => O::RemoveDirectory(name),
        37 => O::Remove(name),
        38 => O::SetMode(name, mode | USABLE),
        39 => O::SetModeOpen(slot, mode | USABLE),
        40 => O::SetTimes(name, chance.of(SECONDS), chance.of(NANOSECONDS)),
        41 => O::SetTimesOfLink(name, chance.of(SECONDS), chance.of(NANOSECONDS)),
        42 => O::Access(name, u8::try_from(chance.below(8)).unwrap()),
        _ => extended(chance, name, length),
    }
}

fn extended(chance: &mut Chance, name: Name, length: u64) -> Operation {
    let attribute = OsStr::from_bytes(chance.of(ATTRIBUTES));
    match chance.below(4) {
        0 => Operation::SetAttribute(name, attribute, length.min(2000)),
        1 => Operation::Attribute(name, attribute),
        2 => Operation::Attributes(name),
        _ => Operation::RemoveAttribute(name, attribute),
    }
}

fn flags(chance: &mut Chance) -> OFlag {
    let mut flags = chance.of(&[OFlag::O_RDONLY, OFlag::O_WRONLY, OFlag::O_RDWR, OFlag::O_RDWR]);
    for (flag, one_of) in [
        (OFlag::O_CREAT, 2),
        (OFlag::O_EXCL, 6),
        (OFlag::O_TRUNC, 5),
        (OFlag::O_APPEND, 4),
        (OFlag::O_NOFOLLOW, 8),
        (OFlag::O_DIRECTORY, 10),
    ] {
        if chance.below(one_of) == 0 {
            flags |= flag;
        }
    }
    flags
}

fn allocation(chance: &mut Chance) -> FallocateFlags {
    let (keep, punch) = (
        FallocateFlags::FALLOC_FL_KEEP_SIZE,
        FallocateFlags::FALLOC_FL_PUNCH_HOLE,
    );
    let zero = FallocateFlags::FALLOC_FL_ZERO_RANGE;
    chance.of(&[
        FallocateFlags::empty(),
        keep,
        punch | keep,
        punch,
        zero,
        zero | keep,
    ])
}

fn renaming(chance: &mut Chance) -> RenameFlags {
    chance.of(&[
        RenameFlags::empty(),
        RenameFlags::empty(),
        RenameFlags::RENAME_NOREPLACE,
        RenameFlags::RENAME_EXCHANGE,
    ])
}
