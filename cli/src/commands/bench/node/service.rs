//! The service under load: this program once more, in a process of its own.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::broken;
use super::process::Process;
use crate::failure::Failure;

/// So many of the last lines that it said are kept, for when it fails.
const LINES: usize = 8;

/// A running service. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Service {
    killed: Killed,
    address: SocketAddr,
    said: Arc<Mutex<VecDeque<String>>>,
}

/// A process that does not outlive this.
#[derive(Debug)]
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Service {
    /// Starts `salus serve` over a home, as it is without options, on a free port. Only what it logs
    /// is less than usual: warnings.
    pub(super) fn start(home: &Path) -> Result<Self, Failure> {
        let child = Command::new(std::env::current_exe()?)
            .arg("--home")
            .arg(home)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .env("SALUS_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut killed = Killed(child);
        let said = Arc::new(Mutex::new(VecDeque::new()));
        let lines = killed.0.stderr.take();
        let mut lines = BufReader::new(lines.ok_or_else(|| broken("the service can't be heard"))?);
        let address = address(&mut lines, &said)?
            .ok_or_else(|| broken(format!("the service did not start: {}", join(&said))))?;
        let kept = said.clone();
        std::thread::spawn(move || keep(lines, &kept));
        Ok(Self {
            killed,
            address,
            said,
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process, for asking what it uses.
    pub(super) fn process(&self) -> Process {
        Process::of(self.killed.0.id())
    }

    /// An error once it has ended, which it never does by itself.
    pub(super) fn check(&mut self) -> Result<(), Failure> {
        match self.killed.0.try_wait()? {
            None => Ok(()),
            Some(status) => Err(Failure::UnderLoad {
                came: format!("the service ended ({status}): {}", self.said()),
            }),
        }
    }

    /// The last lines that it said.
    pub(super) fn said(&self) -> String {
        join(&self.said)
    }
}

/// Reads what it says until that names its address; none when it ends before.
fn address(
    lines: &mut BufReader<ChildStderr>,
    said: &Mutex<VecDeque<String>>,
) -> Result<Option<SocketAddr>, Failure> {
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let address = line.split_once("http://").and_then(|(_, rest)| {
            let (address, _) = rest.split_once('/')?;
            address.parse().ok()
        });
        if address.is_some() {
            return Ok(address);
        }
        push(said, line);
    }
}

/// Reads on, so that it never waits for a reader.
fn keep(lines: BufReader<ChildStderr>, said: &Mutex<VecDeque<String>>) {
    for line in lines.lines().map_while(Result::ok) {
        push(said, line);
    }
}

fn push(said: &Mutex<VecDeque<String>>, line: String) {
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    if said.len() == LINES {
        said.pop_front();
    }
    said.push_back(line.trim_end().to_owned());
}

fn join(said: &Mutex<VecDeque<String>>) -> String {
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    said.make_contiguous().join("\n")
}
