//! Where the requests on a connection begin and end, in the bytes as they come. Pure. hyper drops what a request says of
//! its length beside what it takes, so only here a later head can be checked like the first.

use crate::http_head::{Lines, RawHead};
use crate::limits::HELD;

/// What the next bytes of a connection are.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    part: Part,
    /// What has come of a line that is not complete.
    line: Vec<u8>,
}

#[derive(Debug)]
enum Part {
    Head(Lines),
    /// So many bytes of a body are left.
    Body(u64),
    /// The line before a chunk.
    Size,
    /// So many bytes of a chunk are left.
    Chunk(u64),
    /// The line break behind it.
    ChunkEnd,
    Trailers,
}

impl Default for Part {
    fn default() -> Self {
        Self::Head(Lines::default())
    }
}

/// Bytes that must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// How many of those before them may.
    pub(crate) after: usize,
    /// Why.
    pub(crate) reason: &'static str,
}

impl Frames {
    /// Takes the next bytes. After an error nothing more is to be taken.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let refused = |reason| Refused {
                after: bytes.len() - rest.len(),
                reason,
            };
            if let Part::Body(left) | Part::Chunk(left) = &mut self.part {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                *left -= count as u64;
                rest = rest.get(count..).unwrap_or_default();
                self.pass_empty();
                continue;
            }
            let end = rest.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
            if HELD < self.line.len() + line.len() {
                return Err(refused("a line is too long"));
            }
            self.line.extend_from_slice(line);
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                self.add(&line).map_err(refused)?;
                self.pass_empty();
            }
            rest = after;
        }
        Ok(())
    }

    /// Goes on behind bytes of which none are left.
    fn pass_empty(&mut self) {
        match self.part {
            Part::Body(0) => self.part = Part::default(),
            Part::Chunk(0) => self.part = Part::ChunkEnd,
            Part::Head(_) | Part::Body(_) | Part::Size | Part::Chunk(_) | Part::ChunkEnd | Part::Trailers => {
            }
        }
    }

    /// A whole line, with its end.
    fn add(&mut self, line: &[u8]) -> Result<(), &'static str> {
        if let Part::Head(lines) = &mut self.part {
            match lines.add(line) {
                RawHead::Incomplete => {}
                RawHead::Refused(reason) => return Err(reason),
                RawHead::Sound if lines.is_chunked() => self.part = Part::Size,
                RawHead::Sound => self.part = Part::Body(lines.length()),
            }
            return Ok(());
        }
        let line = line
            .strip_suffix(b"\r\n")
            .ok_or("a line ends without a carriage return")?;
        if line.contains(&b'\r') {
            return Err("a carriage return in a body's chunks");
        }
        self.part = match self.part {
            Part::Size => match size(line).ok_or("a chunk without a size")? {
                0 => Part::Trailers,
                size => Part::Chunk(size),
            },
            Part::ChunkEnd if line.is_empty() => Part::Size,
            Part::ChunkEnd => return Err("a chunk is longer than it says"),
            Part::Trailers if line.is_empty() => Part::default(),
            Part::Trailers | Part::Head(_) | Part::Body(_) | Part::Chunk(_) => return Ok(()),
        };
        Ok(())
    }
}

/// The size at the start of a chunk's line: hexadecimal, and perhaps an extension behind it.
fn size(line: &[u8]) -> Option<u64> {
    let end = line.iter().position(|byte| b"; \t".contains(byte));
    let digits = line.get(..end.unwrap_or(line.len()))?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests;
