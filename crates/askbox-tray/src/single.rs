//! One app for each user: the first holds a lock and listens; another only tells it to show a window. Our own lock and socket
//! decide, not a name on the bus, which may be away.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::time::Duration;

use askbox_paths::Paths;
use askbox_wire::{
    Client, ClientError, Connection, ErrorCode, FromDaemon, ListenError, Listener, Lock, LockError, Request,
    Response, Show, WireError,
};
use tokio::sync::mpsc;

use crate::hub::News;

/// How long the app that runs may take to hear of a window.
const ANSWER_WAIT: Duration = Duration::from_millis(1_500);

/// Whether this process is the app.
pub(crate) enum Turn {
    /// It is.
    First(Lock),
    /// Another is, which holds the lock.
    Second,
}

/// Takes the lock, in a directory of ours.
pub(crate) fn take(paths: &Paths) -> Result<Turn, LockError> {
    let directory = paths.runtime();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|source| LockError::File {
            path: directory.to_owned(),
            source,
        })?;
    match Lock::take(&paths.tray_lock()) {
        Ok(lock) => Ok(Turn::First(lock)),
        Err(LockError::Held) => Ok(Turn::Second),
        Err(error) => Err(error),
    }
}

/// Tells the app that runs to show something.
pub(crate) fn tell(paths: &Paths, show: Show) -> Result<(), ClientError> {
    Client::call_once(&paths.tray_socket(), Request::Show(show), ANSWER_WAIT)?;
    Ok(())
}

/// Listens for others, until the app ends. The lock proves that nobody else listens.
pub(crate) async fn serve(paths: Paths, lock: Lock, news: mpsc::Sender<News>) {
    if let Err(error) = listen(&paths, &lock, &news).await {
        tracing::warn!(%error, "windows cannot be brought up by `askbox open`");
        // The lock stays ours all the same.
        std::future::pending::<()>().await;
    }
    drop(lock);
}

async fn listen(paths: &Paths, lock: &Lock, news: &mpsc::Sender<News>) -> Result<(), ListenError> {
    let listener = Listener::bind(&paths.tray_socket(), lock)?;
    loop {
        let connection = listener.accept().await?;
        tokio::spawn(answer(connection, news.clone()));
    }
}

async fn answer(mut connection: Connection, news: mpsc::Sender<News>) {
    if connection.greet().await.is_err() {
        return;
    }
    while let Ok(Some(call)) = connection.receiver.next().await {
        let result = match call.request {
            Request::Show(show) => {
                // The app ends; so does this connection.
                let Ok(()) = news.send(News::Show(show)).await else {
                    return;
                };
                Ok(Response::Done)
            }
            _ => Err(WireError::new(
                ErrorCode::Malformed,
                "the desktop app shows windows; the daemon does the rest",
            )),
        };
        let response = FromDaemon::response(call.id, result);
        if connection.sender.send(&response).await.is_err() {
            return;
        }
    }
}
