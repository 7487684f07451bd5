use super::*;
use crate::world::destination;

fn environment(variables: &[(&str, &str)]) -> Proxies {
    let read = |name: &str| {
        let found = variables.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Proxies {
        environment: ProxyEnvironment::read(read),
        ..Proxies::default()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "beside what a table expects")]
fn by(url: &str, authorization: Option<&str>) -> Result<Way, String> {
    Ok(Way::By(Proxy {
        url: url.parse().unwrap(),
        authorization: authorization.map(str::to_owned),
    }))
}

#[tokio::test]
async fn the_environment_is_asked_only_where_the_policy_says_so() {
    let proxies = environment(&[
        ("HTTPS_PROXY", "http://proxy.test:3128"),
        ("no_proxy", "direct.test"),
    ]);
    let (far, near) = (destination("far.test", 443), destination("a.direct.test", 443));
    let chosen = UpstreamProxy::Environment;
    assert_eq!(
        proxies.way(&chosen, &far).await,
        by("http://proxy.test:3128", None)
    );
    assert_eq!(proxies.way(&chosen, &near).await, Ok(Way::Direct));
    assert_eq!(proxies.way(&UpstreamProxy::None, &far).await, Ok(Way::Direct));
    assert!(proxies.is_proxied(&chosen, &far) && !proxies.is_proxied(&chosen, &near));
}

#[tokio::test]
async fn variables_are_read_as_other_programs_read_them() {
    let far = destination("far.test", 443);
    let table = [
        (vec![], Ok(Way::Direct)),
        (vec![("https_proxy", "")], Ok(Way::Direct)),
        (
            vec![("http_proxy", "proxy.test:3128")],
            by("http://proxy.test:3128", None),
        ),
        (
            vec![
                ("http_proxy", "http://a.test:1"),
                ("https_proxy", "http://b.test:2"),
            ],
            by("http://b.test:2", None),
        ),
        (
            vec![("ALL_PROXY", "http://ada:p%40ss@a.test:1/")],
            by("http://a.test:1", Some("Basic YWRhOnBAc3M=")),
        ),
        (
            vec![("all_proxy", "socks5://a.test:1080")],
            Err("all_proxy: a proxy is reached by http:// only, not by socks5://".to_owned()),
        ),
    ];
    for (variables, expected) in table {
        let found = environment(&variables)
            .way(&UpstreamProxy::Environment, &far)
            .await;
        assert_eq!(found, expected, "{variables:?}");
    }
}

#[test]
fn exceptions_are_names_and_what_is_below_and_addresses() {
    let exceptions =
        Exceptions::read("corp.test, .lab.test,192.0.2.0/24 198.51.100.7,only.test:8080,*.star.test,???");
    let table = [
        ("corp.test", 443, true),
        ("a.corp.test", 443, true),
        ("acorp.test", 443, false),
        ("lab.test", 443, true),
        ("a.lab.test", 443, true),
        ("192.0.2.200", 443, true),
        ("192.0.3.1", 443, false),
        ("198.51.100.7", 22, true),
        ("only.test", 8080, true),
        ("only.test", 443, false),
        ("a.star.test", 443, true),
    ];
    for (host, port, expected) in table {
        assert_eq!(
            exceptions.include(&destination(host, port)),
            expected,
            "{host}:{port}"
        );
    }
    assert!(Exceptions::read("*").include(&destination("any.test", 1)));
}

#[tokio::test]
async fn credentials_come_from_elsewhere_and_are_shown_nowhere() {
    let proxies = Proxies {
        credentials: Arc::new(|| Box::pin(async { Ok(Some("ada:s3cret".to_owned())) })),
        ..Proxies::default()
    };
    let chosen = UpstreamProxy::Url("http://proxy.test:3128".parse().unwrap());
    let way = proxies.way(&chosen, &destination("far.test", 443)).await;
    assert_eq!(way, by("http://proxy.test:3128", Some("Basic YWRhOnMzY3JldA==")));
    assert!(!format!("{way:?}{proxies:?}").contains("YWRh"));
    let broken = Proxies {
        credentials: Arc::new(|| Box::pin(async { Err("others may read it".to_owned()) })),
        ..Proxies::default()
    };
    assert_eq!(
        broken.way(&chosen, &destination("far.test", 443)).await,
        Err("others may read it".to_owned())
    );
}
