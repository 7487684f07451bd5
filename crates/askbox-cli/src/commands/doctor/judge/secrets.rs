//! Where secrets are kept, and whether they can be had. Pure.

use askbox_secrets::{Place, Unavailable};

use super::super::Check;
use super::super::machine::Login;
use crate::output;

const NAME: &str = "secrets";

const MOVE: &str = "askbox proxy-login, which puts it there";

/// What is in the keyring is needed as soon as it is there; a file instead is worth knowing.
pub(super) fn check(keyring: &Result<(), Unavailable>, login: &Login) -> Check {
    let why = keyring.as_ref().err();
    let reason = |why: &Unavailable| output::safe_sentence(&why.to_string());
    match (login, why) {
        (Login::Unknown(problem), _) => Check::problem(
            NAME,
            "the login for the proxy cannot be used",
            output::safe_sentence(problem),
            "askbox proxy-login",
        ),
        (Login::Kept(Place::Keyring), Some(why)) => Check::problem(
            NAME,
            "the login for the proxy is in your keyring, which cannot be used",
            reason(why),
            why.hint(),
        ),
        (Login::Kept(Place::File(path)), None) => with_fix(
            format!(
                "your keyring can be used; the login for the proxy is in {}, which only you may read",
                output::safe_path(path)
            ),
            MOVE,
        ),
        (Login::ByHand, None) => with_fix(
            "your keyring can be used; the login for the proxy is in proxy-credentials beside policy.toml",
            MOVE,
        ),
        (Login::Nowhere | Login::Kept(Place::File(_)) | Login::ByHand, Some(why)) => with_fix(
            format!("in files that only you may read: {}", reason(why)),
            why.hint(),
        ),
        (Login::Nowhere | Login::Kept(Place::Keyring), None) => Check::ok(NAME, "in your keyring"),
    }
}

/// The log goes on without; what is said here is how much `askbox log verify` finds. `unsigned` is why the daemon that runs does not
/// sign, whatever could be had by now.
pub(super) fn log_key(
    keyring: &Result<(), Unavailable>,
    key: &Result<Option<Place>, String>,
    unsigned: Option<&str>,
) -> Check {
    const NAME: &str = "log signature";
    if let Some(why) = unsigned {
        return Check::lack(
            NAME,
            "checkpoints are not signed, so `askbox log verify` finds less",
            output::safe_sentence(why),
            "askbox daemon --restart, once the cause is gone; by itself the daemon tries again within a day",
        );
    }
    match (key, keyring) {
        (Err(problem), _) => Check::lack(
            NAME,
            "the key that signs checkpoints cannot be used",
            output::safe_sentence(problem),
            "askbox daemon --restart, which makes another one and says so in the log",
        ),
        (Ok(Some(Place::Keyring)), Ok(())) => Check::ok(NAME, "by a key in your keyring"),
        (Ok(None), Ok(())) => Check::ok(
            NAME,
            "nothing is signed yet; a daemon makes a key in your keyring",
        ),
        (Ok(Some(Place::Keyring)), Err(why)) => Check::lack(
            NAME,
            "the key that signs checkpoints is in your keyring, which cannot be used",
            output::safe_sentence(&why.to_string()),
            why.hint(),
        ),
        (Ok(Some(Place::File(path))), _) => Check::note(
            NAME,
            format!(
                "by a key in {}, which only you may read: who can read it can sign another log",
                output::safe_path(path)
            ),
        ),
        (Ok(None), Err(Unavailable::NoService(_))) => Check::ok(
            NAME,
            "nothing is signed yet; a daemon makes a key in a file that only you may read",
        ),
        (Ok(None), Err(why)) => Check::lack(
            NAME,
            "checkpoints are not signed: their key is to be in your keyring, which cannot be used",
            output::safe_sentence(&why.to_string()),
            why.hint(),
        ),
    }
}

/// Nothing is broken, and it could be better.
fn with_fix(detail: impl Into<String>, fix: &str) -> Check {
    Check {
        fix: Some(fix.to_owned()),
        ..Check::note(NAME, detail)
    }
}
