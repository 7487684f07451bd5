use super::*;

fn resolved(network: Network, more: Vec<Variable>) -> Vec<(OsString, OsString)> {
    let mut variables: Vec<Variable> = proxy("askbox:token").collect();
    variables.extend(more);
    resolve(
        &variables,
        &[("http_proxy".into(), "http://callers.test".into())],
        network,
    )
}

fn value<'a>(variables: &'a [(OsString, OsString)], name: &str) -> Option<&'a OsStr> {
    let found = variables.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_os_str())
}

#[test]
fn a_proxy_is_named_only_where_there_is_one() {
    assert_eq!(resolved(Network::Captured, Vec::new()), []);
    let variables = resolved(Network::Proxy, Vec::new());
    let http = OsStr::new("http://askbox:token@127.0.0.1:10080");
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        assert_eq!(value(&variables, name), Some(http), "{name}");
        assert_eq!(value(&variables, &name.to_uppercase()), Some(http), "{name}");
    }
    let local = OsStr::new("localhost,127.0.0.1,::1");
    assert_eq!(value(&variables, "no_proxy"), Some(local));
    assert_eq!(value(&variables, "NO_PROXY"), Some(local));
    let socks = OsStr::new("socks5h://askbox:token@127.0.0.1:10080");
    assert_eq!(value(&variables, "ASKBOX_SOCKS_PROXY"), Some(socks));
}

#[test]
fn what_a_person_passes_on_or_sets_stands() {
    let kept = resolved(Network::Proxy, vec![Variable::Keep("http_proxy".into())]);
    assert_eq!(
        value(&kept, "http_proxy"),
        Some(OsStr::new("http://callers.test"))
    );
    let set = Variable::Set("http_proxy".into(), "http://own.test".into());
    let set = resolved(Network::Proxy, vec![set]);
    assert_eq!(value(&set, "http_proxy"), Some(OsStr::new("http://own.test")));
}

#[test]
fn what_the_loader_obeys_is_for_the_command_alone() {
    for (name, is_held) in [
        ("LD_PRELOAD", true),
        ("LD_LIBRARY_PATH", true),
        ("GLIBC_TUNABLES", true),
        ("PATH", false),
        ("LDFLAGS", false),
        ("OLD_LD_PRELOAD", false),
        // Somebody's own of that name stays what it is.
        ("ASKBOX_COMMAND_LINE", false),
    ] {
        let name = OsStr::new(name);
        let held = name_before_command(name);
        assert_eq!(*held != *name, is_held, "{name:?}");
        assert_eq!(name_for_command(&held), name);
    }
}
