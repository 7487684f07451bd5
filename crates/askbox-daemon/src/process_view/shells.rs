//! Processes to look at in tests: shells, each started by the one before.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// What each of them runs.
pub(super) const SCRIPT: &str = r#"
    if [ "$LEFT" = 0 ]; then echo ready; read end; else LEFT=$((LEFT-1)); sh -c "$SCRIPT" "shell$LEFT"; :; fi
"#;

/// A row of shells, all of which are there. They end when this is dropped.
pub(super) struct Shells(Child);

impl Shells {
    /// A first one, and so many below it: `shell0` is the last.
    pub(super) fn start(below: usize) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the test looks at processes of its own")]
        let mut command = Command::new("sh");
        let mut child = command
            .args(["-c", SCRIPT])
            .env("SCRIPT", SCRIPT)
            .env("LEFT", below.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.as_mut().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self(child)
    }

    /// The first one, which stands for bwrap; the next stands for init.
    pub(super) fn root(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Shells {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}
