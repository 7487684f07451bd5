//! A daemon in a directory of its own, on a thread of its own, with the gate within reach.

use std::fs;
use std::io::{PipeReader, PipeWriter, Read, pipe};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use askbox_audit::{Filter, Reader};
use askbox_gate::{Denial, Permit, SessionInfo};
use askbox_paths::Paths;
use askbox_policy::{
    Destination, Host, Port, Process, Project, Request as Wanted, SessionId, SessionRules, Target,
};
use askbox_secrets::{Answer, Keyring, Order, Secrets, Unavailable};
use askbox_wire::{
    Client, ClientError, Descriptor, Event, Follow, LaunchRequest, Request, Response, RunOptions, Terminals,
    Topic, WireError,
};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::task::JoinHandle as Task;

use crate::daemon::{Daemon, DaemonOptions, run_with};
use crate::error::Error;

/// A running daemon.
pub(crate) struct World {
    pub(crate) paths: Paths,
    pub(crate) daemon: Arc<Daemon>,
    runtime: Handle,
    thread: JoinHandle<Result<(), Error>>,
    pub(crate) directory: TempDir,
}

/// Directories that are about to hold a daemon.
pub(crate) struct Place {
    pub(crate) paths: Paths,
    pub(crate) directory: TempDir,
}

/// A machine without a Secret Service.
#[derive(Debug)]
struct NoKeyring;

impl Keyring for NoKeyring {
    fn carry_out(&self, _order: &Order) -> Answer {
        Err(Unavailable::NoService("a test".to_owned()))
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let paths = Paths::new(Some(directory.path().join("askbox").into())).unwrap();
        for path in paths.own() {
            fs::create_dir_all(path).unwrap();
        }
        fs::create_dir(directory.path().join("managed")).unwrap();
        Self { paths, directory }
    }

    pub(crate) fn managed(&self) -> PathBuf {
        self.directory.path().join("managed")
    }

    pub(crate) fn options(&self, ready: Option<OwnedFd>) -> DaemonOptions {
        DaemonOptions {
            init: "/nonexistent/askbox-init".into(),
            managed_policy: self.managed(),
            path_directories: Vec::new(),
            has_service_manager: false,
            open_files: 4096,
            proxy_environment: askbox_network::ProxyEnvironment::default(),
            secrets: Secrets::new(self.paths.secrets(), NoKeyring),
            give_memory_back: || {},
            ready,
        }
    }

    /// Starts the daemon and waits until front ends can connect.
    pub(crate) fn start(self) -> World {
        let (mut ready, writer) = pipe().unwrap();
        let (sender, opened) = mpsc::channel();
        let (paths, options) = (self.paths.clone(), self.options(Some(writer.into())));
        let thread = std::thread::spawn(move || {
            run_with(&paths, options, move |daemon| {
                sender.send((Arc::clone(daemon), Handle::current())).unwrap();
            })
        });
        assert_eq!(
            ready.read(&mut [0]).unwrap(),
            1,
            "the daemon says that it is ready"
        );
        let (daemon, runtime) = opened.recv().unwrap();
        World {
            paths: self.paths,
            daemon,
            runtime,
            thread,
            directory: self.directory,
        }
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Place::new().start()
    }

    /// A daemon with this policy.toml.
    pub(crate) fn with_policy(text: &str) -> Self {
        let place = Place::new();
        fs::write(place.paths.policy(), text).unwrap();
        place.start()
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.paths.socket()).unwrap()
    }

    pub(crate) fn policy_text(&self) -> String {
        fs::read_to_string(self.paths.policy()).unwrap()
    }

    /// Opens a session at the gate alone.
    pub(crate) fn open_session(&self, name: &str) -> SessionId {
        let id = SessionId(name.into());
        let info = SessionInfo {
            id: id.clone(),
            project: Project("/home/u/app".into()),
            name: "app".into(),
            rules: SessionRules::default(),
        };
        self.daemon.gate.open_session(info);
        id
    }

    /// Asks the gate for a connection.
    pub(crate) fn ask(&self, session: &SessionId, host: &str) -> Task<Result<Permit, Denial>> {
        self.ask_for(wanted(session, host))
    }

    /// Asks the gate for anything.
    pub(crate) fn ask_for(&self, request: Wanted) -> Task<Result<Permit, Denial>> {
        let gate = self.daemon.gate.clone();
        self.runtime
            .spawn(async move { gate.admit(request, async { Process::unknown() }).await })
    }

    /// Waits for what the gate said.
    pub(crate) fn outcome(&self, task: Task<Result<Permit, Denial>>) -> Result<Permit, Denial> {
        self.wait(task).unwrap()
    }

    /// Waits for something that the daemon does.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A directory that can be a project.
    pub(crate) fn project(&self, name: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Ends the daemon by request and returns its directories.
    pub(crate) fn end(self) -> Place {
        assert_eq!(self.client().call(Request::Shutdown).unwrap(), Response::Done);
        let Self {
            paths,
            daemon,
            thread,
            directory,
            ..
        } = self;
        drop(daemon);
        thread.join().unwrap().unwrap();
        Place { paths, directory }
    }

    /// The log, one `kind action target verdict` for each event.
    pub(crate) fn log(&self) -> Vec<String> {
        log_of(&self.paths)
    }

    /// The log, one `kind action detail` for each event.
    pub(crate) fn log_details(&self) -> Vec<String> {
        let events = Reader::open(&self.paths.log())
            .unwrap()
            .query(&Filter::default())
            .unwrap();
        let line = |event: &askbox_audit::Event| {
            let words = [event.action.clone(), event.detail.clone()];
            std::iter::once(event.kind.name().to_owned())
                .chain(words.into_iter().flatten())
                .collect::<Vec<_>>()
                .join(" ")
        };
        events.iter().map(line).collect()
    }
}

/// What a session asks the gate for.
pub(crate) fn wanted(session: &SessionId, host: &str) -> Wanted {
    Wanted {
        session: session.clone(),
        project: Project("/home/u/app".into()),
        process: Process::unknown(),
        target: Target::Network(Destination {
            host: Host::parse(host).unwrap(),
            port: Port::new(443).unwrap(),
        }),
    }
}

/// The log of a daemon, alive or not.
pub(crate) fn log_of(paths: &Paths) -> Vec<String> {
    let events = Reader::open(&paths.log())
        .unwrap()
        .query(&Filter::default())
        .unwrap();
    let line = |event: &askbox_audit::Event| {
        let verdict = event.verdict.map(|verdict| format!("{verdict:?}").to_lowercase());
        let words = [event.action.clone(), event.target.clone(), verdict];
        let words = words.into_iter().flatten().filter(|word| !word.is_empty());
        std::iter::once(event.kind.name().to_owned())
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ")
    };
    events.iter().map(line).collect()
}

/// Follows some topics.
pub(crate) fn follow(client: &mut Client, topics: &[Topic]) {
    let follow = Follow {
        topics: topics.to_vec(),
        session: None,
    };
    assert_eq!(client.call(Request::Follow(follow)).unwrap(), Response::Done);
}

/// The next event that `wanted` picks something from.
pub(crate) fn wait_for<T>(client: &mut Client, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
    loop {
        let event = client.next_event().unwrap().expect("the daemon is there");
        if let Some(found) = wanted(event) {
            return found;
        }
    }
}

/// What the daemon refused.
pub(crate) fn refusal(result: Result<Response, ClientError>) -> WireError {
    match result {
        Err(ClientError::Refused(error)) => error,
        other => panic!("not refused: {other:?}"),
    }
}

/// A launch in this directory.
pub(crate) fn launch_request(project: &Path) -> LaunchRequest {
    let metadata = fs::metadata(project).unwrap();
    LaunchRequest {
        argv: vec!["true".into()],
        program: None,
        cwd: project.to_owned().into(),
        options: RunOptions::default(),
        env_names: vec!["PATH".into()],
        search: Vec::new(),
        uid: std::os::unix::fs::MetadataExt::uid(&metadata),
        terminals: Terminals::default(),
        child: None,
        ssh_agent: None,
        desktop: askbox_wire::CallerDesktop::default(),
    }
}

/// Launches and serves a session as a client does, with sockets of this network namespace. The pipe is the inner
/// end of the leash: at its end of file everything inside would end.
pub(crate) fn run_session(client: &mut Client, request: LaunchRequest) -> (SessionId, PipeReader) {
    let Response::Launched { session, .. } = client.call(Request::Launch(Box::new(request))).unwrap() else {
        panic!("not launched");
    };
    let (leash, writer) = pipe().unwrap();
    let descriptors = listeners(writer);
    let borrowed: Vec<_> = descriptors.iter().map(std::os::fd::AsFd::as_fd).collect();
    let serve = Request::Serve {
        session: session.clone(),
        attached: Descriptor::CAPTURED.to_vec(),
    };
    assert_eq!(
        client.call_with_descriptors(serve, &borrowed).unwrap(),
        Response::Serving
    );
    (session, leash)
}

/// The descriptors of a launch, in their order.
pub(crate) fn listeners(leash: PipeWriter) -> Vec<OwnedFd> {
    use std::net::{TcpListener, UdpSocket};
    let tcp = || OwnedFd::from(TcpListener::bind("127.0.0.1:0").unwrap());
    let udp = || OwnedFd::from(UdpSocket::bind("127.0.0.1:0").unwrap());
    let root = std::fs::File::open("/").unwrap().into();
    // Nothing in these tests asks or hears them, so any datagram socket stands for one of netlink.
    let (diagnostics, rejected) = (udp(), udp());
    let address = std::os::unix::net::SocketAddr::from_pathname("").unwrap();
    let agent = OwnedFd::from(std::os::unix::net::UnixListener::bind_addr(&address).unwrap());
    vec![
        tcp(),
        tcp(),
        udp(),
        udp(),
        tcp(),
        tcp(),
        diagnostics,
        rejected,
        leash.into(),
        agent,
        root,
    ]
}
