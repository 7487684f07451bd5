//! What connections carried: bytes by target and part of a span of time.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::Reader;
use crate::database::signed;
use crate::error::Error;
use crate::limits;

/// What connections to one target carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetTraffic {
    /// Host and port, as events name them.
    pub target: String,
    /// The parts in which something was carried, in order of time.
    pub parts: Vec<TrafficPart>,
}

/// What connections that ended in one part of the time carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficPart {
    /// Number of the part, from 0.
    pub part: u32,
    /// Bytes into the sandbox.
    pub bytes_in: u64,
    /// Bytes out of the sandbox.
    pub bytes_out: u64,
}

impl TrafficPart {
    fn bytes(self) -> u64 {
        self.bytes_in.saturating_add(self.bytes_out)
    }
}

impl TargetTraffic {
    fn bytes(&self) -> u64 {
        self.parts
            .iter()
            .map(|part| part.bytes())
            .fold(0, u64::saturating_add)
    }
}

impl Reader {
    /// What was carried in a span of time (milliseconds since 1970), cut into `parts` of equal length: by target, most
    /// bytes first. At most [`limits::TRAFFIC_PARTS`] and [`limits::TRAFFIC_HOSTS`]; an empty span has nothing.
    pub fn traffic(&self, span: Range<u64>, parts: u32) -> Result<Vec<TargetTraffic>, Error> {
        let parts = parts.clamp(1, limits::TRAFFIC_PARTS);
        // Summed up here: GROUP BY sorts the rows first, which takes three times as long as reading 100,000 of them.
        let sql = "SELECT target, time_ms, bytes_in, bytes_out FROM events \
             WHERE kind = 'traffic' AND target IS NOT NULL AND ?1 <= time_ms AND time_ms < ?2";
        let mut statement = self.connection.prepare(sql).map_err(Error::of_reading)?;
        let mut rows = statement
            .query((signed(span.start), signed(span.end)))
            .map_err(Error::of_reading)?;
        let mut sums: HashMap<String, BTreeMap<u32, TrafficPart>> = HashMap::new();
        while let Some(row) = rows.next().map_err(Error::of_reading)? {
            let text = row.get_ref(0).map_err(Error::of_reading)?;
            let Ok(target) = text.as_str() else { continue };
            let number = |column| {
                let number: Option<i64> = row.get(column).map_err(Error::of_reading)?;
                Ok(u64::try_from(number.unwrap_or(0)).unwrap_or(0))
            };
            let part = part_of(&span, number(1)?, parts);
            let of_target = match sums.get_mut(target) {
                Some(of_target) => of_target,
                None => sums.entry(target.to_owned()).or_default(),
            };
            let sum = of_target.entry(part).or_insert(TrafficPart {
                part,
                bytes_in: 0,
                bytes_out: 0,
            });
            sum.bytes_in = sum.bytes_in.saturating_add(number(2)?);
            sum.bytes_out = sum.bytes_out.saturating_add(number(3)?);
        }
        Ok(most_first(sums))
    }
}

/// The part of the span that a moment in it lies in.
fn part_of(span: &Range<u64>, moment: u64, parts: u32) -> u32 {
    let length = u128::from(span.end.saturating_sub(span.start)).max(1);
    let since = u128::from(moment.saturating_sub(span.start));
    u32::try_from(since * u128::from(parts) / length).map_or(parts - 1, |part| part.min(parts - 1))
}

fn most_first(sums: HashMap<String, BTreeMap<u32, TrafficPart>>) -> Vec<TargetTraffic> {
    let mut targets: Vec<_> = sums
        .into_iter()
        .map(|(target, parts)| TargetTraffic {
            target,
            parts: parts.into_values().collect(),
        })
        .collect();
    targets.sort_by(|one, other| {
        let by_bytes = other.bytes().cmp(&one.bytes());
        by_bytes.then_with(|| one.target.cmp(&other.target))
    });
    targets.truncate(limits::TRAFFIC_HOSTS);
    targets
}

#[cfg(test)]
mod tests;
