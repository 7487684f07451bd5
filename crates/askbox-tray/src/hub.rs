//! The one place where everything meets: news of the daemon, of the notification server, of tray and windows come in;
//! notifications, tray and windows are told what follows. It waits for nothing but news.

use std::sync::Arc;
use std::time::Instant;

use askbox_desktop::board::{ARMING_MS, Board, Due, Gone, Serial, Server, Slot, Step};
use askbox_desktop::channel::Caller;
use askbox_desktop::choice::{self, Choice};
use askbox_desktop::desk::{Absence, Snapshot};
use askbox_desktop::notice::{Tried, Trouble, Words};
use askbox_desktop::{Desk, Link, Preferences, Strings, WindowEvent, WindowResponse, menu};
use askbox_paths::Paths;
use askbox_policy::{Answer, SessionId};
use askbox_wire::{Event, MissedView, Place, Request, Show, StatusView, Stop, View, WireError};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedSender, error::TryRecvError};
use tokio::sync::{oneshot, watch};
use tokio::time::{Duration, sleep_until};

use crate::call::call;
use crate::daemon_process;
use crate::ending::Ending;
use crate::tray::{self, Face, Ink, Tray};
use crate::windows::Windows;

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
    /// The daemon says anew how it is.
    Status(Box<StatusView>),
    /// The daemon lists the missed questions anew.
    Missed(Vec<MissedView>),
    /// A notification is shown.
    Shown(Slot, Serial),
    /// A notification was clicked.
    Clicked {
        /// Which.
        slot: Slot,
        /// Its number.
        serial: Serial,
        /// The button; `None` for a click beside the buttons.
        key: Option<String>,
        /// What lets a window come to the front.
        token: Option<String>,
    },
    /// A notification went away.
    Gone {
        /// Which.
        slot: Slot,
        /// Its number.
        serial: Serial,
        /// How.
        how: Gone,
    },
    /// A notification could not be shown.
    NotShown(Slot, Serial),
    /// Something in the menu was chosen.
    Chosen(Choice),
    /// A person wants a window to come up.
    Show(Show),
    /// What came of an answer.
    Answered {
        /// The question.
        question: String,
        /// Whether it counts.
        result: Result<(), WireError>,
    },
    /// What the person chose did not happen.
    Trouble(Trouble),
    /// The person chose how the desktop asks.
    Preferences(Preferences),
    /// A window asks how the daemon is, in a call of this number.
    Link(u64),
    /// A notification shall be shown for a try, and who asked be told what came of it.
    Test(oneshot::Sender<Tried>),
    /// The desktop is dark, or light.
    Ink(Ink),
}

/// What is known and what is shown.
pub(crate) struct Hub {
    windows: Windows,
    paths: Paths,
    desk: Desk,
    board: Board,
    tray: Tray,
    ink: Ink,
    strings: Strings,
    preferences: Preferences,
    /// Who waits for what comes of a try.
    trials: Vec<oneshot::Sender<Tried>>,
    steps: UnboundedSender<Step>,
    news: Sender<News>,
    ending: Arc<Ending>,
    began: Instant,
}

impl Hub {
    pub(crate) fn new(
        windows: Windows,
        faces: watch::Sender<Option<Face>>,
        paths: Paths,
        preferences: Preferences,
        steps: UnboundedSender<Step>,
        news: Sender<News>,
        ending: Arc<Ending>,
    ) -> Self {
        Self {
            tray: Tray::new(faces),
            ink: Ink::default(),
            windows,
            paths,
            desk: Desk::default(),
            board: Board::default(),
            strings: Strings::english(),
            preferences,
            trials: Vec::new(),
            steps,
            news,
            ending,
            began: Instant::now(),
        }
    }

    /// Runs until nobody sends news any more.
    pub(crate) async fn run(mut self, mut inbox: Receiver<News>) {
        loop {
            let next = self.refresh();
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
            self.take(first);
            // What has come meanwhile is shown together.
            loop {
                match inbox.try_recv() {
                    Ok(news) => self.take(news),
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

    /// Shows what is different now, and says when to look again.
    fn refresh(&mut self) -> Option<tokio::time::Instant> {
        let now = self.now_ms();
        let words = words(&self.strings, &self.preferences, &self.desk);
        let steps = self.board.update(&self.desk, words, now);
        let face = tray::Face {
            shape: menu::shape(&self.desk),
            ink: self.ink,
            tooltip: menu::tooltip(&self.desk, words),
            entries: menu::menu(&self.desk, words, tray::clock_time),
        };
        for step in steps {
            // The notifier ends with the app only.
            if self.steps.send(step).is_err() {
                return None;
            }
        }
        self.tray.show(face);
        let mut next = self.board.next_change();
        match self.board.prompt_due(&self.desk, now) {
            Due::Now(question) => {
                let show = Show {
                    view: View::Prompt,
                    item: Some(question),
                };
                self.windows.show(show, Caller::Nobody);
            }
            Due::At(moment) => next = Some(next.map_or(moment, |next| next.min(moment))),
            Due::Never => {}
        }
        next.map(|moment| tokio::time::Instant::now() + Duration::from_millis(moment.saturating_sub(now)))
    }

    fn take(&mut self, news: News) {
        match news {
            News::Up(snapshot) => {
                self.desk.connected(*snapshot);
                self.tell_link();
                self.windows.follow_log();
            }
            News::Down(absence) => {
                self.desk.disconnected(absence);
                self.tell_link();
            }
            News::Event(event) => self.hear(*event),
            News::Server(server) => {
                self.board.server(server);
                self.tried(Tried::NoServer);
            }
            News::Status(status) => {
                self.desk.status(*status);
                self.tell_link();
            }
            News::Missed(missed) => self.desk.missed(missed),
            News::Shown(slot, serial) => {
                let now = self.now_ms();
                if self.board.confirmed(&slot, serial, now) && slot == Slot::Test {
                    self.tried(Tried::Shown);
                }
            }
            News::Clicked {
                slot,
                serial,
                key,
                token,
            } => {
                let now = self.now_ms();
                if let Some(choice) = self.board.clicked(&slot, serial, key.as_deref(), now) {
                    self.choose(choice, Place::Notification, Caller::Person(token));
                }
            }
            News::Gone { slot, serial, how } => self.board.gone(&slot, serial, how),
            News::NotShown(slot, serial) => {
                let now = self.now_ms();
                if self.board.failed(&slot, serial, now) && slot == Slot::Test {
                    self.tried(Tried::Refused);
                }
            }
            News::Chosen(choice) => {
                // What the menu said a moment ago may have been something else.
                let is_armed = Duration::from_millis(ARMING_MS) <= self.tray.unchanged_for();
                let choice = if is_armed { choice } else { choice.unread() };
                self.choose(choice, Place::Tray, Caller::person());
            }
            News::Show(show) => self.windows.show(show, Caller::person()),
            News::Answered { question, result } => self.answered(&question, result),
            News::Trouble(trouble) => self.board.trouble(trouble),
            News::Preferences(preferences) => {
                self.windows.zoom(preferences.zoom);
                self.preferences = preferences;
            }
            News::Link(call) => {
                let link = WindowResponse::Link(link(&self.desk, &self.paths));
                self.windows.respond(call, Ok(link));
            }
            News::Test(trial) => {
                self.trials.push(trial);
                if !self.board.try_out() {
                    self.tried(Tried::NoServer);
                }
            }
            News::Ink(ink) => self.ink = ink,
        }
    }

    /// Tells everybody who waits for it what came of a try.
    fn tried(&mut self, tried: Tried) {
        for trial in self.trials.drain(..) {
            let _unless_it_gave_up = trial.send(tried);
        }
    }

    fn hear(&mut self, event: Event) {
        self.desk.apply(&event);
        match &event {
            Event::Missed(missed) => self.board.missed(missed),
            Event::Flagged { session, names } => self.board.flagged(session, names),
            Event::LimitHit { session, text, .. } => self.board.limited(session, text),
            _ => {}
        }
        self.windows.tell(None, WindowEvent::Daemon(Box::new(event)));
    }

    fn choose(&mut self, choice: Choice, place: Place, caller: Caller) {
        let show = |view, item| Show { view, item };
        match choice {
            Choice::Answer {
                question,
                revision,
                button,
                for_ms,
            } => self.answer(question, revision, choice::answer(button, for_ms), place),
            Choice::Prompt(question) => {
                self.windows.show(show(View::Prompt, Some(question)), caller);
            }
            Choice::Questions => self.windows.show(show(View::Questions, None), caller),
            Choice::Open => self.windows.open(caller),
            Choice::Later => {}
            Choice::Resume(session) => self.tell_daemon(Request::Resume {
                session: Some(session),
            }),
            Choice::Review(SessionId(session)) => {
                self.windows.show(show(View::Review, Some(session)), caller);
            }
            Choice::Stop(session) => self.tell_daemon(Request::Stop(Stop::Session(session))),
            Choice::Pause(milliseconds) => self.tell_daemon(Request::Pause {
                for_ms: Some(milliseconds).filter(|milliseconds| 0 < *milliseconds),
            }),
            Choice::Lockdown(on) => self.tell_daemon(Request::Lockdown { on }),
            Choice::Quit => self.quit(),
        }
    }

    fn answer(&mut self, question: String, revision: u32, answer: Option<Answer>, place: Place) {
        let Some(answer) = answer else { return };
        self.board.answering(&question, revision);
        let (paths, news) = (self.paths.clone(), self.news.clone());
        tokio::spawn(async move {
            let request = Request::Answer {
                id: question.clone(),
                revision,
                answer,
                place,
            };
            let result = call(&paths, request).await.map(|_answered| ());
            drop(news.send(News::Answered { question, result }).await);
        });
    }

    fn answered(&mut self, question: &str, result: Result<(), WireError>) {
        match result {
            Ok(()) => self.board.answered(question),
            Err(error) => {
                tracing::warn!(question, %error, "an answer did not count");
                self.board.not_answered(question, &error.message);
            }
        }
    }

    fn tell_daemon(&self, request: Request) {
        let (paths, news) = (self.paths.clone(), self.news.clone());
        tokio::spawn(async move {
            if let Err(error) = call(&paths, request).await {
                tracing::warn!(%error, "the daemon refused");
                drop(news.send(News::Trouble(Trouble::Refused(error.message))).await);
            }
        });
    }

    /// Tells every window how the daemon is.
    fn tell_link(&self) {
        self.windows
            .tell(None, WindowEvent::Link(link(&self.desk, &self.paths)));
    }

    /// Ends the daemon with its sessions, then the app. Where the daemon does not end, the app stays and says so: whoever quits
    /// believes that nothing runs any more.
    fn quit(&self) {
        // Else the link would start another daemon.
        self.ending.begin();
        let (news, ending) = (self.news.clone(), Arc::clone(&self.ending));
        tokio::spawn(async move {
            let stopped = tokio::task::spawn_blocking(daemon_process::stop).await;
            let why = match stopped {
                Ok(Ok(())) => return ending.finish(),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            tracing::warn!(why, "the daemon does not end");
            ending.give_up();
            drop(news.send(News::Trouble(Trouble::Refused(why))).await);
        });
    }
}

/// What texts are made with.
fn words<'a>(strings: &'a Strings, preferences: &'a Preferences, desk: &Desk) -> Words<'a> {
    let default_expiry_ms = desk
        .known()
        .map_or(DEFAULT_EXPIRY_MS, |known| known.status.policy.default_expiry_ms);
    Words {
        strings,
        preferences,
        default_expiry_ms,
    }
}

/// What windows are told of the connection.
fn link(desk: &Desk, paths: &Paths) -> Link {
    match desk.known() {
        Ok(known) => Link::Up {
            home: paths.home().to_string_lossy().into_owned(),
            status: Box::new(known.status.clone()),
            questions: known.questions.clone(),
            missed: known.missed.clone(),
            sessions: known.sessions.clone(),
        },
        Err(absence) => Link::Down {
            reason: absence.reason.clone(),
            hint: absence.hint.clone(),
        },
    }
}
