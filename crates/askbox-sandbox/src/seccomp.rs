//! System calls that no program inside needs, and that reach outside the walls or take them down. Which they are is data, in
//! `seccomp/calls.rs`; what is not there is let through. Must not depend on what the session runs.

use std::io;

use askbox_policy::Switches;

mod calls;
mod program;

use program::{ARM64, Instruction, X86_64, program};

/// The filter of a session as bwrap reads it: struct `sock_filter` after struct `sock_filter`.
pub(crate) fn filter(switches: Switches) -> io::Result<Vec<u8>> {
    let machine = if cfg!(target_arch = "x86_64") {
        &X86_64
    } else {
        &ARM64
    };
    let program = program(machine, switches).map_err(io::Error::other)?;
    Ok(program.into_iter().flat_map(bytes).collect())
}

fn bytes(instruction: Instruction) -> [u8; 8] {
    let Instruction {
        code,
        holds,
        fails,
        value,
    } = instruction;
    let mut bytes = [0; 8];
    bytes[..2].copy_from_slice(&code.to_ne_bytes());
    bytes[2..4].copy_from_slice(&[holds, fails]);
    bytes[4..].copy_from_slice(&value.to_ne_bytes());
    bytes
}

#[cfg(test)]
mod tests;
