use super::*;

#[test]
fn a_proxy_is_a_host_and_a_port_and_no_secret() {
    for text in [
        "http://proxy.corp.test:3128",
        "http://192.0.2.1:8080",
        "http://[2001:db8::1]:3128",
    ] {
        assert_eq!(text.parse::<ProxyUrl>().unwrap().to_string(), text);
    }
    assert_eq!(
        "HTTP://Proxy.Test:3128/".parse::<ProxyUrl>().unwrap().to_string(),
        "http://proxy.test:3128"
    );
    let table = [
        ("http://ada:secret@proxy.test:3128", ProxyError::Credentials),
        ("http://ada@proxy.test:3128", ProxyError::Credentials),
        ("https://proxy.test:3128", ProxyError::Scheme("https".to_owned())),
        (
            "socks5://proxy.test:1080",
            ProxyError::Scheme("socks5".to_owned()),
        ),
        ("http://proxy.test", ProxyError::NoPort),
        ("http://proxy.test:0", ProxyError::Malformed),
        ("http://proxy.test:3128/path", ProxyError::Malformed),
        ("proxy.test:3128", ProxyError::Malformed),
        ("", ProxyError::Malformed),
    ];
    for (text, error) in table {
        assert_eq!(text.parse::<ProxyUrl>(), Err(error), "{text}");
    }
    let (url, credentials) = ProxyUrl::with_credentials("http://ada:p@ss@proxy.test:3128").unwrap();
    assert_eq!(
        (url.to_string().as_str(), credentials),
        ("http://proxy.test:3128", Some("ada:p@ss"))
    );
}

#[test]
fn two_words_say_more_than_an_address() {
    assert_eq!("none".parse(), Ok(UpstreamProxy::None));
    assert_eq!("environment".parse(), Ok(UpstreamProxy::Environment));
    assert_eq!("system".parse::<UpstreamProxy>(), Err(ProxyError::Malformed));
}
