use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::*;

fn by_table(members: Members) -> Whereabouts {
    Whereabouts {
        members,
        diagnostics: None,
    }
}

fn by_diagnostics(members: Members) -> Whereabouts {
    Whereabouts {
        members,
        diagnostics: Some(diagnostics::tests::own()),
    }
}

/// The test that is also the program which the tests look at.
const CLIENT: &str = "process_view::tests::the_process_behind_a_connection_is_found";
/// Where that program connects to.
const ADDRESS: &str = "ASKBOX_PROCESS_VIEW_ADDRESS";
/// Set when it starts another one that shares its connection.
const SHARED: &str = "ASKBOX_PROCESS_VIEW_SHARED";

/// A client: a process of its own that connects to us and stays until it is dropped.
struct Client {
    child: Child,
    address: SocketAddr,
    held: TcpStream,
    /// Kept open: a test program that cannot print complains.
    output: Option<BufReader<ChildStdout>>,
}

impl Client {
    /// Starts the client behind a wrapper (none, or bwrap).
    fn start(wrapper: &[&str], listen: &str, shared: bool) -> Self {
        let listener = TcpListener::bind(listen).unwrap();
        let program = std::env::current_exe().unwrap();
        let mut words = wrapper.iter().map(Into::into).chain([program.into_os_string()]);
        #[expect(clippy::disallowed_methods, reason = "the test starts itself")]
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(["--exact", CLIENT, "--nocapture"]);
        command.env(ADDRESS, listener.local_addr().unwrap().to_string());
        if shared {
            command.env(SHARED, "1");
        }
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut client = Self::accept(child, &listener);
        let mut line = String::new();
        let mut output = BufReader::new(client.child.stdout.take().unwrap());
        while line.trim() != "ready" {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "the client ended early");
        }
        client.output = Some(output);
        client
    }

    fn accept(child: Child, listener: &TcpListener) -> Self {
        let (connection, address) = listener.accept().unwrap();
        Self {
            child,
            address,
            held: connection,
            output: None,
        }
    }

    /// By both ways, which must agree.
    fn find(&self, members: Members) -> Option<Process> {
        let stop = Instant::now() + Duration::from_secs(20);
        let by_table = holder(&by_table(members), self.connection(), stop);
        assert_eq!(
            holder(&by_diagnostics(members), self.connection(), stop),
            by_table
        );
        by_table
    }

    fn connection(&self) -> Connection {
        Connection {
            protocol: TCP,
            client: self.address,
            server: self.held.local_addr().ok(),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It ends with its standard input.
        drop(self.child.stdin.take());
        if let Some(mut output) = self.output.take() {
            std::io::copy(&mut output, &mut std::io::sink()).unwrap();
        }
        self.child.wait().unwrap();
    }
}

/// The program that the tests look at: connects, says so, ends with its standard input.
fn client(address: &OsStr) {
    let mut input = std::io::stdin();
    if address == "inherited" {
        println!("ready");
        std::io::stdout().flush().unwrap();
        drop(input.read(&mut [0]));
        return;
    }
    let connection = TcpStream::connect(address.to_str().unwrap()).unwrap();
    let mut other = std::env::var_os(SHARED).map(|_| {
        // Standard error is the shared connection: any descriptor will do.
        #[expect(clippy::disallowed_methods, reason = "the test starts itself")]
        let child = Command::new(std::env::current_exe().unwrap())
            .args(std::env::args_os().skip(1))
            .env(ADDRESS, "inherited")
            .stdin(Stdio::piped())
            .stderr(OwnedFd::from(connection.try_clone().unwrap()))
            .spawn();
        child.unwrap()
    });
    if other.is_none() {
        println!("\nready");
        std::io::stdout().flush().unwrap();
    }
    drop(input.read(&mut [0]));
    if let Some(other) = &mut other {
        drop(other.stdin.take());
        other.wait().unwrap();
    }
}

fn check(found: &Process, expected_pid: Option<u32>) {
    assert_eq!(found.exe, std::env::current_exe().ok());
    assert!(found.command.iter().any(|word| word == CLIENT), "{found:?}");
    assert!(0 < found.started);
    if let Some(pid) = expected_pid {
        assert_eq!(found.pid, pid);
    }
}

/// A sandbox in its own PID namespace, with our network.
const SANDBOX: [&str; 8] = [
    "bwrap",
    "--dev-bind",
    "/",
    "/",
    "--unshare-user",
    "--unshare-pid",
    "--proc",
    "/proc",
];

#[test]
fn the_process_behind_a_connection_is_found() {
    if let Some(address) = std::env::var_os(ADDRESS) {
        return client(&address);
    }
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        let client = Client::start(&[], listen, false);
        let found = client.find(Members::Below(client.child.id())).unwrap();
        check(&found, Some(client.child.id()));
        assert!(found.others.is_empty());
    }
}

#[test]
fn a_process_of_another_session_is_not_found() {
    let client = Client::start(&[], "127.0.0.1:0", false);
    let other = Client::start(&[], "127.0.0.1:0", false);
    assert_eq!(client.find(Members::Below(other.child.id())), None);
    assert!(client.find(Members::Below(client.child.id())).is_some());
}

#[test]
fn a_connection_that_is_over_has_no_process() {
    let mut client = Client::start(&[], "127.0.0.1:0", false);
    client.address.set_port(1);
    assert_eq!(client.find(Members::Below(client.child.id())), None);
}

#[test]
fn every_holder_is_named() {
    let client = Client::start(&[], "127.0.0.1:0", true);
    let found = client.find(Members::Below(client.child.id())).unwrap();
    check(&found, Some(client.child.id()));
    let name = found
        .exe
        .as_deref()
        .and_then(std::path::Path::file_name)
        .unwrap()
        .to_string_lossy();
    let [other] = found.others.as_slice() else {
        panic!("{found:?}")
    };
    assert!(
        other.ends_with(&format!(" {name}")) && other != &format!("{} {name}", found.pid),
        "{other}"
    );
}

#[test]
fn a_process_in_a_sandbox_is_found_below_the_sandbox_and_by_its_namespace() {
    let client = Client::start(&SANDBOX, "127.0.0.1:0", false);
    let found = client.find(Members::Below(client.child.id())).unwrap();
    check(&found, None);
    assert_ne!(found.pid, client.child.id());
    // Bubblewrap has one thread; our program has two, since the test harness runs each test on one of its own.
    assert!(proc::is_single_threaded(client.child.id()));
    assert!(!proc::is_single_threaded(found.pid));
    let namespace = std::fs::metadata(format!("/proc/{}/ns/pid", found.pid))
        .unwrap()
        .ino();
    assert_ne!(Some(namespace), proc::own_namespace());
    assert_eq!(client.find(Members::Namespace(namespace)).as_ref(), Some(&found));
    assert_eq!(client.find(Members::Namespace(namespace + 1_000_000)), None);
}

#[test]
fn nothing_is_found_after_the_deadline() {
    let client = Client::start(&[], "127.0.0.1:0", false);
    let session = by_table(Members::Below(client.child.id()));
    assert_eq!(holder(&session, client.connection(), Instant::now()), None);
}

#[tokio::test]
async fn a_view_finds_it_on_its_own_threads() {
    let mut client = Client::start(&SANDBOX, "127.0.0.1:0", false);
    let session = by_diagnostics(Members::Below(client.child.id()));
    let view = ProcessView::new();
    check(&view.identify(session.clone(), client.connection()).await, None);
    client.address.set_port(1);
    assert_eq!(
        view.identify(session, client.connection()).await,
        Process::unknown()
    );
}

#[test]
fn a_process_comes_with_what_started_it() {
    let row = shells::Shells::start(4);
    let stop = Instant::now() + Duration::from_secs(20);
    let last = *proc::family(row.root(), PROCESSES, stop).last().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let found = runtime.block_on(ProcessView::new().of_thread(last, row.root()));
    assert_eq!((found.pid, found.ancestors.len()), (last, 2));
    let of_nobody = runtime.block_on(ProcessView::new().of_thread(last, 0));
    assert_eq!((of_nobody.pid, of_nobody.ancestors.len()), (last, 0));
}

#[tokio::test]
async fn a_process_is_there_although_what_started_it_takes_too_long() {
    let view = ProcessView::new();
    let known = Process {
        pid: std::process::id(),
        ..Process::unknown()
    };
    let (release, held) = std::sync::mpsc::channel::<()>();
    let expected = known.clone();
    let found = view
        .look_with(
            move |_stop| Some(known),
            move |_pid, _stop, named| {
                named("parent".to_owned());
                // As long as the test likes.
                assert!(held.recv().is_err());
                named("grandparent".to_owned());
            },
        )
        .await;
    drop(release);
    assert_eq!(
        found,
        Process {
            ancestors: vec!["parent".to_owned()],
            ..expected
        }
    );
}
