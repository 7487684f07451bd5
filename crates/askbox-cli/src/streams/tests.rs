use std::fs;

use super::*;

fn open(directory: &tempfile::TempDir, name: &str) -> File {
    let path = directory.path().join(name);
    File::options().append(true).create(true).open(path).unwrap()
}

#[test]
fn only_files_get_a_pipe() {
    let directory = tempfile::tempdir().unwrap();
    let null = File::open("/dev/null").unwrap();
    let (reader, _writer) = io::pipe().unwrap();
    let file = open(&directory, "out");
    let (streams, inside) = Streams::of([null.as_fd(), file.as_fd(), reader.as_fd()]).unwrap();
    assert_eq!(inside.map(|end| end.is_some()), [false, true, false]);
    assert_eq!(streams.watched().count(), 1);
}

#[test]
fn one_open_file_has_one_pipe_and_another_file_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let (input, output) = (open(&directory, "in"), open(&directory, "out"));
    let sinks = |standard| Streams::of(standard).unwrap().0.sinks.len();
    let again = output.try_clone().unwrap();
    assert_eq!(sinks([input.as_fd(), output.as_fd(), again.as_fd()]), 2);
    let rewritten = File::create(directory.path().join("out")).unwrap();
    assert_eq!(sinks([output.as_fd(), output.as_fd(), rewritten.as_fd()]), 2);
}

#[test]
fn the_last_words_are_moved_and_unread_ones_put_back() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("in"), "0123456789").unwrap();
    let input = File::open(directory.path().join("in")).unwrap();
    let output = open(&directory, "out");
    let null = File::open("/dev/null").unwrap();
    let (mut streams, inside) = Streams::of([input.as_fd(), output.as_fd(), null.as_fd()]).unwrap();
    let [stdin, stdout, _] = inside.map(|end| end.map(File::from));
    streams.relay(Which::Feed(0));
    let mut read = [0; 4];
    stdin.unwrap().read_exact(&mut read).unwrap();
    stdout.unwrap().write_all(&read).unwrap();
    assert!(streams.finish().is_none());
    assert_eq!(fs::read(directory.path().join("out")).unwrap(), b"0123");
    assert_eq!((&input).stream_position().unwrap(), 4);
}

#[test]
fn a_file_that_cannot_be_written_breaks_the_pipe() {
    let directory = tempfile::tempdir().unwrap();
    let output = open(&directory, "out");
    let null = File::open("/dev/null").unwrap();
    let (mut streams, [_, stdout, _]) = Streams::of([null.as_fd(), output.as_fd(), null.as_fd()]).unwrap();
    let mut stdout = File::from(stdout.unwrap());
    // As a disk that is full: this one refuses every byte.
    streams.sinks[0].file = File::options().write(true).open("/dev/full").unwrap();
    stdout.write_all(b"words").unwrap();
    streams.relay(Which::Sink(0));
    assert_eq!(stdout.write(b"more").unwrap_err().kind(), ErrorKind::BrokenPipe);
    let failure = streams.finish().unwrap();
    assert_eq!(failure.step, "write standard output");
}
