//! The one place where everything meets: news of the daemon, of the notification server, of tray and windows come in;
//! notifications, tray and windows are told what follows. It waits for nothing but news.

use std::time::Instant;

use askbox_desktop::board::{Board, Due, Gone, Server, Slot, Step};
use askbox_desktop::choice::{self, Choice};
use askbox_desktop::desk::{Absence, Snapshot};
use askbox_desktop::notice::{self, Words};
use askbox_desktop::{Desk, Link, Preferences, Strings, menu};
use askbox_paths::Paths;
use askbox_policy::SessionId;
use askbox_wire::{Event, Request, Show, Stop, View, WireError};
use tauri::AppHandle;
use tokio::sync::mpsc::{Receiver, Sender, error::TryRecvError};
use tokio::sync::oneshot;
use tokio::time::{Duration, sleep_until};

use crate::call::call;
use crate::tray::{self, Ink, Tray};
use crate::windows;

/// How long an answer holds while the daemon has not said otherwise: the built-in default.
const DEFAULT_EXPIRY_MS: u64 = 3_600_000;

/// Something happened.
#[derive(Debug)]
pub(crate) enum News {
    /// The daemon is there, and this is how it is.
    Up(Box<Snapshot>),
    /// It is not.
    Down(Absence),
    /// Something happened in it.
    Event(Box<Event>),
    /// There is a notification server, another one, or none.
    Server(Option<Server>),
    /// A notification was clicked.
    Clicked {
        /// Which.
        slot: Slot,
        /// The button; `None` for a click beside the buttons.
        key: Option<String>,
        /// What lets a window come to the front.
        token: Option<String>,
    },
    /// A notification went away.
    Gone {
        /// Which.
        slot: Slot,
        /// How.
        how: Gone,
    },
    /// A notification could not be shown.
    NotShown(Slot),
    /// Something in the menu was chosen.
    Chosen(Choice),
    /// A window shall come up.
    Show(Show),
    /// What came of an answer.
    Answered {
        /// The question.
        question: String,
        /// Whether it counts.
        result: Result<(), WireError>,
    },
    /// The person chose how the desktop asks.
    Preferences(Preferences),
    /// A window asks how the daemon is.
    Link(oneshot::Sender<Link>),
    /// A notification shall be shown for a try.
    Test,
    /// The desktop is dark, or light.
    Ink(Ink),
    /// A tray host is there, or a new one.
    TrayHost,
}

/// What is known and what is shown.
pub(crate) struct Hub {
    app: AppHandle,
    paths: Paths,
    desk: Desk,
    board: Board,
    tray: Tray,
    ink: Ink,
    strings: Strings,
    preferences: Preferences,
    steps: Sender<Step>,
    news: Sender<News>,
    began: Instant,
}

impl Hub {
    pub(crate) fn new(
        app: AppHandle,
        paths: Paths,
        preferences: Preferences,
        steps: Sender<Step>,
        news: Sender<News>,
    ) -> Self {
        Self {
            tray: Tray::new(app.clone()),
            ink: Ink::default(),
            app,
            paths,
            desk: Desk::default(),
            board: Board::default(),
            strings: Strings::english(),
            preferences,
            steps,
            news,
            began: Instant::now(),
        }
    }

    /// Runs until nobody sends news any more.
    pub(crate) async fn run(mut self, mut inbox: Receiver<News>) {
        loop {
            let next = self.refresh().await;
            let timer = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let first = tokio::select! {
                news = inbox.recv() => match news {
                    Some(news) => news,
                    None => return,
                },
                () = timer => continue,
            };
            self.take(first).await;
            // What has come meanwhile is shown together.
            loop {
                match inbox.try_recv() {
                    Ok(news) => self.take(news).await,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
        }
    }

    /// Milliseconds of a clock that never goes back.
    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn default_expiry_ms(&self) -> u64 {
        self.desk
            .known()
            .map_or(DEFAULT_EXPIRY_MS, |known| known.status.policy.default_expiry_ms)
    }

    /// Shows what is different now, and says when to look again.
    async fn refresh(&mut self) -> Option<tokio::time::Instant> {
        let now = self.now_ms();
        let words = Words {
            strings: &self.strings,
            preferences: &self.preferences,
            default_expiry_ms: self.default_expiry_ms(),
        };
        let steps = self.board.update(&self.desk, words, now);
        let face = tray::Face {
            shape: menu::shape(&self.desk),
            ink: self.ink,
            tooltip: menu::tooltip(&self.desk, words),
            entries: menu::menu(&self.desk, words, tray::clock_time),
        };
        for step in steps {
            // The notifier ends with the app only.
            if self.steps.send(step).await.is_err() {
                return None;
            }
        }
        self.tray.show(face);
        let mut next = self.board.next_try();
        match self.board.prompt_due(&self.desk, now) {
            Due::Now(question) => {
                let show = Show {
                    view: View::Prompt,
                    item: Some(question),
                };
                windows::show(&self.app, &show, None);
            }
            Due::At(moment) => next = Some(next.map_or(moment, |next| next.min(moment))),
            Due::Never => {}
        }
        next.map(|moment| tokio::time::Instant::now() + Duration::from_millis(moment.saturating_sub(now)))
    }

    async fn take(&mut self, news: News) {
        match news {
            News::Up(snapshot) => {
                self.desk.connected(*snapshot);
                windows::tell_link(&self.app, &self.desk);
                windows::follow_log(&self.app);
            }
            News::Down(absence) => {
                self.desk.disconnected(absence);
                windows::tell_link(&self.app, &self.desk);
            }
            News::Event(event) => self.hear(*event),
            News::Server(server) => self.board.server(server),
            News::Clicked { slot, key, token } => self.clicked(&slot, key.as_deref(), token.as_deref()),
            News::Gone { slot, how } => self.board.gone(&slot, how, &self.desk),
            News::NotShown(slot) => {
                let now = self.now_ms();
                self.board.failed(&slot, now);
            }
            News::Chosen(choice) => self.choose(choice, None),
            News::Show(show) => windows::show(&self.app, &show, None),
            News::Answered { question, result } => self.answered(&question, result),
            News::Preferences(preferences) => self.preferences = preferences,
            News::Link(window) => {
                // A window that is gone needs no answer.
                drop(window.send(windows::link(&self.desk)));
            }
            News::Test => {
                let words = Words {
                    strings: &self.strings,
                    preferences: &self.preferences,
                    default_expiry_ms: self.default_expiry_ms(),
                };
                let notice = notice::test(words);
                drop(self.steps.send(Step::Show(Slot::Test, notice)).await);
            }
            News::Ink(ink) => self.ink = ink,
            News::TrayHost => self.tray.host_appeared(),
        }
    }

    fn hear(&mut self, event: Event) {
        self.desk.apply(&event);
        match &event {
            Event::Missed(missed) => self.board.missed(missed),
            Event::Flagged { session, names } => self.board.flagged(session, names),
            _ => {}
        }
        windows::tell(&self.app, &askbox_desktop::WindowEvent::Daemon(Box::new(event)));
    }

    fn clicked(&mut self, slot: &Slot, key: Option<&str>, token: Option<&str>) {
        let now = self.now_ms();
        if let Some(choice) = self.board.clicked(slot, key, &self.desk, now) {
            self.choose(choice, token);
        }
    }

    fn choose(&mut self, choice: Choice, token: Option<&str>) {
        let show = |view, item| Show { view, item };
        match choice {
            Choice::Answer {
                question,
                revision,
                button,
            } => self.answer(question, revision, button),
            Choice::Prompt(question) => windows::show(&self.app, &show(View::Prompt, Some(question)), token),
            Choice::Questions => windows::show(&self.app, &show(View::Questions, None), token),
            Choice::Open => windows::open(&self.app, token),
            Choice::Later => {}
            Choice::Resume(session) => self.tell_daemon(Request::Resume {
                session: Some(session),
            }),
            Choice::Review(SessionId(session)) => {
                windows::show(&self.app, &show(View::Sessions, Some(session)), token);
            }
            Choice::Stop(session) => self.tell_daemon(Request::Stop(Stop::Session(session))),
            Choice::Pause(milliseconds) => self.tell_daemon(Request::Pause {
                for_ms: Some(milliseconds).filter(|milliseconds| 0 < *milliseconds),
            }),
            Choice::Lockdown(on) => self.tell_daemon(Request::Lockdown { on }),
            Choice::Quit => self.quit(),
        }
    }

    fn answer(&mut self, question: String, revision: u32, button: askbox_desktop::Button) {
        let Some(answer) = choice::answer(button, self.default_expiry_ms()) else {
            return;
        };
        self.board.answering(&question);
        let (paths, news) = (self.paths.clone(), self.news.clone());
        tokio::spawn(async move {
            let request = Request::Answer {
                id: question.clone(),
                revision,
                answer,
                place: askbox_wire::Place::Notification,
            };
            let result = call(&paths, request).await.map(|_answered| ());
            drop(news.send(News::Answered { question, result }).await);
        });
    }

    fn answered(&mut self, question: &str, result: Result<(), WireError>) {
        if let Err(error) = result {
            tracing::warn!(question, %error, "an answer did not count");
            self.board.not_answered(question, &error.message);
        }
    }

    fn tell_daemon(&self, request: Request) {
        let paths = self.paths.clone();
        tokio::spawn(async move {
            if let Err(error) = call(&paths, request).await {
                tracing::warn!(%error, "the daemon refused");
            }
        });
    }

    /// Ends the daemon with its sessions, then the app.
    fn quit(&self) {
        let (paths, app) = (self.paths.clone(), self.app.clone());
        tokio::spawn(async move {
            if let Err(error) = call(&paths, Request::Shutdown).await {
                tracing::warn!(%error, "the daemon could not be told to end");
            }
            app.exit(0);
        });
    }
}
