use std::path::PathBuf;

use askbox_policy::{Destination, Host, Port, Target};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::entry::{Entry, What};
use crate::event::EventProcess;
use crate::store::{Durability, Log};

fn traffic(host: &str, bytes_in: u64, bytes_out: u64) -> Entry {
    Entry {
        session: None,
        project: None,
        what: What::Traffic {
            target: Target::Network(Destination {
                host: Host::parse(host).unwrap(),
                port: Port::new(443).unwrap(),
            }),
            bytes_in,
            bytes_out,
            process: EventProcess {
                pid: 1,
                exe: None,
                command: vec![],
            },
        },
    }
}

/// A log in which each event was written at the moment that stands beside it.
async fn log(entries: Vec<(u64, Entry)>) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log.sqlite");
    let log = Log::open(&path).unwrap();
    let mut moments = Vec::new();
    for (moment, entry) in entries {
        let seq = log.record(entry, Durability::Unsynced).await.unwrap();
        moments.push((signed(moment), signed(seq)));
    }
    log.close().await.unwrap();
    let connection = Connection::open(&path).unwrap();
    for moment in moments {
        connection
            .execute("UPDATE events SET time_ms = ?1 WHERE seq = ?2", moment)
            .unwrap();
    }
    (directory, path)
}

#[tokio::test]
async fn bytes_are_summed_up_by_target_and_part() {
    let (_directory, path) = log(vec![
        (999, traffic("early.test", 1_000_000, 0)),
        (1000, traffic("a.test", 1, 10)),
        (1249, traffic("a.test", 2, 20)),
        (1250, traffic("a.test", 4, 40)),
        (1999, traffic("b.test", 500, 0)),
        (2000, traffic("late.test", 1_000_000, 0)),
    ])
    .await;
    let reader = Reader::open(&path).unwrap();
    let part = |part, bytes_in, bytes_out| TrafficPart {
        part,
        bytes_in,
        bytes_out,
    };
    let host = |target: &str, parts: &[TrafficPart]| TargetTraffic {
        target: target.into(),
        parts: parts.to_vec(),
    };
    assert_eq!(
        reader.traffic(1000..2000, 4).unwrap(),
        [
            host("b.test:443", &[part(3, 500, 0)]),
            host("a.test:443", &[part(0, 3, 30), part(1, 4, 40)]),
        ]
    );
    assert_eq!(
        reader.traffic(1000..1500, 0).unwrap(),
        [host("a.test:443", &[part(0, 7, 70)])],
        "no parts are one"
    );
    assert_eq!(reader.traffic(1000..1000, 4).unwrap(), []);
    assert_eq!(reader.traffic(1000..u64::MAX, u32::MAX).unwrap().len(), 3);
}

#[tokio::test]
async fn only_those_with_the_most_bytes_are_told_of() {
    let hosts = 0..limits::TRAFFIC_HOSTS + 1;
    let entries = hosts.map(|number| (1, traffic(&format!("h{number}.test"), number as u64, 0)));
    let (_directory, path) = log(entries.collect()).await;
    let found = Reader::open(&path).unwrap().traffic(0..2, 1).unwrap();
    assert_eq!(found.len(), limits::TRAFFIC_HOSTS);
    assert_eq!(found.first().unwrap().target, "h100.test:443");
    assert!(found.iter().all(|host| host.target != "h0.test:443"));
}
