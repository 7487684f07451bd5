use std::path::Path;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::new(Path::new(text)).unwrap()
}

fn copy(name: &str, content: &str) -> String {
    let redaction = redacted(&path(&format!("/home/u/{name}")), &path("/home/u")).unwrap();
    String::from_utf8(redaction.apply(content.as_bytes())).unwrap()
}

fn check(name: &str, content: &str, expected: &Expect) {
    expected.assert_eq(&copy(name, content));
}

fn unchanged(name: &str, content: &str) {
    assert_eq!(copy(name, content), content, "{name}");
}

#[test]
fn settings_files_have_copies_and_others_none() {
    let home = path("/home/u");
    let has = |text: &str| redacted(&path(text), &home).is_some();
    for name in [
        ".npmrc",
        ".config/pip/pip.conf",
        ".pip/pip.conf",
        ".cargo/config.toml",
        ".cargo/config",
        ".config/uv/uv.toml",
    ] {
        assert!(has(&format!("/home/u/{name}")), "{name}");
    }
    for other in [
        "/home/u/p/.npmrc",
        "/home/v/.npmrc",
        "/home/u/.npmrc/x",
        "/home/u/.config/pip",
        "/home/u",
        "/etc/pip.conf",
    ] {
        assert!(!has(other), "{other}");
    }
}

#[test]
fn tokens_of_npm_are_hidden_and_settings_stay() {
    check(
        ".npmrc",
        "; mine\nregistry=https://packages.test/\n//packages.test/:_authToken=abc\n//packages.test/:_password=\"cGFzcw==\"\n\
         //packages.test/:username=me\n_auth = dXNlcjpwYXNz\nemail=a@b.test\nalways-auth=true\nscope[]=@x\nsave-exact=true\nkey=\"-----BEGIN\"\n",
        &expect![[r"
            ; mine
            registry=https://packages.test/
            # hidden by Askbox
            # hidden by Askbox
            //packages.test/:username=me
            # hidden by Askbox
            email=a@b.test
            always-auth=true
            scope[]=@x
            save-exact=true
            # hidden by Askbox
        "]],
    );
}

#[test]
fn a_reference_to_the_environment_is_no_secret() {
    unchanged(
        ".npmrc",
        "//packages.test/:_authToken=${NPM_TOKEN}\n_auth=\"${A}\"\nproxy=http://${USER}:${PASS}@proxy.test:3128/\n",
    );
    check(
        ".npmrc",
        "//packages.test/:_authToken=${NPM_TOKEN}abc\n_password=$NAME\n",
        &expect![[r"
            # hidden by Askbox
            # hidden by Askbox
        "]],
    );
}

#[test]
fn urls_lose_user_and_password() {
    check(
        ".config/pip/pip.conf",
        "[global]\nindex-url = https://me:pw@packages.test/simple\nextra-index-url =\n    https://tok@other.test:8443/simple/  # why\n    \
         https://clean.test/simple\nproxy: me:pw@proxy.test:3128\ntrusted-host = packages.test\n",
        &expect![[r"
            [global]
            index-url = https://packages.test/simple
            extra-index-url =
                https://other.test:8443/simple/  # why
                https://clean.test/simple
            proxy: proxy.test:3128
            trusted-host = packages.test
        "]],
    );
}

#[test]
fn what_cannot_be_told_apart_is_hidden() {
    check(
        ".config/pip/pip.conf",
        "index-url = https://me:p/w@packages.test/simple\nindex-url = https://me:12/w@packages.test\npassword =\n  one\n  two\nindex = x\nloneword\n\
         https://packages.test/?token=abc\nfind-links = https://packages.test/?private_token=abc\n",
        &expect![[r"
            # hidden by Askbox
            # hidden by Askbox
            password =
            # hidden by Askbox
            # hidden by Askbox
            index = x
            # hidden by Askbox
            # hidden by Askbox
            # hidden by Askbox
        "]],
    );
}

#[test]
fn cargo_settings_keep_their_form() {
    check(
        ".cargo/config.toml",
        "# mine\n[registries.ours]\nindex = \"sparse+https://me:pw@packages.test/index/\" # \"x\"\ntoken = \"abc\" # old: def\n\n[registry]\n  \
         token = '''\nab\n'''\n[http]\nproxy = \"me:pw@proxy.test:3128\"\n[env]\nAPI_KEY = { value = \"abc\", force = true }\nPLAIN = \"x\"\n\
         [build]\nrustflags = [\n  \"-C\", # keep\n  \"target-cpu=native\",\n]\n# //x:_authToken = abc\n",
        &expect![[r#"
            # mine
            [registries.ours]
            index = "sparse+https://packages.test/index/" # "x"
            # hidden by Askbox

            [registry]
            # hidden by Askbox
            [http]
            proxy = "proxy.test:3128"
            [env]
            # hidden by Askbox
            PLAIN = "x"
            [build]
            rustflags = [
              "-C", # keep
              "target-cpu=native",
            ]
            # hidden by Askbox
        "#]],
    );
}

#[test]
fn a_file_that_is_no_toml_is_hidden_as_a_whole() {
    check(
        ".cargo/config.toml",
        "[registry\ntoken = \"abc\"\n",
        &expect![[r"
        # hidden by Askbox
    "]],
    );
    let huge = vec![b'#'; limits::SETTINGS_FILE_BYTES + 1];
    let redaction = redacted(&path("/home/u/.npmrc"), &path("/home/u")).unwrap();
    assert_eq!(redaction.apply(&huge), whole());
    assert_eq!(
        redaction.apply(b"a=1\n\xff\xfe=x\n"),
        b"a=1\n# hidden by Askbox\n"
    );
}

/// Lines of settings without a secret.
fn harmless(name: &str) -> Vec<&'static str> {
    let by_lines = vec![
        "# a comment, with words",
        "; another: one",
        "",
        "  ",
        "registry=https://packages.test/npm/",
        "save-exact=true",
        "@scope:registry=https://packages.test:8443/@scope/",
        "cache = /home/u/.npm",
        "always-auth=true",
        "fetch-retries=3",
        "init-author-name=A. Nobody",
        "//packages.test/:_authToken=${TOKEN}",
        "GOFLAGS=-mod=vendor -trimpath",
        "proxy=http://proxy.test:3128",
        "strict-ssl=false",
        "noproxy=localhost,127.0.0.1,.test",
        "[global]",
    ];
    match name {
        ".cargo/config.toml" | ".config/uv/uv.toml" => vec![
            "# a comment, with words",
            "",
            "a.jobs = 4",
            "b.index = \"sparse+https://packages.test/index/\"",
            "c.flags = [\"-C\", \"lto\"] # why",
            "d.v = { value = \"#x\", force = true }",
            "e.\"quoted # name\" = '#'",
            "f.when = 1979-05-27",
        ],
        _ => by_lines,
    }
}

/// Shapes of lines in which `SECRET` stands for one.
fn shapes(name: &str) -> Vec<&'static str> {
    match name {
        ".cargo/config.toml" | ".config/uv/uv.toml" => vec![
            "s.token = \"SECRET\"",
            "s.secret-key = 'SECRET'",
            "s.index = \"https://u:SECRET@packages.test/\"",
            "s.index = \"https://SECRET@packages.test/\"",
            "s.proxy = \"u:SECRET@proxy.test\"",
            "s.t = { token = \"SECRET\", a = 1 }",
            "s.API_KEY = { value = \"SECRET\" }",
            "s.auth = [\"SECRET\", \"x\"]",
            "# token = \"SECRET\"",
            "# https://u:SECRET@packages.test/",
            "s.run = [\"tool\", \"--password\", \"SECRET\"]",
            "s.run = \"tool --token SECRET\"",
            "s.token = \"\"\"\nSECRET\n\"\"\"",
            "s.url = \"https://packages.test/?api_key=SECRET\"",
            "s.url = \"https:\\u002f/u:SECRET@packages.test/\"",
            "s.token = \"a\" # SECRET",
            "s.x = \"ghp_SECRET\"",
            "s.token = SECRET",
            "s.broken = \"SECRET",
        ],
        ".npmrc" => vec![
            "//packages.test/:_authToken=SECRET",
            "_auth=SECRET",
            "//packages.test/:_password = \"SECRET\"",
            "proxy=http://u:SECRET@proxy.test",
            "registry=https://SECRET@packages.test/",
            "https-proxy = u:SECRET@proxy.test:1",
            "password=SECRET",
            "otp=SECRET",
            "key=SECRET",
            "# //packages.test/:_authToken=SECRET",
            ";_auth=SECRET",
            "  token = SECRET",
            "SECRET",
            "x=https://packages.test/?token=SECRET",
            "registry=https://u:SECRET/x@packages.test/",
            "x=npm_SECRETSECRET",
            "_auth[]=SECRET",
            "//u:SECRET@packages.test/:email=x",
            "\"//packages.test/:_authToken\"=SECRET",
            "_auth=${A}SECRET",
        ],
        _ => vec![
            "index-url = https://u:SECRET@packages.test/simple",
            "extra-index-url: https://SECRET@packages.test/simple",
            "proxy = u:SECRET@proxy.test",
            "password = SECRET",
            "token: SECRET",
            "x = 1\n  password = SECRET",
            "extra =\n  https://u:SECRET@packages.test/",
            "SECRET",
            "# index-url = https://u:SECRET@packages.test/",
            "x = Authorization: SECRET",
            "[section\nSECRET",
            "secret = a\n  SECRET",
            "find-links = https://packages.test/?sig=1&access_token=SECRET",
        ],
    }
}

fn any_file(name: &'static str) -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(prop::sample::select(harmless(name)), 0..8);
    (lines, any::<bool>(), any::<bool>()).prop_map(move |(mut lines, crlf, ends)| {
        if name.contains(".cargo") || name.contains("uv") {
            // A key stands once in a table.
            let mut seen = std::collections::HashSet::new();
            lines.retain(|line| line.is_empty() || line.starts_with('#') || seen.insert(*line));
        }
        let sign = if crlf { "\r\n" } else { "\n" };
        let mut text = lines.join(sign);
        if ends {
            text.push_str(sign);
        }
        text
    })
}

const NAMES: [&str; 4] = [
    ".npmrc",
    ".config/pip/pip.conf",
    ".cargo/config.toml",
    ".config/uv/uv.toml",
];

fn any_planted() -> impl Strategy<Value = (&'static str, String, String)> {
    prop::sample::select(NAMES.as_slice()).prop_flat_map(|name| {
        let shape = prop::sample::select(shapes(name));
        (any_file(name), shape, "Zq[A-Za-z0-9]{10,40}", any_file(name)).prop_map(
            move |(before, shape, secret, after)| {
                // Twice the same key would be no TOML.
                let after = if name.ends_with("toml") {
                    "# end".to_owned()
                } else {
                    after
                };
                (
                    name,
                    format!("{before}\n{}\n{after}", shape.replace("SECRET", &secret)),
                    secret,
                )
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_planted_secret_never_survives((name, content, secret) in any_planted()) {
        let copy = copy(name, &content);
        prop_assert!(!copy.contains(&secret), "{}", copy);
    }

    #[test]
    fn a_file_without_secrets_is_unchanged(
        (name, content) in prop::sample::select(NAMES.as_slice()).prop_flat_map(|name| any_file(name).prop_map(move |file| (name, file)))
    ) {
        prop_assert_eq!(copy(name, &content), content);
    }

    #[test]
    fn any_bytes_have_a_copy_which_is_its_own_copy(content in prop::collection::vec(any::<u8>(), 0..200)) {
        for name in NAMES {
            let redaction = redacted(&path(&format!("/home/u/{name}")), &path("/home/u")).unwrap();
            let copy = redaction.apply(&content);
            prop_assert_eq!(redaction.apply(&copy), copy);
        }
    }
}
