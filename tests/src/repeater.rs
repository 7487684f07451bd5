//! A service of the host at a unix socket, which repeats what it is told.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// It listens until the test ends.
#[derive(Debug)]
pub struct Repeater {
    path: PathBuf,
    connections: Arc<AtomicUsize>,
}

impl Repeater {
    /// Listens at a path, below directories that are made.
    pub fn at(path: &Path) -> Self {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(path).unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    for line in lines.map_while(Result::ok) {
                        if stream
                            .write_all(format!("host says {line}\n").as_bytes())
                            .is_err()
                        {
                            return;
                        }
                    }
                });
            }
        });
        Self {
            path: path.to_owned(),
            connections,
        }
    }

    /// Its path, as text.
    pub fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}
