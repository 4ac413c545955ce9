//! The program on a disk without room.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::directory::Directory;
use crate::process::{PATIENCE, Program};
use crate::program::{keeping, report, robot};
use crate::reporter::Counters;

fn until_metric(program: &Program, line: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !program.get("/metrics").lines().any(|found| found == line) {
        assert!(Instant::now() < deadline, "never `{line}`");
        sleep(Duration::from_millis(5));
    }
}

/// The size of files is limited instead of the disk's, which only root could.
#[test]
fn a_full_disk_is_said_once_and_loses_nothing_while_the_server_lives() {
    let directory = Directory::new();
    let program = Program::start(keeping(&directory));
    report(&program, 1);
    program.signal("TERM");
    program.end();

    let program = Program::start(without_room(keeping(&directory)));
    assert_eq!(robot(&program), Some(Counters { tools: 1, tokens: 1 }), "what was kept can be read");
    report(&program, 10);
    until_metric(&program, "presence_store_failing 1");
    report(&program, 100);
    assert_eq!(robot(&program), Some(Counters { tools: 3, tokens: 111 }));

    let limit = Rlimit { current: None, maximum: None };
    prlimit(Pid::from_raw(program.id()), Resource::Fsize, limit).unwrap();
    until_metric(&program, "presence_store_failing 0");
    program.signal("KILL");
    let (_, _, err) = program.end();
    for said in ["nothing can be written", "what waited for the disk is written"] {
        assert_eq!(err.matches(said).count(), 1, "{said}: {err}");
    }

    let program = Program::start(keeping(&directory));
    assert_eq!(robot(&program), Some(Counters { tools: 3, tokens: 111 }));
}

/// The same program where no file can grow. It must be told of it as of any failure, not by a signal.
fn without_room(command: Command) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -S -f 0; exec \"$0\" \"$@\""]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.env_clear().env("PRESENCE_LOG", "info");
    limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    limited
}
