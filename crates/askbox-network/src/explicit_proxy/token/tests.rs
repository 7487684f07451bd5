use super::*;

fn token() -> ProxyToken {
    ProxyToken::new([7; ProxyToken::BYTES])
}

fn basic(login: &str) -> String {
    format!("Basic {}", STANDARD.encode(login))
}

#[test]
fn only_the_sessions_own_login_is_taken() {
    let (token, other) = (token(), ProxyToken::new([8; ProxyToken::BYTES]));
    let login = token.in_url();
    assert!(token.is_basic(basic(&login).as_bytes()));
    assert!(token.is_basic(basic(&login).replace("Basic", "basic").as_bytes()));
    let password = login.strip_prefix("askbox:").unwrap();
    assert!(token.is(b"askbox", password.as_bytes()));
    for wrong in [
        basic(&other.in_url()),
        basic(&format!("{login}x")),
        basic(&login[..login.len() - 1]),
        basic("askbox:"),
        basic("askbox"),
        basic(&format!("root:{password}")),
        basic(password),
        format!("Bearer {}", STANDARD.encode(&login)),
        STANDARD.encode(&login),
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        String::new(),
    ] {
        assert!(!token.is_basic(wrong.as_bytes()), "{wrong}");
    }
    assert!(!token.is(b"askbox", b""));
    assert!(!token.is(b"", password.as_bytes()));
}

#[test]
fn a_token_stands_in_a_url_as_it_is_and_in_no_log() {
    let token = ProxyToken::new([0xFB; ProxyToken::BYTES]);
    let login = token.in_url();
    assert!(
        login
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte)),
        "{login}"
    );
    assert_eq!(login.len(), "askbox:".len() + 24);
    assert_eq!(format!("{token:?}"), "ProxyToken(..)");
}
