//! Clients that send slowly, take slowly or say nothing: they keep their places only while nobody else
//! wants one.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use salus_node::Settings;

use crate::client::{get, post, read};
use crate::service::{Service, TRANSACTIONS};
use crate::world::*;

const BYTES: &str = "application/octet-stream";
/// Longer than any test runs.
const NEVER: Duration = Duration::from_secs(3600);

/// A node whose times never end a connection.
fn patient(connections: usize) -> Settings {
    Settings {
        connections,
        header_time: NEVER,
        body_time: NEVER,
        body_pause: NEVER,
        answer_time: NEVER,
        connection_time: NEVER,
        ..Settings::default()
    }
}

fn begin(address: SocketAddr, text: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text).unwrap();
    stream
}

fn half_a_body(length: usize) -> Vec<u8> {
    let head = format!(
        "POST {TRANSACTIONS} HTTP/1.1\r\nhost: node\r\ncontent-type: {BYTES}\r\n\
         content-length: {length}\r\n\r\n"
    );
    let mut bytes = head.into_bytes();
    bytes.resize(bytes.len() + length - 1, b'a');
    bytes
}

/// More answers than the buffers on the way hold.
fn many_answers() -> Vec<u8> {
    "GET /api/v1/openapi.json HTTP/1.1\r\nhost: node\r\n\r\n"
        .repeat(500)
        .into_bytes()
}

#[test]
fn whoever_is_behind_loses_its_place_to_whoever_asks() {
    for slow in [
        b"".to_vec(),
        b"GET /api/v1/ledger HTT".to_vec(),
        b"GET /api/v1/health HTTP/1.1\r\nhost: node\r\n\r\n".to_vec(),
        half_a_body(100),
        many_answers(),
    ] {
        let service = Service::founded(patient(4));
        let held: Vec<_> = (0..12).map(|_| begin(service.address, &slow)).collect();
        for _ in 0..3 {
            assert_eq!(get(service.address, "/api/v1/health").status, 200);
        }
        drop(held);
    }
}

#[test]
fn who_takes_nothing_of_an_answer_is_ended() {
    let service = Service::founded(Settings {
        answer_time: Duration::from_millis(300),
        ..patient(4)
    });
    let mut slow = begin(service.address, &many_answers());
    std::thread::sleep(Duration::from_secs(1));
    let mut taken = Vec::new();
    // It ends, with an error or without, long before all the answers have come.
    let _ = slow.read_to_end(&mut taken);
    let whole = get(service.address, "/api/v1/openapi.json").body.len();
    assert!(taken.len() < 500 * whole, "{} bytes", taken.len());
}

#[test]
fn a_body_that_pauses_is_refused() {
    let service = Service::founded(Settings {
        body_pause: Duration::from_millis(200),
        ..patient(4)
    });
    let mut slow = begin(service.address, &half_a_body(100));
    let mut bytes = [0; 12];
    slow.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"HTTP/1.1 408");
}

#[test]
fn large_bodies_that_stall_keep_out_no_small_ones() {
    const LARGE: usize = 200 << 10;
    let service = Service::founded(Settings {
        bodies_bytes: LARGE,
        ..patient(64)
    });
    let held: Vec<_> = (0..4)
        .map(|_| begin(service.address, &half_a_body(LARGE)))
        .collect();
    // A further large body finds no memory once the others hold it.
    let refused = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let answer = post(service.address, TRANSACTIONS, BYTES, &vec![0; LARGE]);
        answer.status == 503 && answer.problem() == (503, "Busy".to_owned())
    });
    assert!(refused);
    let id = service.ledger.state().unwrap().id();
    assert_eq!(service.hand_in(&setup(id)[0]).status, 201);
    drop(held);
}

#[test]
fn a_place_is_given_back_when_its_client_goes() {
    let service = Service::founded(patient(1));
    for _ in 0..5 {
        let mut gone = begin(service.address, b"GET /api/v1/health HTTP/1.0\r\n\r\n");
        assert_eq!(read(&mut gone).unwrap().status, 200);
    }
}

#[test]
fn a_body_that_trickles_keeps_no_place() {
    let service = Service::founded(patient(4));
    let address = service.address;
    let asked = AtomicBool::new(false);
    let head = half_a_body(1000);
    let head = &head[..head.len() - 999];
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let mut slow = begin(address, head);
                // It goes on until it is ended, or nobody needs its place any more.
                while !asked.load(Ordering::Relaxed) && slow.write_all(b"a").is_ok() {
                    std::thread::sleep(Duration::from_millis(300));
                }
            });
        }
        for _ in 0..3 {
            assert_eq!(get(address, "/api/v1/health").status, 200);
        }
        asked.store(true, Ordering::Relaxed);
    });
}
