use askbox_policy::ProxyUrl;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::world::pair;

fn proxy(authorization: Option<&str>) -> Proxy {
    Proxy {
        url: "http://192.0.2.1:3128".parse::<ProxyUrl>().unwrap(),
        authorization: authorization.map(str::to_owned),
    }
}

#[test]
fn a_request_names_the_place_and_who_asks() {
    assert_eq!(
        request("192.0.2.9:443", &proxy(None)),
        "CONNECT 192.0.2.9:443 HTTP/1.1\r\nHost: 192.0.2.9:443\r\n\r\n"
    );
    assert_eq!(
        request("[2001:db8::1]:22", &proxy(Some("Basic YTpi"))),
        "CONNECT [2001:db8::1]:22 HTTP/1.1\r\nHost: [2001:db8::1]:22\r\nProxy-Authorization: Basic YTpi\r\n\r\n"
    );
}

#[test]
fn an_answer_is_told_apart() {
    let table = [
        ("HTTP/1.1 200 Connection established", ""),
        ("HTTP/1.0 200 OK", ""),
        ("HTTP/1.1 407 Proxy Authentication Required", "wants a name"),
        ("HTTP/1.1 403 Filtered", "refuses it (403)"),
        ("HTTP/1.1 502 Bad Gateway", "does not reach the server (502)"),
        ("HTTP/1.1 101 Switching", "refuses it (101)"),
        ("HTTP/2 200", "no HTTP proxy"),
        ("SSH-2.0-OpenSSH", "no HTTP proxy"),
        ("HTTP/1.1 2000 OK", "no HTTP proxy"),
    ];
    for (line, words) in table {
        let told = verdict(format!("{line}\r\nVia: x\r\n\r\n").as_bytes()).map_err(|error| error.to_string());
        match told {
            Ok(()) => assert_eq!(words, "", "{line}"),
            Err(error) => assert!(!words.is_empty() && error.contains(words), "{line}: {error}"),
        }
    }
}

#[tokio::test]
async fn what_follows_the_head_is_left_for_the_server() {
    let (near, mut far) = pair().await;
    let asking = tokio::spawn(async move {
        ask(&near, "192.0.2.9:25", &proxy(None)).await.unwrap();
        near
    });
    let mut asked = vec![0; request("192.0.2.9:25", &proxy(None)).len()];
    far.read_exact(&mut asked).await.unwrap();
    assert!(
        asked.ends_with(b"\r\n\r\n"),
        "{}",
        String::from_utf8_lossy(&asked)
    );
    // In pieces, and the server greets in the same packet.
    far.write_all(b"HTTP/1.1 200 OK\r\nVi").await.unwrap();
    far.flush().await.unwrap();
    far.write_all(b"a: x\r\n\r\n220 hello").await.unwrap();
    let mut near = asking.await.unwrap();
    drop(far);
    let mut rest = String::new();
    near.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "220 hello");
}
