//! A running service with desks, and who calls it: a person who signed in by its link, or a service
//! with an access token.

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

/// What calls it: with a cookie or an access token, once signed in.
#[derive(Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    /// The headers that say who it is, each with its line's end.
    who: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// Its body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }

    /// The status, and the code of the problem that it is.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let code = self.json()["code"].as_str().unwrap().to_owned();
        (self.status, code)
    }

    /// Where the job is that it says is asked for.
    pub(crate) fn accepted(&self) -> String {
        assert_eq!(self.status, 202, "{}", self.body);
        self.header("location").unwrap().to_owned()
    }

    /// Where it leads.
    pub(crate) fn leads_to(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.body);
        self.header("location").unwrap().to_owned()
    }
}

type Lines = std::io::Lines<BufReader<ChildStderr>>;

impl Site {
    /// Starts it; its browser is whoever followed the link.
    pub(crate) fn start(home: &TestHome, imports: &str) -> Self {
        let (mut site, mut lines) = Self::spawn(home, imports, &[]);
        let link = said(&mut lines, "sign in");
        let link = link[link.find('/').unwrap()..].to_owned();
        drain(lines);
        let signed_in = site.browser.get(&link);
        let cookie = signed_in.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap();
        site.browser.who = format!("cookie: {cookie}\r\n");
        site
    }

    /// Starts it for those that a file lets sign in; its browser is nobody.
    pub(crate) fn receiving(home: &TestHome, imports: &str, sign_in: &str) -> Self {
        let (site, lines) = Self::spawn(home, imports, &["--sign-in", sign_in]);
        drain(lines);
        site
    }

    fn spawn(home: &TestHome, imports: &str, more: &[&str]) -> (Self, Lines) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_salus"))
            .args(["serve", "--desk", "--listen", "127.0.0.1:0"])
            .args(["--imports", imports])
            .args(more)
            .env_clear()
            .env("SALUS_HOME", home.state(""))
            .env("SALUS_LOG", "off")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = said(&mut lines, "serving");
        let address = address.split('/').next().unwrap().parse().unwrap();
        let browser = Browser {
            address,
            who: String::new(),
        };
        (Self { process, browser }, lines)
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

/// What else it says is read, so that it never waits for a reader.
fn drain(lines: Lines) {
    std::thread::spawn(move || lines.for_each(drop));
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
    /// The same of nobody.
    pub(crate) fn stranger(&self) -> Self {
        self.with("")
    }

    /// The same with other headers, each with its line's end, that say who it is.
    pub(crate) fn with(&self, who: &str) -> Self {
        Self {
            address: self.address,
            who: who.to_owned(),
        }
    }

    /// The same by the name of whoever calls another service.
    pub(crate) fn like(&self, other: &Self) -> Self {
        self.with(&other.who)
    }

    /// The same with one more header.
    pub(crate) fn and(&self, header: &str) -> Self {
        self.with(&format!("{}{header}\r\n", self.who))
    }

    fn send(&self, head: &str, media: &str, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head = format!(
            "{head} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{}\
             content-type: {media}\r\ncontent-length: {}\r\n\r\n",
            self.address,
            self.who,
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

    /// Sends JSON.
    pub(crate) fn ask(&self, path: &str, asked: &Value) -> Answer {
        let body = asked.to_string();
        self.call(&format!("POST {path}"), "application/json", body.as_bytes())
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call(&format!("DELETE {path}"), "text/plain", b"")
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

    /// Announces an upload and sends nothing of it.
    pub(crate) fn announce(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{}\
             content-type: multipart/form-data; boundary=XX\r\ncontent-length: 1000\r\n\r\n",
            self.address, self.who
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
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
