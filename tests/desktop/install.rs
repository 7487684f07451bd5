//! A package manager that has to ask: its install goes on with one click.

use std::fs;
use std::io::Write;
use std::net::TcpStream;

use askbox_tests::desktop::Profile;
use askbox_tests::server::{Server, read_head};
use askbox_tests::{Running, World};

use crate::seat::Seat;

/// A registry of this machine with one package, `left`.
fn registry(world: &World) -> Server {
    let package = world.outside().join("package");
    fs::create_dir(&package).unwrap();
    fs::write(
        package.join("package.json"),
        r#"{"name":"left","version":"1.2.3"}"#,
    )
    .unwrap();
    let mut pack = world.host("tar");
    pack.args(["-czf", "left.tgz", "package"])
        .current_dir(world.outside());
    Running::start(pack).finish().succeeded();
    let tarball = fs::read(world.outside().join("left.tgz")).unwrap();
    Server::start(move |mut stream| {
        let head = read_head(&mut stream);
        let is_for = |path: &str| head.starts_with(&format!("GET {path} "));
        if is_for("/left") {
            respond(&mut stream, packument(&head).as_bytes());
        } else if is_for("/left.tgz") {
            respond(&mut stream, &tarball);
        }
    })
}

/// What a registry says of a package. The file is at the same server, whatever that is called.
fn packument(head: &str) -> String {
    let host = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("host").then_some(value)
    });
    let version = serde_json::json!({
        "name": "left",
        "version": "1.2.3",
        "dist": { "tarball": format!("http://{}/left.tgz", host.unwrap()) },
    });
    serde_json::json!({
        "name": "left",
        "dist-tags": { "latest": "1.2.3" },
        "versions": { "1.2.3": version },
    })
    .to_string()
}

fn respond(stream: &mut TcpStream, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    drop(stream.write_all(&[head.as_bytes(), body].concat()));
}

#[test]
fn an_install_is_allowed_for_an_hour_and_completes() {
    let seat = Seat::new(Profile::Gnome);
    let world = seat.world();
    // npm looks at the person's git settings too, which is a question of its own.
    world.ok(&["rules", "add", "deny", "read", "~/.gitconfig"]);
    let registry = registry(world);
    let address = format!("registry.test:{}", registry.port());
    let install =
        format!("npm install --no-audit --no-fund --no-update-notifier --registry http://{address}/ left");
    let installing = world.start_sh(&["--resolve", &registry.pin("registry.test")], &install);
    let notification = seat.server.shows(&format!("wants {address}"));
    assert!(notification.body.contains("npm"), "{notification:#?}");
    assert_eq!(registry.connections(), 0);
    seat.server.press(&notification, "Allow 1 hour");
    installing.finish().succeeded();
    let installed = world.project().join("node_modules/left/package.json");
    assert!(fs::read_to_string(installed).unwrap().contains("1.2.3"));
    // The packument and the file are of one host: one question.
    assert_eq!(seat.server.history().len(), 1, "{:#?}", seat.server.history());
    let again = format!("rm -r node_modules ~/.npm/_cacache; {install}");
    world
        .sh(&["--resolve", &registry.pin("registry.test")], &again)
        .succeeded();
    assert_eq!(seat.server.history().len(), 1, "{:#?}", seat.server.history());
}
