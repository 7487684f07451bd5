//! How large windows draw everything: steps between two ends, as browsers have them.

use serde::{Deserialize, Serialize};

/// Hundredths of the size that things are drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Zoom(u16);

/// What a person wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ZoomStep {
    /// Everything larger.
    Larger,
    /// Everything smaller.
    Smaller,
    /// As it is drawn.
    Usual,
}

/// All of them.
const STEPS: [u16; 13] = [50, 67, 75, 80, 90, 100, 110, 125, 150, 175, 200, 250, 300];

impl Default for Zoom {
    fn default() -> Self {
        Self(100)
    }
}

impl Zoom {
    /// The next one in that direction; the same at an end.
    #[must_use]
    pub fn after(self, step: ZoomStep) -> Self {
        let next = match step {
            ZoomStep::Larger => STEPS.into_iter().find(|next| self.0 < *next),
            ZoomStep::Smaller => STEPS.into_iter().rfind(|next| *next < self.0),
            ZoomStep::Usual => return Self::default(),
        };
        next.map_or(self, Self)
    }

    /// As it can be: between the ends.
    #[must_use]
    pub fn mended(self) -> Self {
        let [smallest, .., largest] = STEPS;
        Self(self.0.clamp(smallest, largest))
    }

    /// What sizes are multiplied by.
    pub fn factor(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_from_half_to_three_times_the_size_and_back() {
        let steps = |from: Zoom, step: ZoomStep| {
            let mut zooms = vec![from.0];
            let mut zoom = from;
            while zoom.after(step) != zoom {
                zoom = zoom.after(step);
                zooms.push(zoom.0);
            }
            zooms
        };
        let up = steps(Zoom::default(), ZoomStep::Larger);
        assert_eq!(up, [100, 110, 125, 150, 175, 200, 250, 300]);
        let down = steps(Zoom::default(), ZoomStep::Smaller);
        assert_eq!(down, [100, 90, 80, 75, 67, 50]);
        assert_eq!(steps(Zoom(300), ZoomStep::Smaller).len(), STEPS.len());
        assert_eq!(Zoom(300).after(ZoomStep::Usual), Zoom(100));
    }

    #[test]
    fn what_is_beyond_the_ends_is_mended() {
        assert_eq!(
            [0, 49, 120, 9_999].map(|zoom| Zoom(zoom).mended().0),
            [50, 50, 120, 300]
        );
        assert_eq!(Zoom(120).after(ZoomStep::Larger), Zoom(125));
        assert!((Zoom(150).factor() - 1.5).abs() < f64::EPSILON);
    }
}
