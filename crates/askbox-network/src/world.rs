//! A session without a sandbox, for tests: a real gate and log, and servers on the loopback that pins lead to.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use askbox_audit::{Event, Filter, Log, Reader};
use askbox_gate::{Clock, Gate, GrantStore, LockdownStore, SessionInfo};
use askbox_policy::policy_file::{Context, PolicyFile, parse};
use askbox_policy::{
    CanonicalPath, Destination, Host, Origin, Pin, Policy, Port, Process, Project, SessionId, SessionRules,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::connection::handle;
use crate::entry::Entry;
use crate::names::Names;
use crate::resolve::{Resolver, Upstream};
use crate::session::{Caller, Session};
use crate::{Ends, SessionNetwork, TCP};

pub(crate) struct World {
    pub(crate) gate: Gate,
    pub(crate) session: Arc<Session>,
    /// The pid that every socket is said to be held by; 0 is nobody.
    pub(crate) holder: Arc<AtomicU32>,
    directory: tempfile::TempDir,
}

pub(crate) fn rule(effect: &str, pattern: &str) -> String {
    format!("[[rule]]\neffect = \"{effect}\"\nnetwork = \"{pattern}\"\n")
}

pub(crate) fn policy(text: &str) -> Arc<Policy> {
    Arc::new(Policy::builtin(&home()).with_user_file(file(text)))
}

/// The same written by an administrator.
pub(crate) fn managed_policy(text: &str) -> Arc<Policy> {
    Arc::new(Policy::builtin(&home()).with_managed_files(vec![file(text)]))
}

fn home() -> CanonicalPath {
    CanonicalPath::new(Path::new("/home/u")).unwrap()
}

fn file(text: &str) -> PolicyFile {
    let context = Context {
        home: home(),
        project: None,
        origin: Origin::Written,
    };
    parse(text, &context).unwrap()
}

pub(crate) fn destination(host: &str, port: u16) -> Destination {
    Destination {
        host: Host::parse(host).unwrap(),
        port: Port::new(port).unwrap(),
    }
}

impl World {
    /// A session that nobody can be asked about, with these rules and with these hosts pinned to the loopback.
    pub(crate) fn new(rules: &str, pins: &[(&str, u16)]) -> Self {
        Self::with(rules, pins, false)
    }

    pub(crate) fn asking(rules: &str, pins: &[(&str, u16)]) -> Self {
        Self::with(rules, pins, true)
    }

    fn with(rules: &str, pins: &[(&str, u16)], interactive: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log = Log::open(&directory.path().join("log.sqlite")).unwrap();
        let grants = GrantStore::load(&directory.path().join("grants.json")).unwrap();
        let lockdown = LockdownStore::load(&directory.path().join("lockdown"));
        let gate = Gate::new(policy(rules), log, grants, lockdown, Clock::system().unwrap());
        let (id, project) = (SessionId("s1".to_owned()), Project(PathBuf::from("/p/app")));
        gate.open_session(SessionInfo {
            id: id.clone(),
            project: project.clone(),
            name: "run".to_owned(),
            rules: SessionRules {
                interactive,
                ..SessionRules::default()
            },
        });
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let pin = |(host, port): &(&str, u16)| {
            let Destination { host, port } = destination(host, *port);
            Pin { host, port, address }
        };
        let holder = Arc::new(AtomicU32::new(7));
        let held_by = Arc::clone(&holder);
        let network = SessionNetwork {
            session: id,
            project,
            pins: pins.iter().map(pin).collect(),
            identify: Arc::new(move |_| {
                let pid = held_by.load(Ordering::Relaxed);
                Box::pin(async move {
                    Process {
                        pid,
                        started: u64::from(pid),
                        exe: Some(PathBuf::from("/usr/bin/held")),
                        ..Process::default()
                    }
                })
            }),
        };
        let session = Arc::new(Session {
            network,
            gate: gate.clone(),
            names: Names::new(Instant::now()),
            resolver: Resolver::new(Arc::new(Upstream::default())),
            totals: Arc::default(),
        });
        Self {
            gate,
            session,
            holder,
            directory,
        }
    }

    /// A program's connection to a destination, captured.
    pub(crate) async fn connect(&self, host: &str, port: u16) -> (TcpStream, JoinHandle<()>) {
        let (program, captured) = pair().await;
        let caller = Caller::new(
            Arc::clone(&self.session),
            Ends {
                protocol: TCP,
                client: program.local_addr().unwrap(),
                server: None,
            },
        );
        let task = tokio::spawn(handle(captured, destination(host, port), Entry::Captured, caller));
        (program, task)
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let reader = Reader::open(&self.directory.path().join("log.sqlite")).unwrap();
        reader.query(&Filter::default()).unwrap()
    }

    /// The verdicts in the log: target, verdict, reason.
    pub(crate) fn verdicts(&self) -> Vec<[String; 3]> {
        let told = |event: Event| {
            let verdict = event.verdict?.name().to_owned();
            Some([
                event.target.unwrap_or_default(),
                verdict,
                event.by.unwrap_or_default(),
            ])
        };
        self.events().into_iter().filter_map(told).collect()
    }

    /// Whether the log has a denial of this target whose reason has these words.
    pub(crate) fn was_denied(&self, target: &str, words: &str) -> bool {
        let verdicts = self.verdicts();
        verdicts
            .iter()
            .any(|entry| entry[0] == target && entry[1] == "deny" && entry[2].contains(words))
    }
}

/// A server on the loopback.
pub(crate) async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Two ends of one connection.
pub(crate) async fn pair() -> (TcpStream, TcpStream) {
    let (listener, port) = listen().await;
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let (near, far) = tokio::join!(TcpStream::connect(to), listener.accept());
    (near.unwrap(), far.unwrap().0)
}

/// A recorded client hello for ok.example.com.
pub(crate) fn hello() -> Vec<u8> {
    let hex = include_str!("client_hello/recorded/named.hex");
    let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap())
        .collect()
}
