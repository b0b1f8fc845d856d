//! The line between a home and its node, on which somebody may sit.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What becomes of an answer on its way: given the request's first line and the answer's head and
/// body. None: the line breaks.
pub(crate) type Meddle = dyn Fn(&str, Vec<u8>) -> Option<Vec<u8>> + Send + Sync;

/// A proxy in front of a node.
pub(crate) struct Line {
    address: SocketAddr,
    meddle: Arc<Mutex<Arc<Meddle>>>,
    /// Answers that were not what the node gave.
    changed: Arc<AtomicUsize>,
}

impl Line {
    /// A line that passes everything on.
    pub(crate) fn to(node: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let honest: Arc<Meddle> = Arc::new(|_, answer| Some(answer));
        let line = Self {
            address: listener.local_addr().unwrap(),
            meddle: Arc::new(Mutex::new(honest)),
            changed: Arc::default(),
        };
        let (meddle, changed) = (line.meddle.clone(), line.changed.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (meddle, changed) = (meddle.lock().unwrap().clone(), changed.clone());
                std::thread::spawn(move || pass(&stream.unwrap(), node, &*meddle, &changed));
            }
        });
        line
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on.
    pub(crate) fn meddles(
        &self,
        meddle: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) {
        *self.meddle.lock().unwrap() = Arc::new(meddle);
        self.changed.store(0, Ordering::SeqCst);
    }

    pub(crate) fn is_honest(&self) {
        self.meddles(|_, answer| Some(answer));
    }

    /// How many answers were changed or lost since the last change of ways.
    pub(crate) fn changed(&self) -> usize {
        self.changed.load(Ordering::SeqCst)
    }
}

/// One request on one connection.
fn pass(mut client: &TcpStream, node: SocketAddr, meddle: &Meddle, changed: &AtomicUsize) {
    let Some((head, body)) = request(client) else {
        return;
    };
    let first = head.lines().next().unwrap_or_default().to_owned();
    let Some(answer) = ask(node, &head, &body) else {
        return; // a node that is away
    };
    let given = meddle(&first, answer.clone());
    if given.as_ref() != Some(&answer) {
        changed.fetch_add(1, Ordering::SeqCst);
    }
    if let Some(given) = given {
        let _ = client.write_all(&given);
    }
}

/// The node's answer to a request.
pub(crate) fn ask(node: SocketAddr, head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let head = head.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
    let mut upstream = TcpStream::connect(node).ok()?;
    upstream.write_all(head.as_bytes()).unwrap();
    upstream.write_all(body).unwrap();
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).unwrap();
    Some(answer)
}

/// A request's head and body; none when the connection ends before.
pub(crate) fn request(mut client: impl Read) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 65_536];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end + 4].to_vec()).ok()?;
            let lower = head.to_lowercase();
            let length = lower.split("content-length: ").nth(1);
            let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
            let length: usize = length.unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Some((head, bytes[end + 4..].to_vec()));
            }
        }
        let read = client.read(&mut chunk).ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&chunk[..read]);
    }
}
