//! Languages and their tools: programs in tests/programs/work do what breaks in sandboxes first, and say the same inside as
//! outside.

use askbox_tests::server::free_port;
use askbox_tests::{Running, World};

use crate::shared::wait_for_listener;

/// Runs a script outside and then inside, after the same one has removed what it made; it says this in both.
fn check(world: &World, options: &[&str], script: &str, says: &str) {
    let mut outside = world.host("sh");
    outside.args(["-c", script]);
    assert_eq!(
        Running::start(outside).finish().succeeded().stdout,
        says,
        "outside"
    );
    let mut words = vec!["--non-interactive"];
    words.extend(options);
    let inside = world.sh(&words, script);
    assert_eq!(inside.succeeded().stdout, says, "{inside:#?}");
}

#[test]
fn node_has_processes_threads_children_and_watches() {
    let world = World::new();
    world.write("node.mjs", include_str!("work/node.mjs"));
    check(
        &world,
        &[],
        "rm -rf watched; node node.mjs",
        "processes that answered 2\ncounted by threads 40000\nFROM A CHILD\nsaw new.txt\n",
    );
}

#[test]
fn npm_runs_scripts_and_programs_of_packages() {
    let world = World::new();
    world.write(
        "package.json",
        r#"{ "name": "whole", "version": "1.0.0", "dependencies": { "left": "file:./left" },
            "scripts": { "pretest": "echo before", "test": "left && node --test test.mjs > tested" } }"#,
    );
    world.write(
        "left/package.json",
        r#"{ "name": "left", "version": "1.0.0", "bin": "left.js", "scripts": { "postinstall": "echo > ../installed" } }"#,
    );
    world.write(
        "left/left.js",
        "#!/usr/bin/env node\nconsole.log('left', process.env.npm_lifecycle_event);\n",
    );
    world.write(
        "test.mjs",
        "import test from 'node:test';\ntest('one', () => {});\n",
    );
    check(
        &world,
        &[],
        "rm -rf node_modules package-lock.json tested installed
        npm install --offline --no-audit --no-fund --silent --foreground-scripts > /dev/null &&
        npm --silent test && npx --offline left && grep -c '^# pass 1' tested && ls installed",
        "before\nleft test\nleft npx\n1\ninstalled\n",
    );
}

#[test]
fn python_multiprocessing_works_in_every_way() {
    let world = World::new();
    world.write("multi.py", include_str!("work/multi.py"));
    check(
        &world,
        &[],
        "python3 multi.py",
        "fork 328350\nspawn 328350\nforkserver 328350\nmanager {'key': 'value'}\nshared 7 4000\nexecutor b\n",
    );
}

#[test]
fn python_asyncio_waits_for_all_that_it_can() {
    let world = World::new();
    world.write("asynchronous.py", include_str!("work/asynchronous.py"));
    check(
        &world,
        &[],
        "python3 asynchronous.py",
        "tcp {'HELLO'} 200\nunix HELLO\nprograms {100000} {0}\nthread 45\nsignal\n",
    );
}

#[test]
fn java_compiles_and_runs() {
    let world = World::new();
    world.write("Work.java", include_str!("work/Work.java"));
    check(
        &world,
        &[],
        "rm -f *.class; javac Work.java && java Work",
        "sum 500000500000\nhttp 200 hello\nfrom a child\nexit 3\nsaw new.txt\n",
    );
}

/// A module of Go with a test.
fn go() -> World {
    let world = World::new();
    world.write("go.mod", "module example.test/small\n\ngo 1.18\n");
    world.write("small.go", include_str!("work/small.go"));
    world.write("small_test.go", include_str!("work/small_test.go"));
    world
}

#[test]
fn go_builds_vets_and_runs() {
    check(
        &go(),
        &[],
        "rm -f small; go vet . && go build && ./small",
        "goroutines 1000\nhttp hello\nfrom a child\n<nil>\n",
    );
}

#[test]
fn go_runs_what_it_builds_in_tmp_where_that_may_start() {
    let world = go();
    let script = "go test . > tested && grep -o ^ok tested && go run . | head -1";
    check(
        &world,
        &["--allow-execute", "/tmp"],
        script,
        "ok\ngoroutines 1000\n",
    );
    let without = world.sh(&["--non-interactive"], "go run .");
    assert!(
        without.failed().stderr.contains("permission denied"),
        "{without:#?}"
    );
}

/// Makes what a proxy for modules serves about one (go help goproxy).
const MODULE: &str = "set -e
mkdir -p served/quote.test/quote/@v made/quote.test/quote@v1.0.0
cd made/quote.test/quote@v1.0.0
echo 'module quote.test/quote' > go.mod
printf 'package quote\\n\\nfunc Say() string { return \"said by a module\" }\\n' > quote.go
at=../../../served/quote.test/quote/@v
cp go.mod $at/v1.0.0.mod; echo '{\"Version\":\"v1.0.0\"}' > $at/v1.0.0.info; echo v1.0.0 > $at/list
cd ../..; python3 -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[1], \"w\") as archive:
    for name in sys.argv[2:]: archive.write(name)' ../served/quote.test/quote/@v/v1.0.0.zip quote.test/quote@v1.0.0/*";

#[test]
fn go_gets_a_module_from_an_allowed_host_and_not_from_another() {
    let world = go();
    let mut make = world.host("sh");
    make.args(["-c", MODULE]).current_dir(world.outside());
    Running::start(make).finish().succeeded();
    let port = free_port();
    let mut serve = world.host("python3");
    serve
        .args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()])
        .current_dir(world.outside().join("served"));
    let _serving = Running::start(serve);
    wait_for_listener(&world, port);
    let main = "package main\n\nimport \"quote.test/quote\"\n\nfunc main() { println(quote.Say()) }\n";
    world.write("small.go", main);
    std::fs::remove_file(world.project().join("small_test.go")).unwrap();
    let pin = format!("ok.test:{port}:127.0.0.1");
    let script = format!(
        "export GOPROXY=http://ok.test:{port} GONOSUMDB='*' && go get quote.test/quote && go build && ./small 2>&1"
    );
    let options = [
        "--non-interactive",
        "--resolve",
        &pin,
        "--allow-domain",
        "ok.test",
    ];
    world.sh(&options[..3], &script).failed();
    let with = world.sh(&options, &script);
    assert_eq!(with.succeeded().stdout, "said by a module\n", "{with:#?}");
}

#[test]
fn cargo_builds_with_a_build_script_and_tests() {
    let world = World::new();
    world.write(
        "Cargo.toml",
        "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    );
    world.write(
        "build.rs",
        "fn main() { println!(\"cargo:rustc-env=MADE=by the build script\"); }\n",
    );
    world.write(
        "src/main.rs",
        "fn main() { println!(\"{}\", env!(\"MADE\")); }\n\n#[test]\nfn one() { assert!(std::process::Command::new(\"true\").status().unwrap().success()); }\n",
    );
    check(
        &world,
        &[],
        "rm -rf target; cargo run --quiet --offline && cargo test --quiet --offline | grep -o 'ok. 1 passed'",
        "by the build script\nok. 1 passed\n",
    );
}
