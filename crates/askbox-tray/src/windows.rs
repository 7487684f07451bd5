//! The process of the windows: started when a window is wanted, ended some time after the last one was closed, so that the
//! browser engine costs nothing while nobody looks. What its windows ask for is answered here, by `requests`.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use askbox_desktop::channel::{Caller, FromWindows, PREFETCH, ToWindows, Window};
use askbox_desktop::notice::Trouble;
use askbox_desktop::{WindowEvent, WindowRequest, WindowResponse, Zoom, limits};
use askbox_paths::Paths;
use askbox_wire::{Show, WireError};
use futures_util::{SinkExt, StreamExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

use crate::hub::News;
use crate::log::Feed;
use crate::{preferences, requests};

/// The program, beside this one.
const PROGRAM: &str = "askbox-windows";

/// Turns off what draws blank windows with NVIDIA's driver (<https://github.com/tauri-apps/tauri/issues/9394>).
const NO_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Where the driver shows that it is loaded.
const NVIDIA: &str = "/proc/driver/nvidia/version";

/// What the process of the windows is told. Nothing here waits; what nobody can show is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Windows {
    orders: UnboundedSender<Order>,
}

/// See [`Windows`].
#[derive(Debug)]
pub(crate) enum Order {
    /// Say this.
    Say(ToWindows),
    /// The daemon is there, or anew: the log is followed from here.
    FollowLog,
}

impl Windows {
    /// The orders' two ends; [`serve`] carries them out.
    pub(crate) fn new() -> (Self, UnboundedReceiver<Order>) {
        let (orders, inbox) = unbounded_channel();
        (Self { orders }, inbox)
    }

    /// Shows a view.
    pub(crate) fn show(&self, show: Show, caller: Caller) {
        self.say(ToWindows::Show { show, caller });
    }

    /// Brings the main window up as it was left.
    pub(crate) fn open(&self, caller: Caller) {
        self.say(ToWindows::Open { caller });
    }

    /// Draws everything this large.
    pub(crate) fn zoom(&self, zoom: Zoom) {
        self.say(ToWindows::Zoom(zoom));
    }

    /// Tells a window, if it is there; all of them where none is named.
    pub(crate) fn tell(&self, to: Option<Window>, event: WindowEvent) {
        let event = Box::new(event);
        self.say(ToWindows::Event { to, event });
    }

    /// Responds to a window's request. What is told after this arrives after it.
    pub(crate) fn respond(&self, call: u64, result: Result<WindowResponse, WireError>) {
        self.say(ToWindows::Response { call, result });
    }

    /// Follows the log anew for the main window, if there is one.
    pub(crate) fn follow_log(&self) {
        self.order(Order::FollowLog);
    }

    fn say(&self, message: ToWindows) {
        self.order(Order::Say(message));
    }

    fn order(&self, order: Order) {
        // The app ends, and its windows with it.
        drop(self.orders.send(order));
    }
}

/// Why the process is not spoken with any more.
#[derive(Debug, thiserror::Error)]
enum End {
    /// Nobody gives orders any more: the app ends.
    #[error("the app ends")]
    Unheard,
    /// No window is wanted.
    #[error("no window is wanted")]
    Idle,
    /// It ended by itself.
    #[error("their process ended")]
    Gone,
    /// It does not read what it is told.
    #[error("their process does not respond")]
    Deaf,
    /// It could not be started, or spoken with.
    #[error("{0}")]
    Failed(#[from] io::Error),
    /// It says what nobody understands.
    #[error("their process is not understood: {0}")]
    Malformed(LinesCodecError),
}

/// Where the program is.
fn program() -> io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(PROGRAM))
}

/// Has the browser engine read into memory, so that nobody waits for the disk when the first window is wanted. Where that fails,
/// somebody does.
pub(crate) async fn prefetch() {
    let end = async {
        let mut command = Command::new(program()?);
        let command = command.arg(PREFETCH).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).status().await
    };
    match end.await {
        Ok(status) if status.success() => {}
        Ok(status) => tracing::debug!(%status, "the browser engine was not read ahead"),
        Err(error) => tracing::debug!(%error, "the browser engine was not read ahead"),
    }
}

/// Carries out orders until nobody gives any.
pub(crate) async fn serve(
    windows: Windows,
    mut orders: UnboundedReceiver<Order>,
    paths: Paths,
    news: Sender<News>,
) {
    while let Some(order) = orders.recv().await {
        // There is no window: only what makes one is of interest.
        let Order::Say(first @ (ToWindows::Show { .. } | ToWindows::Open { .. })) = order else {
            continue;
        };
        let end = match Process::start(&windows, &paths, &news) {
            Ok(process) => process.run(first, &mut orders).await,
            Err(error) => End::Failed(error),
        };
        match end {
            End::Unheard => return,
            End::Idle => {}
            End::Gone | End::Deaf | End::Failed(_) | End::Malformed(_) => {
                tracing::error!(%end, "windows cannot be shown");
                if news
                    .send(News::Trouble(Trouble::NoWindows(end.to_string())))
                    .await
                    .is_err()
                {
                    return;
                }
            }
        }
    }
}

/// The process while it runs. Dropping it ends it.
struct Process<'a> {
    child: Child,
    lines: Framed<UnixStream, LinesCodec>,
    there: Vec<Window>,
    /// When it is ended unless a window comes up before.
    idle_at: Option<Instant>,
    /// The log as the main window hears it, while there is one.
    feed: Option<Feed>,
    windows: &'a Windows,
    paths: &'a Paths,
    news: &'a Sender<News>,
}

impl<'a> Process<'a> {
    fn start(windows: &'a Windows, paths: &'a Paths, news: &'a Sender<News>) -> io::Result<Self> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let program = program()?;
        let mut command = Command::new(&program);
        if Path::new(NVIDIA).exists() && std::env::var_os(NO_DMABUF).is_none() {
            command.env(NO_DMABUF, "1");
        }
        let child = command
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", program.display())))?;
        let codec = LinesCodec::new_with_max_length(limits::CHANNEL_BYTES);
        Ok(Self {
            child,
            lines: Framed::new(UnixStream::from_std(ours)?, codec),
            there: Vec::new(),
            idle_at: None,
            feed: None,
            windows,
            paths,
            news,
        })
    }

    async fn run(mut self, first: ToWindows, orders: &mut UnboundedReceiver<Order>) -> End {
        let end = self.begin(&first, orders).await;
        let end = end.err().unwrap_or(End::Unheard);
        self.feed = None;
        if matches!(end, End::Idle) {
            // It ends with the connection; one that does not is killed when it is dropped.
            drop(self.lines);
            drop(timeout(limits::WINDOWS_DEAF, self.child.wait()).await);
        }
        end
    }

    /// Says how large everything is before there is a window.
    async fn begin(&mut self, first: &ToWindows, orders: &mut UnboundedReceiver<Order>) -> Result<(), End> {
        let zoom = preferences::load(self.paths).zoom;
        self.say(&ToWindows::Zoom(zoom)).await?;
        self.say(first).await?;
        self.work(orders).await
    }

    async fn work(&mut self, orders: &mut UnboundedReceiver<Order>) -> Result<(), End> {
        loop {
            let idle_at = self.idle_at;
            let idle = async {
                match idle_at {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                line = self.lines.next() => match line {
                    Some(line) => self.hear(&line.map_err(End::Malformed)?)?,
                    None => return Err(End::Gone),
                },
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await?,
                    None => return Ok(()),
                },
                () = idle => return Err(End::Idle),
            }
        }
    }

    async fn obey(&mut self, order: Order) -> Result<(), End> {
        match order {
            Order::Say(message) => {
                if matches!(message, ToWindows::Show { .. } | ToWindows::Open { .. }) {
                    self.idle_at = None;
                }
                self.say(&message).await
            }
            Order::FollowLog => {
                self.feed = self.begin_feed();
                Ok(())
            }
        }
    }

    fn begin_feed(&self) -> Option<Feed> {
        let is_wanted = self.there.contains(&Window::Main);
        is_wanted.then(|| Feed::begin(self.windows.clone(), self.paths))
    }

    async fn say(&mut self, message: &ToWindows) -> Result<(), End> {
        let line = serde_json::to_string(message).map_err(io::Error::from)?;
        match timeout(limits::WINDOWS_DEAF, self.lines.send(line)).await {
            Ok(said) => said.map_err(|error| match error {
                LinesCodecError::Io(_) => End::Gone,
                LinesCodecError::MaxLineLengthExceeded => End::Malformed(error),
            }),
            Err(_late) => Err(End::Deaf),
        }
    }

    fn hear(&mut self, line: &str) -> Result<(), End> {
        match serde_json::from_str(line).map_err(io::Error::from)? {
            FromWindows::There(there) => {
                self.idle_at = there.is_empty().then(|| Instant::now() + limits::WINDOWS_LINGER);
                let had = self.there.contains(&Window::Main);
                self.there = there;
                if had != self.there.contains(&Window::Main) {
                    self.feed = self.begin_feed();
                }
            }
            FromWindows::Request {
                call,
                window,
                request,
            } => self.answer(call, window, *request),
        }
        Ok(())
    }

    fn answer(&self, call: u64, window: Window, request: WindowRequest) {
        let (windows, paths, news) = (self.windows.clone(), self.paths.clone(), self.news.clone());
        tokio::spawn(async move {
            if request == WindowRequest::Link {
                // The hub responds itself: what it tells afterwards must not arrive before.
                drop(news.send(News::Link(call)).await);
                return;
            }
            let result = requests::answer(&paths, &news, window, request).await;
            windows.respond(call, result);
        });
    }
}
