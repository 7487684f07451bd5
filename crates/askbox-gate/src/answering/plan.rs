//! What an answer turns into: grants to give and grants to revoke. Changes nothing.

use askbox_policy::answer;
use askbox_policy::{Answer, Duration, Grant, GrantId, Moment, Pattern, Process, Project, SessionId, Target};

use crate::limits;
use crate::questions::Member;
use crate::questions::open::OpenMember;
use crate::rules::{Reach, Rules};

/// One target of the question and who waits for it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) target: Target,
    /// What the answer covers for it.
    pub(super) patterns: Vec<Pattern>,
    /// Whether anybody still waits.
    is_waiting: bool,
    /// Those who wait, as far as they are known for good.
    processes: Vec<Process>,
}

impl Listed {
    pub(super) fn of_open(member: &OpenMember, patterns: Vec<Pattern>) -> Self {
        let mut processes: Vec<Process> = Vec::new();
        for waiter in &member.waiters {
            let is_new = !processes.iter().any(|process| process.is_same(&waiter.process));
            if waiter.process.is_known() && is_new {
                processes.push(waiter.process.clone());
            }
        }
        processes.truncate(limits::ONCE_PROCESSES_PER_MEMBER);
        Self {
            target: member.target.clone(),
            patterns,
            is_waiting: !member.waiters.is_empty(),
            processes,
        }
    }

    pub(super) fn of_missed(member: &Member, patterns: Vec<Pattern>) -> Self {
        Self {
            target: member.target.clone(),
            patterns,
            is_waiting: false,
            processes: Vec::new(),
        }
    }
}

/// The grants that an answer gives.
pub(super) fn grants(
    (session, project): (&SessionId, &Project),
    listed: &[Listed],
    answer: &Answer,
    now: &Moment,
    names: &mut Names,
) -> Vec<Grant> {
    let covered: Vec<(Pattern, Process)> = match answer.duration {
        Duration::Once => once(listed),
        Duration::Session | Duration::For(_) | Duration::Always => {
            let patterns = patterns(listed).into_iter();
            patterns.map(|pattern| (pattern, Process::unknown())).collect()
        }
    };
    covered
        .into_iter()
        .filter_map(|(pattern, process)| {
            let asked = answer::Asked {
                session,
                project,
                process: &process,
            };
            answer::grant_from(names.next(), pattern, answer, &asked, now)
        })
        .collect()
}

/// What *once* covers beside those who wait: for each target, the processes that wait for it; where nobody waits any
/// more, an unknown one, which is whoever comes next. A program that waits but could not be found out gets nothing on
/// top.
fn once(listed: &[Listed]) -> Vec<(Pattern, Process)> {
    let mut all: Vec<(Pattern, Process)> = Vec::new();
    for one in listed {
        let next = [Process::unknown()];
        let processes = if one.is_waiting {
            one.processes.as_slice()
        } else {
            next.as_slice()
        };
        for process in processes {
            for pattern in &one.patterns {
                let pair = (pattern.clone(), process.clone());
                if !all.contains(&pair) {
                    all.push(pair);
                }
            }
        }
    }
    all
}

/// What a question lists.
pub(super) fn targets(listed: &[Listed]) -> Vec<Target> {
    listed.iter().map(|one| one.target.clone()).collect()
}

/// What an answer covers.
pub(super) fn patterns(listed: &[Listed]) -> Vec<Pattern> {
    let mut patterns: Vec<Pattern> = Vec::new();
    for one in listed {
        for pattern in &one.patterns {
            if !patterns.contains(pattern) {
                patterns.push(pattern.clone());
            }
        }
    }
    patterns
}

/// The grants that an answer revokes: those that it denies as a whole. A single denial leaves them.
pub(super) fn revoked(
    rules: &Rules,
    session: &SessionId,
    project: &Project,
    listed: &[Listed],
    answer: &Answer,
) -> Vec<Grant> {
    if answer.allow {
        return Vec::new();
    }
    let reach = match answer.duration {
        Duration::Once => return Vec::new(),
        Duration::Session => Reach::Session(session),
        Duration::For(_) | Duration::Always if answer.everywhere => Reach::Everywhere,
        Duration::For(_) | Duration::Always => Reach::Project(project.path()),
    };
    let mut revoked: Vec<Grant> = Vec::new();
    for pattern in patterns(listed) {
        for grant in rules.covered(&pattern, reach) {
            if !revoked.iter().any(|other| other.id == grant.id) {
                revoked.push(grant);
            }
        }
    }
    revoked
}

/// Names for the grants of one answer, which no other grant of this machine has, in all likelihood: a number of 50 bits, and
/// those that follow it.
#[derive(Debug)]
pub(super) struct Names(u64);

impl Names {
    /// Fails when the system gives no random numbers; names that everybody could guess would meet again.
    pub(super) fn draw() -> Result<Self, getrandom::Error> {
        getrandom::u64().map(Self)
    }

    /// Ten letters and digits without look-alikes, to be typed.
    fn next(&mut self) -> GrantId {
        const LETTERS: [char; 32] = [
            'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'u', 'v',
            'w', 'x', 'y', 'z', '2', '3', '4', '5', '6', '7', '8', '9', '0',
        ];
        let number = self.0;
        self.0 = self.0.wrapping_add(1);
        let letter = |at: u32| {
            LETTERS
                .get(usize::try_from((number >> (5 * at)) & 31).unwrap_or(0))
                .copied()
        };
        GrantId((0..10).filter_map(letter).collect())
    }
}
