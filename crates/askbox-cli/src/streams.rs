//! Standard streams that are regular files. A file that went inside could be opened again there by `/proc/self/fd`, for
//! writing where it was only to be read, so a pipe goes inside in its place, and this relays between the two. Bytes are
//! copied, not spliced: a spliced page would be the file's own, in a pipe of the sandbox.

use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::limits::{STREAM_CHUNK, STREAM_PIPE, STREAM_ROUNDS};

/// The files among the standard streams, each with our end of its pipe.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    feeds: Vec<Feed>,
    sinks: Vec<Sink>,
    buffer: Vec<u8>,
    failure: Option<Failure>,
}

const READ: [&str; 3] = [
    "read standard input",
    "read standard output",
    "read standard error",
];
const WRITE: [&str; 3] = [
    "write standard input",
    "write standard output",
    "write standard error",
];

/// What a standard descriptor is for the session, in place of the file that it is.
pub(crate) type Inside = [Option<OwnedFd>; 3];

/// Which relay has something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Feed(usize),
    Sink(usize),
}

/// A stream that could not be relayed to its end.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What was tried.
    pub(crate) step: &'static str,
    /// Why it failed.
    pub(crate) source: io::Error,
}

/// A file that is read inside.
#[derive(Debug)]
struct Feed {
    file: File,
    /// Another copy of the end that is inside, to see in the end what nobody has read.
    reader: PipeReader,
    /// Gone when the file has ended.
    writer: Option<PipeWriter>,
    /// Read from the file, and not in the pipe yet.
    pending: Vec<u8>,
    step: &'static str,
}

/// A file that is written inside.
#[derive(Debug)]
struct Sink {
    file: File,
    identity: Identity,
    /// Gone when the file cannot be written; whoever writes inside hears of a broken pipe then.
    reader: Option<PipeReader>,
    /// Kept until the command has its copies.
    writer: Option<PipeWriter>,
    step: &'static str,
}

/// Two descriptors with equal ones are the same open file, as far as one can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    flags: OFlag,
}

impl Streams {
    /// Looks at the standard descriptors. Each that is a regular file gets a pipe, two that are the same open file the
    /// same one, so that what is written to both keeps its order.
    pub(crate) fn open() -> io::Result<(Self, Inside)> {
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        Self::of([stdin.as_fd(), stdout.as_fd(), stderr.as_fd()])
    }

    fn of(standard: [BorrowedFd<'_>; 3]) -> io::Result<(Self, Inside)> {
        let mut streams = Self::default();
        let mut inside = Inside::default();
        for ((number, place), standard) in (0..).zip(&mut inside).zip(standard) {
            let file = File::from(standard.try_clone_to_owned()?);
            let metadata = file.metadata()?;
            if !metadata.is_file() {
                continue;
            }
            let flags = OFlag::from_bits_truncate(fcntl(&file, FcntlArg::F_GETFL)?);
            let is_read = match flags & OFlag::O_ACCMODE {
                OFlag::O_RDONLY => true,
                OFlag::O_WRONLY => false,
                _ => number == 0,
            };
            let end = if is_read {
                streams.feed(file, number)?
            } else {
                let identity = Identity {
                    device: metadata.dev(),
                    inode: metadata.ino(),
                    flags,
                };
                streams.sink(file, identity, number)?
            };
            *place = Some(end);
        }
        Ok((streams, inside))
    }

    fn feed(&mut self, file: File, number: usize) -> io::Result<OwnedFd> {
        let (reader, writer) = pipe()?;
        let inside = reader.try_clone()?.into();
        unblock(&writer)?;
        self.feeds.push(Feed {
            file,
            reader,
            writer: Some(writer),
            pending: Vec::new(),
            step: step(READ, number),
        });
        Ok(inside)
    }

    fn sink(&mut self, file: File, identity: Identity, number: usize) -> io::Result<OwnedFd> {
        let known = self.sinks.iter().find(|sink| sink.identity == identity);
        if let Some(writer) = known.and_then(|sink| sink.writer.as_ref()) {
            return Ok(writer.try_clone()?.into());
        }
        let (reader, writer) = pipe()?;
        let inside = writer.try_clone()?.into();
        unblock(&reader)?;
        self.sinks.push(Sink {
            file,
            identity,
            reader: Some(reader),
            writer: Some(writer),
            step: step(WRITE, number),
        });
        Ok(inside)
    }

    /// The command has its ends: what is written to a pipe ends with the last of them.
    pub(crate) fn hand_over(&mut self) {
        for sink in &mut self.sinks {
            sink.writer = None;
        }
    }

    /// What to wait for.
    pub(crate) fn watched(&self) -> impl Iterator<Item = (Which, PollFd<'_>)> {
        let feeds = self.feeds.iter().enumerate().filter_map(|(number, feed)| {
            let writer = feed.writer.as_ref()?.as_fd();
            Some((Which::Feed(number), PollFd::new(writer, PollFlags::POLLOUT)))
        });
        let sinks = self.sinks.iter().enumerate().filter_map(|(number, sink)| {
            let reader = sink.reader.as_ref()?.as_fd();
            Some((Which::Sink(number), PollFd::new(reader, PollFlags::POLLIN)))
        });
        feeds.chain(sinks)
    }

    /// Moves some bytes of one stream, never more than a bounded number, so that no signal has to wait for long.
    pub(crate) fn relay(&mut self, which: Which) {
        let moved = match which {
            Which::Feed(number) => self.feeds.get_mut(number).map(Feed::relay),
            Which::Sink(number) => {
                let buffer = &mut self.buffer;
                self.sinks.get_mut(number).map(|sink| sink.relay(buffer))
            }
        };
        if let Some(Err(failure)) = moved {
            self.failure.get_or_insert(failure);
        }
    }

    /// After the end of everything inside: moves what was written last, and puts files back to where the command has read
    /// them, as the next program that reads them expects. Returns what went wrong first.
    pub(crate) fn finish(mut self) -> Option<Failure> {
        self.hand_over();
        for number in 0..self.sinks.len() {
            while self.has_more(number) {
                self.relay(Which::Sink(number));
            }
        }
        for feed in self.feeds {
            // What cannot be sought was not worth more to whoever opened it.
            drop(feed.rewind());
        }
        self.failure
    }

    fn has_more(&self, sink: usize) -> bool {
        let reader = self.sinks.get(sink).and_then(|sink| sink.reader.as_ref());
        reader.is_some_and(|reader| is_ready(reader.as_fd()))
    }
}

impl Feed {
    fn relay(&mut self) -> Result<(), Failure> {
        for _ in 0..STREAM_ROUNDS {
            let Some(writer) = &mut self.writer else { break };
            if self.pending.is_empty() {
                let chunk = Read::by_ref(&mut self.file).take(STREAM_CHUNK);
                let read = { chunk }.read_to_end(&mut self.pending);
                if let Err(source) = read {
                    self.writer = None;
                    return Err(Failure {
                        step: self.step,
                        source,
                    });
                }
                if self.pending.is_empty() {
                    self.writer = None;
                    break;
                }
            }
            match writer.write(&self.pending) {
                Ok(length) => drop(self.pending.drain(..length)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_full) => break,
            }
        }
        Ok(())
    }

    /// Puts the file back by what nobody has read.
    fn rewind(mut self) -> io::Result<()> {
        self.writer = None;
        let mut unread = self.pending.len();
        let mut buffer = vec![0; STREAM_PIPE];
        while is_ready(self.reader.as_fd()) {
            match self.reader.read(&mut buffer)? {
                0 => break,
                length => unread += length,
            }
        }
        let back = i64::try_from(unread).map_err(io::Error::other)?;
        if 0 < back {
            self.file.seek(SeekFrom::Current(-back))?;
        }
        Ok(())
    }
}

impl Sink {
    fn relay(&mut self, buffer: &mut Vec<u8>) -> Result<(), Failure> {
        buffer.resize(STREAM_PIPE, 0);
        for _ in 0..STREAM_ROUNDS {
            let Some(reader) = &mut self.reader else { break };
            let length = match reader.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(0) | Err(_) => {
                    self.reader = None;
                    break;
                }
                Ok(length) => length,
            };
            let words = buffer.get(..length).unwrap_or_default();
            if let Err(source) = self.file.write_all(words) {
                self.reader = None;
                return Err(Failure {
                    step: self.step,
                    source,
                });
            }
        }
        Ok(())
    }
}

fn step(steps: [&'static str; 3], number: usize) -> &'static str {
    steps.get(number).copied().unwrap_or_default()
}

/// A pipe that takes more than the usual, where the user may still have one.
fn pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    let size = i32::try_from(STREAM_PIPE).map_err(io::Error::other)?;
    match fcntl(&writer, FcntlArg::F_SETPIPE_SZ(size)) {
        // It is as large as it is.
        Ok(_) | Err(_) => {}
    }
    Ok((reader, writer))
}

/// Each end of a pipe is an open file of its own: those inside block as they should.
fn unblock(end: impl AsFd) -> io::Result<()> {
    fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Whether something can be read at once.
fn is_ready(reader: BorrowedFd<'_>) -> bool {
    poll(&mut [PollFd::new(reader, PollFlags::POLLIN)], PollTimeout::ZERO).is_ok_and(|ready| 0 < ready)
}

#[cfg(test)]
mod tests;
