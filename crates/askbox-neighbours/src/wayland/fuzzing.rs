//! What the fuzzer of the wall calls. No part of a program.

use std::collections::HashSet;

use super::wall::Wall;
use super::{interfaces, message};

/// A talk of messages, each after a byte that says whose it is, the program's where it is even: what passes of it is on the list,
/// whatever was said before.
pub(crate) fn talk(talk: &[u8]) {
    let mut wall = Wall::default();
    let mut registries = HashSet::new();
    let mut rest = talk;
    while let Some((whose, after)) = rest.split_first()
        && let Ok(Some((said, after))) = message::next(after)
    {
        rest = after;
        let is_program = whose.is_multiple_of(2);
        let passed = if is_program {
            wall.request(said).map(Some)
        } else {
            wall.event(said)
        };
        let Ok(passed) = passed else {
            return;
        };
        if is_program && (said.object, said.opcode) == (1, 1) {
            registries.extend(said.number());
        } else if let Some(passed) = passed
            && registries.contains(&said.object)
            && said.opcode == 0
        {
            let passed = message::next(passed.as_ref()).ok().flatten();
            let what = passed.and_then(|(passed, _)| {
                let what = if is_program {
                    passed.bind()
                } else {
                    passed.global()
                };
                what.ok()
            });
            let newest = what.and_then(|what| Some(interfaces::offered(what.interface)?.1));
            assert!(
                what.map(|what| what.version) <= newest && newest.is_some(),
                "{what:?}"
            );
        }
    }
}
