//! The result: a line for each budget with its figures, its bar and whether the bar was met.

use std::fmt::Write;

/// Which side of the bar is good.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    /// The figure may not be above.
    AtMost(f64),
    /// The figure may not be below.
    AtLeast(f64),
}

/// Lines as they are measured.
#[derive(Debug, Default)]
pub(crate) struct Table {
    lines: Vec<String>,
}

impl Table {
    /// Adds a line. `detail` holds the absolute figures behind the judged one.
    pub(crate) fn line(&mut self, what: &str, figure: f64, unit: &str, bar: Bar, detail: &str) {
        let (met, bar) = match bar {
            Bar::AtMost(bar) => (figure <= bar, format!("<= {bar}")),
            Bar::AtLeast(bar) => (bar <= figure, format!(">= {bar}")),
        };
        let mut line = String::new();
        let verdict = if met { "met" } else { "MISSED" };
        write!(
            line,
            "{what:<44} {figure:>9.3} {unit:<3} {bar:>8}  {verdict:<7} {detail}"
        )
        .unwrap();
        self.lines.push(line);
    }

    /// Adds a figure that has no bar: of the machine, for the others to be read beside it.
    pub(crate) fn note(&mut self, what: &str, figure: f64, unit: &str) {
        self.lines.push(format!("{what:<44} {figure:>9.3} {unit}"));
    }

    /// All of it.
    pub(crate) fn text(&self) -> String {
        self.lines
            .iter()
            .fold(String::new(), |text, line| text + line + "\n")
    }
}

/// The middle one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
