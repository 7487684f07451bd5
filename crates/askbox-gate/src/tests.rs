//! A gate with a real log and a clock that tests move. Tokio's clock is paused and moves only by [`World::advance`]; the
//! test clock goes with it. One file per feature; each test is named after its rule.
#![expect(
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that looks at the wrong thing fails, and that is all"
)]

mod added;
mod answers;
mod changes;
mod datagrams;
mod denials;
mod expiry;
mod files;
mod growing;
mod keeping;
mod limits;
mod lockdowns;
mod pauses;
mod profiles;
mod stored;
mod usage;
mod waiting;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration as Time;

use askbox_audit::{Event, Filter, Log, Reader};
use askbox_policy::policy_file::{Context, parse};
use askbox_policy::{
    Answer, CanonicalPath, Destination, Duration, Host, Moment, Origin, Policy, Port, Process, Project,
    Request, SessionId, SessionRules, Target,
};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::*;

pub(crate) const BOOT_ONE: &str = "boot-one";
const MINUTE: Time = Time::from_mins(1);

/// A gate and everything around it.
struct World {
    gate: Gate,
    log: Log,
    news: broadcast::Receiver<GateEvent>,
    hand: Hand,
    directory: Arc<tempfile::TempDir>,
    /// While this is alive, paused time stands still although the log's own thread is at work.
    _stand_still: mpsc::Sender<()>,
}

/// Sets the test clock.
#[derive(Clone)]
struct Hand(Arc<Mutex<(Moment, tokio::time::Instant)>>);

impl Hand {
    fn at(boot_id: &str, boot_ms: u64, wall_ms: u64) -> Self {
        let hand = Self(Arc::new(Mutex::new((
            Moment {
                boot_id: String::new(),
                boot_ms: 0,
                wall_ms: 0,
            },
            tokio::time::Instant::now(),
        ))));
        hand.set(boot_id, boot_ms, wall_ms);
        hand
    }

    fn set(&self, boot_id: &str, boot_ms: u64, wall_ms: u64) {
        let moment = Moment {
            boot_id: boot_id.to_owned(),
            boot_ms,
            wall_ms,
        };
        *self.0.lock().unwrap() = (moment, tokio::time::Instant::now());
    }

    fn now(&self) -> Moment {
        let (moment, since) = self.0.lock().unwrap().clone();
        let passed = u64::try_from(since.elapsed().as_millis()).unwrap();
        Moment {
            boot_id: moment.boot_id,
            boot_ms: moment.boot_ms + passed,
            wall_ms: moment.wall_ms + passed,
        }
    }

    fn clock(&self) -> Clock {
        let hand = self.clone();
        Clock::new(move || hand.now())
    }
}

impl World {
    /// Answers; without a revision as somebody does who looks at the question now.
    async fn answer(
        &self,
        id: QuestionId,
        revision: Option<u32>,
        answer: Answer,
    ) -> Result<Answered, AnswerError> {
        let (open, missed) = (self.gate.open_questions(), self.gate.missed());
        let mut all = open.iter().chain(missed.iter().map(|missed| &missed.question));
        let now = all
            .find(|question| question.id == id)
            .map(|question| question.revision);
        let seen = revision.or(now).unwrap_or(1);
        self.gate.answer(id, seen, answer, "person").await
    }

    /// A gate with the minimal policy and the open, interactive session `s1` of /p/app.
    fn new() -> Self {
        Self::with_policy("")
    }

    fn with_policy(text: &str) -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        Self::start(directory, text, Hand::at(BOOT_ONE, 1_000_000, 1_800_000_000_000))
    }

    /// A gate on a state directory that may have been used before.
    fn start(directory: Arc<tempfile::TempDir>, text: &str, hand: Hand) -> Self {
        let log = Log::open(&directory.path().join("log.sqlite")).unwrap();
        let grants = GrantStore::load(&directory.path().join("grants.json")).unwrap();
        let lockdown = LockdownStore::load(&directory.path().join("lockdown"));
        let gate = Gate::new(policy(text), log.clone(), grants, lockdown, hand.clock());
        let (stand_still, standing) = mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || standing.recv().is_ok());
        let world = Self {
            news: gate.subscribe(),
            gate,
            log,
            hand,
            directory,
            _stand_still: stand_still,
        };
        world.open_session("s1");
        let running = world.gate.clone();
        tokio::spawn(async move { running.run().await });
        world
    }

    fn open_session(&self, id: &str) {
        self.gate.open_session(SessionInfo {
            id: SessionId(id.to_owned()),
            project: project(),
            name: format!("run {id}"),
            rules: SessionRules::default(),
        });
    }

    /// Starts a request of process 7 of session `s1`.
    fn ask(&self, target: &Target) -> JoinHandle<Result<Permit, Denial>> {
        self.ask_as(7, target)
    }

    fn ask_as(&self, pid: u32, target: &Target) -> JoinHandle<Result<Permit, Denial>> {
        self.ask_request(request("s1", pid, target))
    }

    fn ask_request(&self, request: Request) -> JoinHandle<Result<Permit, Denial>> {
        let gate = self.gate.clone();
        tokio::spawn(async move { gate.admit(request, std::future::pending()).await })
    }

    /// Starts a request and waits until its question is shown, new or changed.
    async fn ask_shown(&mut self, target: &Target) -> (JoinHandle<Result<Permit, Denial>>, Question) {
        let asking = self.ask(target);
        let question = self
            .hear(|event| match event {
                GateEvent::QuestionOpened(question) | GateEvent::QuestionChanged(question) => {
                    let is_asked = |member: &Member| member.target == *target && 0 < member.waiting;
                    question.members.iter().any(is_asked).then_some(question)
                }
                _ => None,
            })
            .await;
        (asking, question)
    }

    /// Waits for news.
    async fn hear<T>(&mut self, mut wanted: impl FnMut(GateEvent) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.news.recv().await.unwrap()) {
                return found;
            }
        }
    }

    /// Waits for something that happens without news.
    async fn until(&self, mut holds: impl FnMut(&Gate) -> bool) {
        while !holds(&self.gate) {
            tokio::task::yield_now().await;
        }
    }

    async fn until_waiting(&self, count: usize) {
        self.until(|gate| waiting(gate) == count).await;
    }

    /// Lets time pass, with both clocks and all timers.
    async fn advance(&self, time: Time) {
        tokio::time::advance(time).await;
    }

    /// Whether the rules allow it now, for a process that nobody knows.
    fn is_allowed(&self, target: &Target) -> bool {
        matches!(
            self.gate.peek(&request("s1", 0, target)),
            askbox_policy::Verdict::Allow(_)
        )
    }

    /// How many permits are alive.
    fn live_permits(&self) -> usize {
        self.gate.0.registry.count()
    }

    fn events(&self) -> Vec<Event> {
        Reader::open(&self.directory.path().join("log.sqlite"))
            .unwrap()
            .query(&Filter::default())
            .unwrap()
    }

    /// The log in short: kind, verdict or action, and who decided.
    fn told(&self) -> Vec<String> {
        let text = |event: Event| {
            let verdict = event.verdict.map(|verdict| verdict.name().to_owned());
            let parts = [
                Some(event.kind.name().to_owned()),
                event.action,
                verdict,
                event.by,
                event.question,
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        self.events().into_iter().map(text).collect()
    }

    fn grants_file(&self) -> PathBuf {
        self.directory.path().join("grants.json")
    }
}

async fn admitted(asking: JoinHandle<Result<Permit, Denial>>) -> Permit {
    asking.await.unwrap().unwrap()
}

async fn denied(asking: JoinHandle<Result<Permit, Denial>>) -> DeniedBy {
    asking.await.unwrap().unwrap_err().by
}

fn waiting(gate: &Gate) -> usize {
    gate.open_questions()
        .iter()
        .flat_map(|question| &question.members)
        .map(|member| member.waiting)
        .sum()
}

fn policy(text: &str) -> Arc<Policy> {
    let home = CanonicalPath::new(Path::new("/home/u")).unwrap();
    let context = Context {
        home: home.clone(),
        project: None,
        origin: Origin::Written,
    };
    Arc::new(Policy::builtin(&home).with_user_file(parse(text, &context).unwrap()))
}

fn rule(effect: &str, pattern: &str) -> String {
    format!("[[rule]]\neffect = \"{effect}\"\nnetwork = \"{pattern}\"\n")
}

fn project() -> Project {
    Project(PathBuf::from("/p/app"))
}

fn request(session: &str, pid: u32, target: &Target) -> Request {
    let process = Process {
        pid,
        started: u64::from(pid),
        ..Process::default()
    };
    Request {
        session: SessionId(session.to_owned()),
        project: project(),
        process,
        target: target.clone(),
    }
}

fn destination(host: &str, port: u16) -> Destination {
    Destination {
        host: Host::parse(host).unwrap(),
        port: Port::new(port).unwrap(),
    }
}

/// A host at port 443.
fn net(host: &str) -> Target {
    Target::Network(destination(host, 443))
}

fn local(host: &str, address: &str) -> Target {
    Target::LocalNetwork {
        destination: destination(host, 443),
        address: address.parse::<IpAddr>().unwrap(),
    }
}

fn read(path: &str) -> Target {
    Target::Read(CanonicalPath::new(Path::new(path)).unwrap())
}

fn write(path: &str) -> Target {
    Target::Write(CanonicalPath::new(Path::new(path)).unwrap())
}

fn allow(duration: Duration) -> Answer {
    Answer {
        allow: true,
        duration,
        widen: false,
        everywhere: false,
    }
}

fn block(duration: Duration) -> Answer {
    Answer {
        allow: false,
        ..allow(duration)
    }
}

fn hours(count: u64) -> Duration {
    Duration::For(count * 60 * 60 * 1000)
}
