//! `askbox open`: brings the desktop app's window up.

use askbox_wire::{Show, View};

use crate::args::{OpenArgs, OpenView};
use crate::context::Context;
use crate::desktop;
use crate::error::CliError;
use crate::exit_code::ExitStatus;

/// Shows a view.
pub(crate) fn run(context: &Context, arguments: &OpenArgs) -> Result<ExitStatus, CliError> {
    let view = match arguments.view {
        OpenView::Questions => View::Questions,
        OpenView::Rules => View::Rules,
        OpenView::Sessions => View::Sessions,
        OpenView::Activity => View::Activity,
        OpenView::Settings => View::Settings,
    };
    desktop::open(context, &Show { view, item: None })?;
    Ok(ExitStatus::Success)
}
