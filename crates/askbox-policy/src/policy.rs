//! Everything that a decision needs, as one immutable snapshot: rules, lists, block-lists, preset and settings.
//!
//! Built by the daemon from files that were read and parsed elsewhere; shared in an `Arc` and replaced as a whole.
//! `policy/decide.rs` holds the order of decisions.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::block_list::BlockList;
use crate::builtin_lists::Lists;
use crate::limits;
use crate::path_pattern::CanonicalPath;
use crate::policy_file::PolicyFile;
use crate::preset::Preset;
use crate::profile::SessionProfile;
use crate::request::Kind;
use crate::resource_limits::LimitChoices;
use crate::rule::{Effect, Origin, Rule};
use crate::shared_port::SharedPort;
use crate::switches::{SwitchChoices, Switches};
use crate::upstream::{UpstreamProxy, UpstreamResolve};

mod before;
mod decide;
mod index;
mod redundant;
mod rule_index;
mod untrusted;

pub(crate) use index::{PatternIndex, suffixes};
use rule_index::RuleIndex;
pub use untrusted::Unheeded;

/// What is allowed, denied or asked on this machine for this user.
#[derive(Clone, Debug)]
pub struct Policy {
    lists: Arc<Lists>,
    /// Managed denials: nothing overrides them.
    managed: RuleIndex,
    /// All other rules that hold in every session.
    rules: RuleIndex,
    block_lists: Vec<Arc<BlockList>>,
    settings: Settings,
    user: Choices,
    ceiling: Choices,
}

/// What a policy says beside its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The preset in force where a session does not choose one.
    pub preset: Preset,
    /// Kinds of request that need no question outside both lists.
    pub auto_approve: Vec<Kind>,
    /// How a session learns who its user is.
    pub identity: Identity,
    /// The walls that are down where a session says nothing.
    pub switches: Switches,
    /// How long a question holds its requests.
    pub question_timeout_ms: u64,
    /// How long a grant with a time holds when the answer names none.
    pub default_expiry_ms: u64,
    /// Distinct questions of one session in a minute before it goes quiet.
    pub questions_per_minute: u32,
    /// Whether the daemon reaches the Internet by a proxy.
    pub upstream_proxy: UpstreamProxy,
    /// Who finds the addresses of names then.
    pub upstream_resolve: UpstreamResolve,
    /// Files with block-lists, which the daemon reads.
    pub block_lists: Vec<CanonicalPath>,
    /// What the user's file says about what a session may use of the machine.
    pub limits: LimitChoices,
    /// What an administrator's files say about it.
    pub managed_limits: LimitChoices,
}

/// How a session learns who its user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Identity {
    /// A user record that `libnss_systemd` reads.
    #[default]
    Userdb,
    /// A passwd file with one line.
    Synthetic,
}

/// What one run adds to the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRules {
    /// This run's flags.
    pub flags: Vec<Rule>,
    /// The rules of the project's file; those that the user does not trust may only tighten.
    pub project_rules: Vec<Rule>,
    /// What the run's program needs, where it is a known one.
    pub profile: Option<SessionProfile>,
    /// The preset that this run asked for.
    pub preset: Option<Preset>,
    /// The walls that this run, or the project's file, wants up or down.
    pub switches: SwitchChoices,
    /// The ports that it shares with the host. They change while it runs.
    #[serde(default)]
    pub shared_ports: Vec<SharedPort>,
    /// Directories whose programs start without a question: the system's, toolchains, the project.
    #[serde(default)]
    pub programs: Vec<CanonicalPath>,
    /// Whether anybody may be asked.
    pub interactive: bool,
}

/// Settings that a file may leave open.
#[derive(Clone, Debug, Default)]
struct Choices {
    preset: Option<Preset>,
    auto_approve: Option<Vec<Kind>>,
    identity: Option<Identity>,
    switches: SwitchChoices,
    question_timeout_ms: Option<u64>,
    default_expiry_ms: Option<u64>,
    upstream_proxy: Option<UpstreamProxy>,
    upstream_resolve: Option<UpstreamResolve>,
    block_lists: Vec<CanonicalPath>,
    limits: LimitChoices,
}

impl Policy {
    /// The minimal preset and the built-in lists, nothing else.
    pub fn builtin(home: &CanonicalPath) -> Self {
        Self {
            lists: Arc::new(Lists::for_home(home, &[], &[])),
            managed: RuleIndex::default(),
            rules: RuleIndex::default(),
            block_lists: Vec::new(),
            settings: Settings::default(),
            user: Choices::default(),
            ceiling: Choices::default(),
        }
    }

    /// With these lists, which know Askbox's own directories and the user's PATH.
    #[must_use]
    pub fn with_lists(self, lists: Arc<Lists>) -> Self {
        Self { lists, ..self }
    }

    /// With the user's own file.
    #[must_use]
    pub fn with_user_file(mut self, file: PolicyFile) -> Self {
        self.user = self.user.or(Choices::of(&file));
        self.settle();
        for rule in file.rules {
            self.rules.insert(rule);
        }
        self
    }

    /// With the files of an administrator, in the order of their names. Their denials come first of all; a setting of
    /// theirs cannot be overridden, and their preset is the most open one that a user can choose.
    #[must_use]
    pub fn with_managed_files(mut self, files: Vec<PolicyFile>) -> Self {
        for file in files {
            self.ceiling = self.ceiling.or(Choices::of(&file));
            for rule in file.rules {
                let rule = Rule {
                    origin: Origin::Managed,
                    ..rule
                };
                match rule.effect {
                    Effect::Deny => self.managed.insert(rule),
                    Effect::Allow | Effect::Ask => self.rules.insert(rule),
                }
            }
        }
        self.settle();
        self
    }

    /// With the block-lists that the settings name, read and parsed.
    #[must_use]
    pub fn with_block_lists(self, block_lists: Vec<Arc<BlockList>>) -> Self {
        Self { block_lists, ..self }
    }

    /// What the policy says beside its rules.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Every rule that holds in every session: managed denials first, then as they were added.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.managed.iter().chain(self.rules.iter())
    }

    /// The built-in lists.
    pub fn lists(&self) -> &Arc<Lists> {
        &self.lists
    }

    /// The preset that holds for a session: its own choice before the user's, never above the administrator's.
    pub fn preset_of(&self, session: &SessionRules) -> Preset {
        let chosen = session.preset.unwrap_or(self.settings.preset);
        self.ceiling.preset.map_or(chosen, |ceiling| chosen.min(ceiling))
    }

    /// The walls that are down for a session: as it says, or else the user; never one that the administrator wants up.
    pub fn switches_of(&self, session: &SessionRules) -> Switches {
        let chosen = session.switches.or(self.user.switches).or(self.ceiling.switches);
        chosen.within(self.ceiling.switches).settled()
    }

    /// Puts the settings together from what the user and the administrator chose.
    fn settle(&mut self) {
        let Choices {
            preset,
            auto_approve,
            identity,
            switches,
            question_timeout_ms,
            default_expiry_ms,
            upstream_proxy,
            upstream_resolve,
            block_lists,
            limits,
        } = &self.user;
        let (user, ceiling) = ((preset, auto_approve), &self.ceiling);
        let preset = match (user.0, ceiling.preset) {
            (Some(user), Some(ceiling)) => ceiling.min(*user),
            (user, ceiling) => user.or(ceiling).unwrap_or_default(),
        };
        let auto_approve = match (user.1, &ceiling.auto_approve) {
            (Some(user), Some(ceiling)) => user
                .iter()
                .filter(|kind| ceiling.contains(kind))
                .copied()
                .collect(),
            (user, ceiling) => user.as_ref().or(ceiling.as_ref()).cloned().unwrap_or_default(),
        };
        let default = Settings::default();
        self.settings = Settings {
            preset,
            auto_approve,
            identity: ceiling.identity.or(*identity).unwrap_or_default(),
            switches: switches.or(ceiling.switches).within(ceiling.switches).settled(),
            question_timeout_ms: ceiling
                .question_timeout_ms
                .or(*question_timeout_ms)
                .unwrap_or(default.question_timeout_ms),
            default_expiry_ms: ceiling
                .default_expiry_ms
                .or(*default_expiry_ms)
                .unwrap_or(default.default_expiry_ms),
            questions_per_minute: default.questions_per_minute,
            upstream_proxy: ceiling
                .upstream_proxy
                .as_ref()
                .or(upstream_proxy.as_ref())
                .cloned()
                .unwrap_or_default(),
            upstream_resolve: ceiling.upstream_resolve.or(*upstream_resolve).unwrap_or_default(),
            block_lists: ceiling.block_lists.iter().chain(block_lists).cloned().collect(),
            limits: *limits,
            managed_limits: ceiling.limits,
        };
    }
}

impl Choices {
    fn of(file: &PolicyFile) -> Self {
        Self {
            preset: file.preset,
            auto_approve: file.auto_approve.clone(),
            identity: file.identity,
            switches: file.switches,
            question_timeout_ms: file.question_timeout_ms,
            default_expiry_ms: file.default_expiry_ms,
            upstream_proxy: file.upstream_proxy.clone(),
            upstream_resolve: file.upstream_resolve,
            block_lists: file.block_lists.clone(),
            limits: file.limits,
        }
    }

    /// These choices, and those of `other` where these leave something open. Block-lists add up.
    fn or(mut self, other: Choices) -> Self {
        self.block_lists.extend(other.block_lists);
        Self {
            preset: self.preset.or(other.preset),
            auto_approve: self.auto_approve.or(other.auto_approve),
            identity: self.identity.or(other.identity),
            switches: self.switches.or(other.switches),
            question_timeout_ms: self.question_timeout_ms.or(other.question_timeout_ms),
            default_expiry_ms: self.default_expiry_ms.or(other.default_expiry_ms),
            upstream_proxy: self.upstream_proxy.or(other.upstream_proxy),
            upstream_resolve: self.upstream_resolve.or(other.upstream_resolve),
            block_lists: self.block_lists,
            limits: self.limits.or(other.limits),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            preset: Preset::default(),
            auto_approve: Vec::new(),
            identity: Identity::default(),
            switches: Switches::default(),
            question_timeout_ms: limits::QUESTION_TIMEOUT_MS,
            default_expiry_ms: limits::DEFAULT_EXPIRY_MS,
            questions_per_minute: limits::QUESTIONS_PER_MINUTE,
            upstream_proxy: UpstreamProxy::default(),
            upstream_resolve: UpstreamResolve::default(),
            block_lists: Vec::new(),
            limits: LimitChoices::default(),
            managed_limits: LimitChoices::default(),
        }
    }
}

impl Default for SessionRules {
    /// No flags, no file of the project, no profile, the policy's preset, and somebody to ask.
    fn default() -> Self {
        Self {
            flags: Vec::new(),
            project_rules: Vec::new(),
            profile: None,
            preset: None,
            switches: SwitchChoices::default(),
            shared_ports: Vec::new(),
            programs: Vec::new(),
            interactive: true,
        }
    }
}

impl SessionRules {
    /// With the rules of the project's file, for this project alone. Without trust they may only tighten, its
    /// preset counts only if it is closer than what the policy says, and it takes no wall down.
    #[must_use]
    pub fn with_project_file(
        mut self,
        file: PolicyFile,
        project: &CanonicalPath,
        trusted: bool,
        policy: &Policy,
    ) -> Self {
        let origin = if trusted { Origin::Trusted } else { Origin::Project };
        for rule in file.rules {
            let project = Some(project.as_path().to_owned());
            self.project_rules.push(
                Rule {
                    project,
                    origin,
                    ..rule
                }
                .named(),
            );
        }
        if let Some(preset) = file.preset {
            let before = policy.preset_of(&self);
            match (trusted, self.preset) {
                (true, None) => self.preset = Some(preset),
                // A flag of this run was chosen with more care than a file.
                (true, Some(_)) => {}
                (false, _) => self.preset = Some(preset.min(before)),
            }
        }
        self.switches = if trusted {
            self.switches.or(file.switches)
        } else {
            self.switches.within(file.switches)
        };
        self
    }
}

#[cfg(test)]
mod tests;
