//! A plain HTTP/1.1 client: it sends what it is told, also what no library would send.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} {:?}\n{body:.2000}", self.status, self.headers)
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The code of a problem, after a check that it is one by RFC 9457.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("urn:salus:problem:{code}"));
        for part in ["title", "detail"] {
            assert!(!problem[part].as_str().unwrap().is_empty(), "{problem}");
        }
        if self.status == 503 {
            let seconds: u64 = self.header("retry-after").unwrap().parse().unwrap();
            assert!(seconds > 0);
        }
        (self.status, code)
    }
}

/// Sends these bytes and reads the first answer. None when the connection ends without one.
pub(crate) fn send(address: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).unwrap();
    // A server that refuses a body may close before all of it is sent.
    let _ = stream.write_all(bytes);
    read(&mut stream)
}

/// Reads one answer to the end of the connection.
pub(crate) fn read(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let body = bytes[split + 4..].to_vec();
    Some(Answer {
        status,
        headers,
        body,
    })
}

pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n");
    send(address, request.as_bytes()).unwrap_or_else(|| panic!("no answer at {path}"))
}

pub(crate) fn post(address: SocketAddr, path: &str, media: &str, body: &[u8]) -> Answer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-type: {media}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    send(address, &[head.as_bytes(), body].concat()).unwrap()
}

/// Sends a request with these header lines and this body.
pub(crate) fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let lines = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"));
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-length: {}\r\n{}\r\n",
        body.len(),
        lines.collect::<String>()
    );
    send(
        address,
        [head.as_bytes(), body.as_bytes()].concat().as_slice(),
    )
    .unwrap()
}
