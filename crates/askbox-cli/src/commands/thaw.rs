//! `askbox thaw`: lets a frozen session go on.

use askbox_policy::SessionId;
use askbox_policy::resource_limits::{Bound, Size};
use askbox_wire::{Request, Response};

use crate::args::ThawArgs;
use crate::connect;
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code::ExitStatus;
use crate::output;

/// Lets it go on, and says by how much more it may grow.
pub(crate) fn run(context: &Context, arguments: ThawArgs) -> Result<ExitStatus, CliError> {
    let (disk_bytes, more) = match arguments.disk {
        None => (None, "as much more as before".to_owned()),
        Some(Bound::Off) => (Some(u64::MAX), "as much more as it likes".to_owned()),
        Some(Bound::At(bytes)) => (Some(bytes), format!("{} more", Size(bytes))),
    };
    let request = Request::Thaw {
        session: SessionId(arguments.id),
        disk_bytes,
    };
    match connect::connect(&context.paths)?.call(request)? {
        Response::Done => {
            output::print(&format!("it goes on, and may grow by {more}\n"))?;
            Ok(ExitStatus::Success)
        }
        _ => Err(CliError::OutOfTurn),
    }
}
