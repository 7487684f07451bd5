//! One request to the daemon on a connection of its own: the client blocks, so it does so where that is no harm.

use askbox_paths::Paths;
use askbox_wire::{Client, ClientError, ErrorCode, Request, Response, WireError};

/// What the daemon responds; an error of the connection looks like one of its own.
pub(crate) async fn call(paths: &Paths, request: Request) -> Result<Response, WireError> {
    let socket = paths.socket();
    let called = tokio::task::spawn_blocking(move || Client::connect(&socket)?.call(request));
    match called.await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(wire_error(&error)),
        Err(error) => Err(WireError::new(ErrorCode::Internal, error.to_string())),
    }
}

/// An error as windows and notifications show it.
pub(crate) fn wire_error(error: &ClientError) -> WireError {
    let hint = match error {
        ClientError::Refused(refused) => return refused.clone(),
        ClientError::NotRunning { .. } | ClientError::Closed => Some("askbox daemon --start"),
        ClientError::Version { .. } | ClientError::TimedOut { .. } => Some("askbox daemon --restart"),
        _ => None,
    };
    let unhelped = WireError::new(ErrorCode::Internal, chain(error));
    match hint {
        Some(hint) => unhelped.with_hint(hint),
        None => unhelped,
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
