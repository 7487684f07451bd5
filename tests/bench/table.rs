//! The result: a line for each budget with its figures, its bar and whether the bar was met, said as soon as it is known.

/// Which side of the bar is good.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    /// The figure may not be above.
    AtMost(f64),
    /// The figure may not be below.
    AtLeast(f64),
}

/// Prints a line. `detail` holds the absolute figures behind the judged one.
pub(crate) fn line(what: &str, figure: f64, unit: &str, bar: Bar, detail: &str) {
    let (met, bar) = match bar {
        Bar::AtMost(bar) => (figure <= bar, format!("<= {bar}")),
        Bar::AtLeast(bar) => (bar <= figure, format!(">= {bar}")),
    };
    let verdict = if met { "met" } else { "MISSED" };
    println!("{what:<44} {figure:>9.3} {unit:<3} {bar:>8}  {verdict:<7} {detail}");
}

/// Prints a figure that has no bar: of the machine, for the others to be read beside it.
pub(crate) fn note(what: &str, figure: f64, unit: &str) {
    println!("{what:<44} {figure:>9.3} {unit}");
}

/// The middle one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
