//! Lines of the data as one program of classic BPF, for every way into the kernel that a machine has. Pure; knows no call by
//! itself.
//!
//! A filter of one architecture lets everything through that comes in by the other one, or has to kill it. So there is a
//! section for each.

use super::calls::{ABSENT, LINES, Line, Opens, Test};
use askbox_policy::Switches;

/// An instruction, as linux/filter.h has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    pub(super) code: u16,
    /// How many instructions are passed over when a comparison holds.
    pub(super) holds: u8,
    /// And when it does not.
    pub(super) fails: u8,
    pub(super) value: u32,
}

/// A way into the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    /// `AUDIT_ARCH_*` of linux/audit.h.
    audit: u32,
    /// The column of its numbers.
    column: usize,
    /// Numbers from here on are calls of x32: those of x86-64 with a bit of their own (`__X32_SYSCALL_BIT`, asm/unistd.h), which
    /// no line would match. Programs for x32 are not built any more.
    foreign_from: Option<u32>,
}

/// The ways into the kernel of one kind of machine.
pub(super) struct Machine {
    native: Entry,
    /// For 32-bit programs, and for `int 0x80` from any.
    compatible: Entry,
}

pub(super) const X86_64: Machine = Machine {
    native: Entry {
        audit: 0xc000_003e,
        column: 0,
        foreign_from: Some(0x4000_0000),
    },
    compatible: Entry {
        audit: 0x4000_0003,
        column: 2,
        foreign_from: None,
    },
};

pub(super) const ARM64: Machine = Machine {
    native: Entry {
        audit: 0xc000_00b7,
        column: 1,
        foreign_from: None,
    },
    compatible: Entry {
        audit: 0x4000_0028,
        column: 3,
        foreign_from: None,
    },
};

/// A program that the kernel would not take.
#[derive(Debug, thiserror::Error)]
#[error("a filter has a jump of {0} instructions")]
pub(super) struct TooFar(usize);

const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP: u16 = 0x05; // BPF_JMP | BPF_JA
const EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const ANY_BIT: u16 = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

/// Offsets in `struct seccomp_data` (linux/seccomp.h).
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const KILL: u32 = libc::SECCOMP_RET_KILL_PROCESS;

/// The program for a machine and the walls that are down.
pub(super) fn program(machine: &Machine, switches: Switches) -> Result<Vec<Instruction>, TooFar> {
    let native = section(&machine.native, switches)?;
    let compatible = section(&machine.compatible, switches)?;
    let mut program = vec![
        always(LOAD, ARCHITECTURE),
        when(EQUAL, machine.native.audit, 1, 0)?,
        always(
            JUMP,
            u32::try_from(native.len()).map_err(|_range| TooFar(native.len()))?,
        ),
    ];
    program.extend(native);
    program.push(when(EQUAL, machine.compatible.audit, 1, 0)?);
    program.push(always(RETURN, KILL));
    program.extend(compatible);
    Ok(program)
}

/// What the calls of one way in are answered with. Ends always.
fn section(entry: &Entry, switches: Switches) -> Result<Vec<Instruction>, TooFar> {
    let stands = |line: &&Line| match line.opens {
        Opens::Nothing => true,
        Opens::NestedSandbox => !switches.nested_sandbox,
        Opens::Debugger => !switches.debugger,
    };
    let number = |line: &Line| line.numbers.get(entry.column).copied().unwrap_or(ABSENT);
    let lines: Vec<&Line> = LINES
        .iter()
        .filter(stands)
        .filter(|line| number(line) != ABSENT)
        .collect();
    let mut section = vec![always(LOAD, NUMBER)];
    if let Some(first) = entry.foreign_from {
        section.push(when(AT_LEAST, first, 0, 1)?);
        section.push(refuse(libc::ENOSYS));
    }
    for lines in lines.chunk_by(|one, other| number(one) == number(other)) {
        let Some(first) = lines.first() else { continue };
        let answer = answer(lines)?;
        section.push(when(EQUAL, number(first), 0, answer.len())?);
        section.extend(answer);
    }
    section.push(always(RETURN, ALLOW));
    Ok(section)
}

/// What one call is answered with: the first line whose tests hold. Ends always, since a test loads over the number.
fn answer(lines: &[&Line]) -> Result<Vec<Instruction>, TooFar> {
    let mut answer = Vec::new();
    for line in lines {
        let refusal = refuse(line.errno);
        if line.when.is_empty() {
            answer.push(refusal);
            return Ok(answer);
        }
        for (at, test) in line.when.iter().enumerate() {
            // The tests behind it, two instructions each, and the refusal.
            let rest = 2 * (line.when.len() - at - 1) + 1;
            let (argument, comparison) = match *test {
                Test::Is(argument, value) => (argument, when(EQUAL, value, 0, rest)?),
                Test::IsNot(argument, value) => (argument, when(EQUAL, value, rest, 0)?),
                Test::AnyOf(argument, bits) => (argument, when(ANY_BIT, bits, 0, rest)?),
            };
            // Both machines are little-endian: the low half of an argument is its first word.
            answer.push(always(LOAD, ARGUMENTS + 8 * u32::from(argument)));
            answer.push(comparison);
        }
        answer.push(refusal);
    }
    answer.push(always(RETURN, ALLOW));
    Ok(answer)
}

fn always(code: u16, value: u32) -> Instruction {
    Instruction {
        code,
        holds: 0,
        fails: 0,
        value,
    }
}

fn when(code: u16, value: u32, holds: usize, fails: usize) -> Result<Instruction, TooFar> {
    let distance = |count| u8::try_from(count).map_err(|_range| TooFar(count));
    Ok(Instruction {
        code,
        holds: distance(holds)?,
        fails: distance(fails)?,
        value,
    })
}

fn refuse(errno: i32) -> Instruction {
    always(RETURN, libc::SECCOMP_RET_ERRNO | errno.cast_unsigned())
}
