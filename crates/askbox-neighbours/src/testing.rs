//! A gate with its log and one open session, and the place of a socket of it, for the tests of what serves such sockets.

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Program;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use askbox_audit::{Event, Filter, Log, Reader};
use askbox_gate::{Clock, Gate, GrantStore, LockdownStore, SessionInfo};
use askbox_policy::policy_file::{Context, parse};
use askbox_policy::{
    Answer, CanonicalPath, Duration, Origin, Policy, Process, Project, SessionId, SessionRules, display,
};
use tokio::net::UnixStream;

use crate::asking::Asking;
use crate::listening::Identify;

/// A gate in a directory of its own.
pub(crate) struct Place {
    pub(crate) gate: Gate,
    pub(crate) directory: tempfile::TempDir,
}

impl Place {
    /// With a session that has these rules.
    pub(crate) fn new(rules: &str, interactive: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let home = CanonicalPath::new(Path::new("/home/u")).unwrap();
        let context = Context {
            home: home.clone(),
            project: None,
            origin: Origin::Written,
        };
        let policy = Policy::builtin(&home).with_user_file(parse(rules, &context).unwrap());
        let gate = Gate::new(
            Arc::new(policy),
            Log::open(&at("log.sqlite")).unwrap(),
            GrantStore::load(&at("grants.json")).unwrap(),
            LockdownStore::load(&at("lockdown")),
            Clock::system().unwrap(),
        );
        gate.open_session(SessionInfo {
            id: session(),
            project: project(),
            name: "run".to_owned(),
            rules: SessionRules {
                interactive,
                ..SessionRules::default()
            },
        });
        Self { gate, directory }
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The session's socket, as a launch leaves it.
    pub(crate) fn listener(&self) -> OwnedFd {
        let listener = std::os::unix::net::UnixListener::bind(self.at("inside"));
        listener.unwrap().into()
    }

    /// Its session, for what serves its sockets.
    pub(crate) fn asking(&self) -> Asking {
        Asking {
            session: session(),
            project: project(),
            identify: identify(),
            gate: self.gate.clone(),
        }
    }

    /// The same, which looks whether a program is connected each time it is to be found out: when it comes, and when a refusal is
    /// about to be written down.
    pub(crate) fn watching(&self) -> (Asking, Arc<Watched>) {
        let watched = Arc::new(Watched::default());
        let (seen, find_out) = (Arc::clone(&watched), identify());
        let identify: Identify = Arc::new(move |pid| {
            seen.look();
            find_out(pid)
        });
        let asking = Asking {
            identify,
            ..self.asking()
        };
        (asking, watched)
    }

    /// A connection to it.
    pub(crate) async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.at("inside")).await.unwrap()
    }

    /// The verdicts in the log: target, verdict, reason.
    pub(crate) fn verdicts(&self) -> Vec<[String; 3]> {
        let reader = Reader::open(&self.at("log.sqlite")).unwrap();
        let told = |event: Event| {
            let verdict = event.verdict?.name().to_owned();
            let (target, by) = (event.target.unwrap_or_default(), event.by.unwrap_or_default());
            Some([target, verdict, by])
        };
        reader
            .query(&Filter::default())
            .unwrap()
            .into_iter()
            .filter_map(told)
            .collect()
    }

    /// Whether the log has this.
    pub(crate) fn has_logged(&self, verdict: &str, target: &str, by: &str) -> bool {
        self.verdicts()
            .iter()
            .any(|[on, said, why]| said == verdict && on.starts_with(target) && why.contains(by))
    }

    #[track_caller]
    pub(crate) fn was(&self, verdict: &str, target: &str, by: &str) {
        assert!(
            self.has_logged(verdict, target, by),
            "{verdict} {target} {by}: {:#?}",
            self.verdicts()
        );
    }

    /// Waits for a question and answers it. Returns what it was about.
    pub(crate) async fn answer(&self, allow: bool) -> String {
        let question = loop {
            if let Some(question) = self.gate.open_questions().into_iter().next() {
                break question;
            }
            tokio::task::yield_now().await;
        };
        let answer = Answer {
            allow,
            duration: Duration::Once,
            widen: false,
            everywhere: false,
        };
        self.gate
            .answer(question.id, question.revision, answer, "test")
            .await
            .unwrap();
        let [member, ..] = question.members.as_slice() else {
            panic!("{question:?}");
        };
        display::target(&member.target)
    }
}

/// A program that says nothing, and whether it was connected whenever somebody looked.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    program: Mutex<Option<Program>>,
    connected: Mutex<Vec<bool>>,
}

impl Watched {
    /// Connects it, and waits until it is cut off. Whether it was connected, for each look.
    pub(crate) async fn until_it_is_cut(&self, place: &Place) -> Vec<bool> {
        let program = Program::connect(place.at("inside")).unwrap();
        program.set_nonblocking(true).unwrap();
        *self.program.lock().unwrap() = Some(program);
        while self.is_connected() {
            tokio::task::yield_now().await;
        }
        self.connected.lock().unwrap().clone()
    }

    fn look(&self) {
        let is_connected = self.is_connected();
        self.connected.lock().unwrap().push(is_connected);
    }

    fn is_connected(&self) -> bool {
        let mut program = self.program.lock().unwrap();
        let heard = program.as_mut().unwrap().read(&mut [0]);
        heard.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

pub(crate) fn session() -> SessionId {
    SessionId("s1".to_owned())
}

pub(crate) fn project() -> Project {
    Project("/p/app".into())
}

/// Knows a process by its number and nothing more.
pub(crate) fn identify() -> Identify {
    Arc::new(|pid| {
        Box::pin(async move {
            Process {
                pid,
                started: 1,
                ..Process::unknown()
            }
        })
    })
}
