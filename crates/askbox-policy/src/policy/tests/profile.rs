//! What a profile opens, for whom, and on whose word.

use super::*;

fn claude() -> Target {
    Target::Profile("claude".parse().unwrap())
}

fn case() -> Case {
    let mut case = Case::new();
    let name: ProfileName = "claude".parse().unwrap();
    let profile = name.profile().unwrap();
    let home = path("/home/u");
    case.session.profile = Some(SessionProfile {
        patterns: profile.patterns(&home),
        refused: profile.refusals(&home),
        name,
    });
    case
}

const LOGIN: &str = "/home/u/.claude/.credentials.json";
const STATE: &str = "/home/u/.claude/projects/x";

#[test]
fn a_profile_is_always_a_persons_to_allow() {
    case()
        .says(claude(), "ask no rule")
        .preset(Preset::Development)
        .auto_approve(&[Kind::Network, Kind::Read, Kind::Write, Kind::Execute])
        .says(claude(), "ask no rule")
        .says(read(LOGIN), "ask profile")
        .grant("allow profile claude")
        .says(claude(), "allow grant")
        .says(read(LOGIN), "allow profile");
    case()
        .alone()
        .says(claude(), "deny non-interactive")
        .says(read(LOGIN), "deny credential list");
    case()
        .flags(&["allow profile claude"])
        .says(claude(), "allow flag");
    case()
        .flags(&["allow profile claude"])
        .managed(&["deny profile claude"])
        .says(claude(), "deny managed")
        .says(read(LOGIN), "deny credential list");
}

#[test]
fn a_profile_opens_nothing_before_it_is_allowed() {
    let targets = || {
        [
            read(LOGIN),
            read(STATE),
            write(STATE),
            network("api.anthropic.com:443"),
        ]
    };
    for target in targets() {
        let denied = case().rules(&["deny profile claude"]).decide(target.clone());
        assert!(!matches!(denied, Verdict::Allow(_)), "{target}");
        let asked = case().decide(target.clone());
        assert!(!matches!(asked, Verdict::Allow(_)), "{target}");
        case()
            .rules(&["allow profile claude"])
            .says(target, "allow profile");
    }
}

#[test]
fn a_profile_is_for_the_session_of_its_program() {
    let other = || {
        Case::new()
            .rules(&["allow profile claude"])
            .grant("allow profile claude")
    };
    other()
        .says(read(LOGIN), "deny credential list")
        .says(write(STATE), "ask no rule")
        .says(network("api.anthropic.com:443"), "ask no rule");
    case()
        .rules(&["allow profile codex"])
        .says(read(LOGIN), "ask profile");
}

#[test]
fn a_profile_opens_its_own_login_and_nothing_that_runs_outside() {
    case()
        .rules(&["allow profile claude"])
        .says(read(LOGIN), "allow profile")
        .says(write(LOGIN), "allow profile")
        .says(read("/home/u/.codex/auth.json"), "deny credential list")
        .says(read("/home/u/.claude/settings.json"), "allow profile")
        .says(write("/home/u/.claude/settings.json"), "ask start-up list")
        .says(write("/home/u/.claude.json"), "deny profile")
        .says(write("/home/u/.claude.json.tmp.2.b63"), "deny profile")
        .says(read("/home/u/.claude.json"), "allow profile")
        .says(write("/home/u/.claude/new"), "ask no rule")
        .says(write("/home/u/.claude"), "ask credential list");
}

#[test]
fn what_the_user_denies_is_denied_in_a_profile_too() {
    case()
        .rules(&[
            "allow profile claude",
            "deny network **.anthropic.com",
            "deny write ~/.claude/projects",
        ])
        .says(network("api.anthropic.com:443"), "deny rule")
        .says(write(STATE), "deny rule")
        .says(read(STATE), "allow profile");
    case()
        .rules(&["allow profile claude"])
        .flags(&["deny read ~/.claude"])
        .says(read(STATE), "deny flag")
        .says(read(LOGIN), "deny credential list");
    case()
        .rules(&["allow profile claude"])
        .project(&["deny network api.anthropic.com"], false)
        .says(network("api.anthropic.com:443"), "deny rule");
}

#[test]
fn a_projects_file_closes_a_profile_and_never_opens_one() {
    for trusted in [false, true] {
        case()
            .project(&["allow profile claude"], trusted)
            .says(claude(), "ask no rule")
            .says(read(LOGIN), "ask profile");
    }
    case()
        .rules(&["allow profile claude"])
        .project(&["deny profile claude"], false)
        .says(claude(), "deny rule")
        .says(read(LOGIN), "deny credential list");
}

#[test]
fn names_on_the_local_network_are_not_part_of_a_profile() {
    case()
        .rules(&["allow profile claude"])
        .says(local("api.anthropic.com:443", "10.1.2.3"), "ask no rule");
}

#[test]
fn what_a_profile_refuses_is_the_users_to_allow() {
    let settings = || write("/home/u/.claude.json");
    case().says(settings(), "deny profile");
    case()
        .rules(&["allow write ~/.claude.json"])
        .says(settings(), "allow rule");
    case()
        .rules(&["ask write ~/.claude.json"])
        .says(settings(), "ask start-up list");
    Case::new().says(settings(), "ask start-up list");
}

#[test]
fn a_profile_opens_configuration_that_the_preset_closes() {
    let pip = || {
        let mut case = Case::new().preset(Preset::Minimal);
        let name: ProfileName = "pip".parse().unwrap();
        case.session.profile = Some(SessionProfile {
            patterns: name.profile().unwrap().patterns(&path("/home/u")),
            refused: Vec::new(),
            name,
        });
        case
    };
    let (settings, git) = ("/home/u/.config/pip/pip.conf", "/home/u/.config/git/ignore");
    pip()
        .says(read(settings), "ask profile")
        .says(read(git), "ask profile");
    pip()
        .rules(&["allow profile pip"])
        .says(read(settings), "allow copy")
        .says(read(git), "allow profile")
        .says(read("/home/u/.config/other"), "deny preset");
    pip()
        .rules(&["deny profile pip"])
        .says(read(settings), "deny preset")
        .says(read(git), "deny preset");
}
