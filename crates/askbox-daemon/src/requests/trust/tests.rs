use askbox_policy::Origin;
use askbox_policy::policy_file::{self, Context};

use super::*;

fn check(text: &str, expected: &[&str]) {
    let context = Context {
        home: CanonicalPath::new("/home/ada".as_ref()).unwrap(),
        project: CanonicalPath::new("/home/ada/app".as_ref()),
        origin: Origin::Project,
    };
    let file = policy_file::parse(text, &context).unwrap();
    let told: Vec<String> = settings(&file)
        .into_iter()
        .map(|setting| {
            let value = setting
                .value
                .map(|value| format!(" = {value}"))
                .unwrap_or_default();
            format!("{:?} {}{value}", setting.outcome, setting.name)
        })
        .collect();
    assert_eq!(told, expected, "{text}");
}

#[test]
fn every_setting_of_a_projects_file_is_told_with_what_comes_of_it() {
    check("", &[]);
    check(
        "preset = \"development\"\nauto_approve = [\"read\"]\nidentity = \"synthetic\"\n\
         [sandbox]\ndebugger = true\nnested_sandbox = true\n[limits]\nmemory = \"4G\"\n\
         [questions]\ntimeout = \"1m\"\ndefault_expiry = \"1d\"\n\
         [network]\nblock_lists = [\"~/hosts\"]\nupstream_proxy = \"environment\"\nupstream_resolve = \"proxy\"\n",
        &[
            "Loosens preset = development",
            "Loosens sandbox.nested_sandbox = true",
            "Loosens sandbox.debugger = true",
            "Tightens limits.memory = 4G",
            "Ignored auto_approve",
            "Ignored identity",
            "Ignored questions.timeout",
            "Ignored questions.default_expiry",
            "Ignored network.block_lists",
            "Ignored network.upstream_proxy",
            "Ignored network.upstream_resolve",
        ],
    );
    check(
        "preset = \"minimal\"\n[sandbox]\ndebugger = false\n",
        &["Tightens preset = minimal", "Tightens sandbox.debugger = false"],
    );
}
