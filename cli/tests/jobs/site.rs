//! A running service with desks, and a person who signed in by its link.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;

use crate::home::TestHome;

/// A running service, and the browser of whoever started it.
pub(crate) struct Site {
    process: Child,
    pub(crate) browser: Browser,
}

/// What calls it: with a cookie, once signed in.
#[derive(Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    cookie: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// Where it leads.
    pub(crate) fn leads_to(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.body);
        self.header("location").unwrap().to_owned()
    }
}

type Lines = std::io::Lines<BufReader<ChildStderr>>;

impl Site {
    pub(crate) fn start(home: &TestHome, imports: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_salus"))
            .args([
                "serve",
                "--desk",
                "--listen",
                "127.0.0.1:0",
                "--imports",
                imports,
            ])
            .env_clear()
            .env("SALUS_HOME", home.state(""))
            .env("SALUS_LOG", "off")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = said(&mut lines, "serving");
        let address = address.split('/').next().unwrap().parse().unwrap();
        let link = said(&mut lines, "sign in");
        let link = link[link.find('/').unwrap()..].to_owned();
        // What else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let stranger = Browser {
            address,
            cookie: String::new(),
        };
        let signed_in = stranger.get(&link);
        let cookie = signed_in.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let browser = Browser { address, cookie };
        Self { process, browser }
    }

    /// Kills it without warning.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop, as a supervisor does.
    pub(crate) fn terminate(mut self) {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

/// What follows `http://` in the next line of this kind.
fn said(lines: &mut Lines, kind: &str) -> String {
    let line = lines.next().unwrap().unwrap();
    assert!(line.starts_with(kind), "{line}");
    line.split("http://").nth(1).unwrap().to_owned()
}

impl Drop for Site {
    fn drop(&mut self) {
        // A test that failed leaves no process behind.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    /// The same without the cookie.
    pub(crate) fn stranger(&self) -> Self {
        Self {
            cookie: String::new(),
            ..self.clone()
        }
    }

    fn send(&self, head: &str, media: &str, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head = format!(
            "{head} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: {}\r\n\
             content-type: {media}\r\ncontent-length: {}\r\n\r\n",
            self.address,
            self.cookie,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        stream
    }

    fn call(&self, head: &str, media: &str, body: &[u8]) -> Answer {
        let mut text = String::new();
        let mut stream = self.send(head, media, body);
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head[9..12].parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call(&format!("GET {path}"), "text/plain", b"")
    }

    /// Sends a form.
    pub(crate) fn post(&self, path: &str, form: &str) -> Answer {
        let media = "application/x-www-form-urlencoded";
        self.call(&format!("POST {path}"), media, form.as_bytes())
    }

    /// Sends a form with files.
    pub(crate) fn upload(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(String, Vec<u8>)],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--XX\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        for (name, bytes) in files {
            let head = format!(
                "--XX\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--XX--\r\n");
        self.call(
            &format!("POST {path}"),
            "multipart/form-data; boundary=XX",
            &body,
        )
    }

    /// What a job's events tell, up to the first of which `enough` is true, or the stream's end.
    pub(crate) fn watch(&self, job: &str, enough: impl Fn(&Value) -> bool) -> Vec<Value> {
        let stream = self.send(&format!("GET {job}/events"), "text/plain", b"");
        let mut told = Vec::new();
        for line in BufReader::new(stream).lines() {
            let line = line.unwrap();
            if let Some(data) = line.strip_prefix("data: ") {
                let event: Value = serde_json::from_str(data).unwrap();
                told.push(event);
                if enough(told.last().unwrap()) {
                    break;
                }
            }
        }
        told
    }

    /// Waits for a job's end; how it ended.
    pub(crate) fn end(&self, job: &str) -> Value {
        let told = self.watch(job, |event| event["over"] == true);
        let last = told.last().expect("a job is told of").clone();
        assert_eq!(last["over"], true, "{last}");
        last
    }
}
