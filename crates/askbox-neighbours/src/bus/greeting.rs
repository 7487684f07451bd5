//! How a connection to a bus begins: a zero byte and lines, to the line `BEGIN` (D-Bus specification, "Authentication Protocol").
//! Descriptors are not passed on, so a program that asks for them is told by the bus that there are none. Pure and bounded.

use crate::limits;

/// How a program asks to send descriptors, and what is said in its place: a command that no bus knows, which it answers as one
/// that cannot.
const DESCRIPTORS: &[u8] = b"NEGOTIATE_UNIX_FD";
const UNKNOWN: &[u8] = b"NO_DESCRIPTORS";

const BEGIN: &[u8] = b"BEGIN";

/// What ends a line, and nothing else does.
const END: &[u8] = b"\r\n";

/// What was said of it so far.
#[derive(Debug, Default)]
pub(super) struct Greeting {
    /// A line that has not ended.
    line: Vec<u8>,
    is_over: bool,
}

impl Greeting {
    /// What of this is passed on, by now; `None` for a line that never ends.
    pub(super) fn feed(&mut self, said: &[u8]) -> Option<Vec<u8>> {
        let mut passed = Vec::with_capacity(said.len());
        let mut rest = said;
        while !self.is_over {
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                self.line.extend_from_slice(rest);
                return (self.line.len() <= limits::GREETING_LINE_BYTES).then_some(passed);
            };
            let (line, after) = rest.split_at_checked(end + 1)?;
            self.line.extend_from_slice(line);
            rest = after;
            // As a bus takes it: anything else is part of a line.
            if !self.line.ends_with(END) {
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let (zero, words) = match line.split_first() {
                Some((0, words)) => (&[0][..], words),
                _ => (&[][..], line.as_slice()),
            };
            let command = command(words);
            self.is_over = command == BEGIN;
            if command == DESCRIPTORS {
                passed.extend([zero, UNKNOWN, b"\r\n"].concat());
            } else {
                passed.extend_from_slice(&line);
            }
        }
        passed.extend_from_slice(rest);
        Some(passed)
    }
}

/// The first word of a line, which is all of it that a bus looks at for what is to be done.
fn command(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(END).unwrap_or(line);
    line.split(|byte| matches!(byte, b' ' | b'\t'))
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
