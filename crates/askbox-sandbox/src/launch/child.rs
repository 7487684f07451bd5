//! The launch child, step by step. The order matters and every step says why it stands where it does.

use std::convert::Infallible;
use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use askbox_wire::{Descriptor, Network};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, recv, send, sendmsg};
use nix::unistd::{Pid, getpid, getppid, lseek, pipe2, setsid};

use super::{FORWARDED, Inheritance, TAG_BY_PROXY, TAG_CAPTURED, TAG_FAILED, TAG_STARTED};
use crate::host_programs::BWRAP;
use crate::netlink::SetUp;
use crate::plan::Plan;
use crate::{allowance, bwrap_args, environment, exec_listener, limits, netlink, outer, seccomp, stage, sys};

/// What went wrong, in words for the person who started the command.
#[derive(Debug)]
pub(super) struct Failure {
    step: &'static str,
    error: io::Error,
    detail: Option<String>,
}

trait Step<T> {
    fn step(self, step: &'static str) -> Result<T, Failure>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, step: &'static str) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            step,
            error: error.into(),
            detail: None,
        })
    }
}

/// Sends the failure to the caller of `begin`; nothing more can be done when that fails too.
pub(super) fn report(channel: &OwnedFd, failure: &Failure) {
    let detail = failure
        .detail
        .as_ref()
        .map_or(String::new(), |detail| format!("{detail}: "));
    let text = format!("cannot {}: {detail}{}", failure.step, failure.error);
    let mut message = vec![TAG_FAILED];
    message.extend(text.bytes().take(limits::MESSAGE_BYTES - 1));
    tell(channel, &message);
}

/// Sends a last word. The other end may be gone, and then there is nobody to tell.
fn tell(channel: &OwnedFd, message: &[u8]) {
    match send(channel.as_raw_fd(), message, MsgFlags::MSG_NOSIGNAL) {
        Ok(_) | Err(_) => {}
    }
}

impl From<stage::Error> for Failure {
    fn from(error: stage::Error) -> Self {
        let (tried, error) = error.into_parts();
        Self {
            step: "build the view of the file system",
            error,
            detail: Some(tried),
        }
    }
}

/// Everything up to execve of bwrap.
pub(super) fn run(inheritance: Inheritance, plan: OwnedFd, parent: Pid, channel: &OwnedFd) -> Failure {
    match steps(inheritance, plan, parent, channel) {
        Err(failure) => failure,
        Ok(never) => match never {},
    }
}

/// What no plan is needed for comes first: the daemon plans meanwhile.
fn steps(
    inheritance: Inheritance,
    plan: OwnedFd,
    parent: Pid,
    channel: &OwnedFd,
) -> Result<Infallible, Failure> {
    // Out of the caller's session: Ctrl-C on its terminal must not reach bwrap.
    setsid().step("start a session")?;
    allowance::end_first_without_memory().step("offer itself to the kernel when memory runs out")?;
    let Inheritance {
        terminal,
        environment: caller,
        stage: place,
        network: choice,
    } = inheritance;
    for (number, slave) in (0..).zip(terminal) {
        if let Some(slave) = slave {
            sys::replace_standard(slave, number).step("attach the terminal")?;
        }
    }
    outer::enter().step("make namespaces")?;
    // After the namespaces, since unshare(2) may clear it.
    follow(parent)?;
    let SetUp {
        network,
        descriptors: listeners,
    } = netlink::set_up(choice).step("set up the network")?;
    let (leash_inside, leash_outside) = pipe2(OFlag::O_CLOEXEC).step("make the leash")?;
    let (stage, files) = stage::prepare(&place)?;
    let agent = stage::ssh_agent(&stage)?;
    // A filter needs that; and a filter comes before bwrap, which would hand no listener out.
    prctl::set_no_new_privs().step("renounce new privileges")?;
    let starts = exec_listener::install()
        .step("listen to starts of programs")?
        .ok();
    let root = stage.root().step("keep the root")?;
    let always = listeners.into_iter().chain([leash_outside, agent, root]);
    let optional = [(Descriptor::Files, files), (Descriptor::Starts, starts)];
    let optional = optional.into_iter().filter_map(|(name, fd)| Some((name, fd?)));
    // No copy stays: the payload would hold its own listeners, the leash would never end, and whoever waits for an answer
    // of the file system, or for a program to start, would wait for ever when the daemon is gone.
    let named = Descriptor::of(network)
        .iter()
        .copied()
        .zip(always)
        .chain(optional);
    hand_over(channel, network, named)?;
    let plan = read_plan(plan).step("read the plan")?;
    stage::build(&stage, &plan)?;
    drop(stage);
    // After the file systems are mounted, which report pids in their mounter's namespace; before the capability goes.
    let needs_proc = !outer::has_lasting_second();
    outer::isolate_children().step("make a pid namespace")?;
    if !needs_proc {
        sys::drop_capabilities().step("drop capabilities")?;
    }
    sys::join_fresh_keyring().step("join a fresh keyring")?;
    let environment = environment::resolve(&plan.environment, &caller, network);
    let command = Command::prepare(&plan, &leash_inside, &environment).step("prepare bwrap")?;
    allowance::apply(plan.limits).step("limit what the session may use")?;
    become_first(channel)?;
    if needs_proc {
        outer::mount_proc().step("mount /proc")?;
        sys::drop_capabilities().step("drop capabilities")?;
    }
    command.start(&leash_inside)
}

/// Waits for the plan. A caller that goes away without one has been refused it, and nobody is left to be told.
fn read_plan(from: OwnedFd) -> io::Result<Plan> {
    let mut text = Vec::new();
    File::from(from).read_to_end(&mut text)?;
    if text.is_empty() {
        sys::exit_now(125);
    }
    Ok(serde_json::from_slice(&text)?)
}

/// Ends with the caller, from here on and not only from bwrap's own `--die-with-parent` on.
fn follow(parent: Pid) -> Result<(), Failure> {
    prctl::set_pdeathsig(Signal::SIGKILL).step("follow the caller")?;
    if getppid() == parent {
        Ok(())
    } else {
        Err(io::Error::other("the caller is gone")).step("follow the caller")
    }
}

/// Sends descriptors with their names, and closes them.
fn hand_over(
    channel: &OwnedFd,
    network: Network,
    descriptors: impl Iterator<Item = (Descriptor, OwnedFd)>,
) -> Result<(), Failure> {
    let (names, descriptors): (Vec<Descriptor>, Vec<OwnedFd>) = descriptors.unzip();
    let numbers: Vec<i32> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
    let control = [ControlMessage::ScmRights(&numbers)];
    let mut message = vec![match network {
        Network::Captured => TAG_CAPTURED,
        Network::Proxy => TAG_BY_PROXY,
    }];
    serde_json::to_writer(&mut message, &names)
        .map_err(io::Error::from)
        .step("hand over descriptors")?;
    let bytes = [IoSlice::new(&message)];
    let flags = MsgFlags::MSG_NOSIGNAL;
    sendmsg::<UnixAddr>(channel.as_raw_fd(), &bytes, &control, flags, None)
        .map(drop)
        .step("hand over descriptors")
}

/// Forks once more, as a sibling: the new process is PID 1 of the outer pid namespace and the caller's own child. The old
/// one reports its pid and exits. Returns in the new one, after *go*.
fn become_first(channel: &OwnedFd) -> Result<(), Failure> {
    if let Some(first) = sys::fork_sibling().step("fork")? {
        let mut message = vec![TAG_STARTED];
        message.extend(first.as_raw().to_ne_bytes());
        tell(channel, &message);
        sys::exit_now(0);
    }
    // fork(2) cleared it. The parent lies outside our pid namespace, so getppid() is 0 for as long as it lives and also
    // when it is gone: only *go* tells.
    debug_assert_eq!(getpid(), Pid::from_raw(1));
    prctl::set_pdeathsig(Signal::SIGKILL).step("follow the caller")?;
    let mut go = [0];
    loop {
        match recv(channel.as_raw_fd(), &mut go, MsgFlags::empty()) {
            Err(Errno::EINTR) => {}
            Ok(1) => return Ok(()),
            Ok(_) | Err(_) => sys::exit_now(125), // The caller is gone, perhaps before the line above.
        }
    }
}

/// bwrap, ready to be executed: its inherited files must stay open until then.
struct Command {
    program: CString,
    argv: Vec<CString>,
    environment: Vec<CString>,
    _files: Vec<OwnedFd>,
}

impl Command {
    fn prepare(plan: &Plan, leash: &OwnedFd, variables: &[(OsString, OsString)]) -> io::Result<Self> {
        let mut files = Vec::new();
        let mut keep = |content: &[u8]| -> io::Result<i32> {
            let file = memory_file(content)?;
            let number = file.as_raw_fd();
            files.push(file);
            Ok(number)
        };
        let filter = keep(&seccomp::filter(plan.switches)?)?;
        let mut packed = Vec::new();
        for argument in bwrap_args::arguments(plan, filter) {
            packed.extend_from_slice(argument.as_bytes());
            packed.push(0);
        }
        let arguments = keep(&packed)?;
        let argv = bwrap_args::command_line(plan, arguments, leash.as_raw_fd());
        let pairs = variables.iter().map(|(name, value)| {
            [
                environment::name_before_command(name).as_bytes(),
                b"=",
                value.as_bytes(),
            ]
            .concat()
        });
        Ok(Self {
            program: CString::new(BWRAP.path)?,
            argv: sys::c_strings(argv.iter().map(|argument| argument.as_bytes()))?,
            environment: sys::c_strings(pairs)?,
            _files: files,
        })
    }

    fn start(self, leash: &OwnedFd) -> Result<Infallible, Failure> {
        // The leash goes through bwrap to init, which closes it for everything that it starts.
        fcntl(leash, FcntlArg::F_SETFD(FdFlag::empty())).step("keep the leash")?;
        // Blocked until askbox-init takes them: the kernel drops what the first process of a pid namespace neither blocks nor
        // handles (pid_namespaces(7)), and the client forwards to whoever is there.
        let mask = SigSet::from_iter(FORWARDED);
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&mask), None).step("block signals")?;
        sys::restore_sigpipe();
        Err(sys::execute(&self.program, &self.argv, &self.environment)).step("start /usr/bin/bwrap")
    }
}

/// A file in memory at offset 0 that survives exec: how bwrap gets arguments and filters.
fn memory_file(content: &[u8]) -> io::Result<OwnedFd> {
    let fd = memfd_create(c"askbox", MFdFlags::empty())?;
    let mut file = std::fs::File::from(fd);
    file.write_all(content)?;
    lseek(&file, 0, nix::unistd::Whence::SeekSet)?;
    Ok(file.into())
}
