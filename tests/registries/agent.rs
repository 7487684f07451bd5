//! A whole turn of an agent that people use, against a stand-in for its API: it reads its login, writes a file, runs a command,
//! and a person is asked one question.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use askbox_tests::Running;
use askbox_tests::server::{Server, read_head};
use serde_json::{Value, json};

use crate::daily;
use crate::install::{answer, asked};

/// What is installed; its protocol is of that day.
const AGENT: &str = "@anthropic-ai/claude-code@2.1.197";
const LOGIN: &str = "LOGIN-7731";

/// What the stand-in heard: the login of each request about a turn, and what tools said.
#[derive(Default)]
struct Heard {
    logins: Vec<String>,
    results: usize,
}

/// Says which tool to use next, by how many have been: write a file, run a command, done.
fn reply(request: &Value, file: &str) -> Value {
    let blocks = request["messages"].as_array().into_iter().flatten();
    let results = blocks
        .filter_map(|message| message["content"].as_array())
        .flatten()
        .filter(|block| block["type"] == "tool_result")
        .count();
    let use_tool = |name: &str, input: Value| json!({"type": "tool_use", "id": format!("toolu_{results}"), "name": name, "input": input});
    match results {
        _ if request["tools"].as_array().is_none_or(Vec::is_empty) => json!({"type": "text", "text": "ok"}),
        0 => use_tool(
            "Write",
            json!({"file_path": file, "content": "made by the agent\n"}),
        ),
        1 => use_tool(
            "Bash",
            json!({"command": "wc -l < made.txt > counted.txt", "description": "count"}),
        ),
        _ => json!({"type": "text", "text": "All done."}),
    }
}

/// The reply as the stream of events that the agent reads (Messages API, streaming).
fn stream(block: &Value) -> String {
    let (start, delta, stop) = if block["type"] == "text" {
        let delta = json!({"type": "text_delta", "text": block["text"]});
        (json!({"type": "text", "text": ""}), delta, "end_turn")
    } else {
        let mut start = block.clone();
        start["input"] = json!({});
        let delta = json!({"type": "input_json_delta", "partial_json": block["input"].to_string()});
        (start, delta, "tool_use")
    };
    let message = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "stand-in", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 1},
    });
    let events = [
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0, "content_block": start}),
        json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null}, "usage": {"output_tokens": 5}}),
        json!({"type": "message_stop"}),
    ];
    let lines = events
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()));
    lines.collect()
}

fn serve(mut connection: TcpStream, file: &str, hearing: &Mutex<Heard>) {
    let head = read_head(&mut connection);
    let header = |name: &str| {
        let line = head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        Some(line[name.len() + 1..].trim().to_owned())
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let is_turn = head.starts_with("POST /v1/messages?") || head.starts_with("POST /v1/messages ");
    let (kind, reply) = if is_turn && request["stream"] == true {
        let reply = reply(&request, file);
        let mut so_far = hearing.lock().unwrap();
        so_far.logins.extend(header("authorization"));
        so_far.results += usize::from(reply["text"] == "All done.");
        ("text/event-stream", stream(&reply))
    } else {
        ("application/json", json!({"input_tokens": 1}).to_string())
    };
    let length = reply.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // The agent may have gone.
    let _sent = connection.write_all((answer + &reply).as_bytes());
}

#[test]
fn a_turn_of_an_agent_is_one_question() {
    let world = daily::world();
    let file = world.project().join("made.txt").to_str().unwrap().to_owned();
    let login = json!({"claudeAiOauth": {
        "accessToken": LOGIN, "refreshToken": "none", "expiresAt": 4_102_444_800_000_u64,
        "scopes": ["user:inference", "user:profile"], "subscriptionType": "max",
    }});
    fs::create_dir_all(world.home().join(".claude")).unwrap();
    fs::write(world.home().join(".claude/.credentials.json"), login.to_string()).unwrap();
    let heard = Arc::new(Mutex::new(Heard::default()));
    let server = {
        let heard = Arc::clone(&heard);
        Server::start(move |connection| serve(connection, &file, &heard))
    };
    // Used before, outside: by then it has made what it makes at first.
    daily::on_the_host(
        &world,
        &format!(
            "npm install --prefix ~/.local/lib/agent {AGENT}
            mkdir -p ~/.local/bin; ln -s ../lib/agent/node_modules/.bin/claude ~/.local/bin/claude
            export ANTHROPIC_BASE_URL=http://127.0.0.1:{} CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
            claude -p 'make a file and count its lines' --dangerously-skip-permissions
            rm made.txt counted.txt",
            server.port()
        ),
    );
    *heard.lock().unwrap() = Heard::default();
    let (pin, place) = (server.pin("api.test"), format!("api.test:{}", server.port()));
    let mut command = daily::ready(
        &world,
        world.askbox(&[
            "run",
            "--resolve",
            &pin,
            "--allow-domain",
            &place,
            "--env",
            "ANTHROPIC_BASE_URL",
            "--env",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
            "--",
        ]),
    );
    command
        .env("ANTHROPIC_BASE_URL", format!("http://{place}"))
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .args([
            "claude",
            "-p",
            "make a file and count its lines",
            "--dangerously-skip-permissions",
        ]);
    let finished = answer(&world, Running::start(command));
    assert!(finished.succeeded().stdout.contains("All done."), "{finished:#?}");

    let heard = heard.lock().unwrap();
    assert_eq!(heard.results, 1);
    assert!(
        heard.logins.iter().all(|login| login.ends_with(LOGIN)),
        "{:?}",
        heard.logins
    );
    assert_eq!(
        fs::read_to_string(world.project().join("counted.txt"))
            .unwrap()
            .trim(),
        "1"
    );
    assert_eq!(asked(&world), ["claude"]);
}
