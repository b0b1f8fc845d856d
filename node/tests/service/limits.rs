//! What a node does when too much is asked of it, or too slowly.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use salus_ledger::transaction::Envelope;
use salus_node::Settings;

use crate::client::{get, post, read, send};
use crate::service::{Service, TRANSACTIONS};
use crate::world::*;

const BYTES: &str = "application/octet-stream";

#[test]
fn a_body_over_the_limit_is_refused_before_and_while_it_is_read() {
    let service = Service::founded(Settings {
        body_bytes: 1000,
        ..Settings::default()
    });
    let announced = format!(
        "POST {TRANSACTIONS} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-type: {BYTES}\r\n\
         content-length: 1001\r\n\r\n"
    );
    // Not one byte of it is sent.
    let answer = send(service.address, announced.as_bytes()).unwrap();
    assert_eq!(answer.problem(), (413, "BodyTooLarge".to_owned()));
    let chunk = format!("{:x}\r\n{}\r\n", 501, "a".repeat(501));
    let chunked = format!(
        "POST {TRANSACTIONS} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-type: {BYTES}\r\n\
         transfer-encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n"
    );
    let answer = send(service.address, chunked.as_bytes()).unwrap();
    assert_eq!(answer.problem(), (413, "BodyTooLarge".to_owned()));
    let answer = post(service.address, TRANSACTIONS, BYTES, &[0; 1000]);
    assert_eq!(answer.problem(), (400, "NotATransaction".to_owned()));
}

#[test]
fn bodies_beyond_the_memory_for_them_are_turned_away() {
    // The first 64 KiB of each are not counted.
    const FREE: usize = 64 << 10;
    let service = Service::founded(Settings {
        bodies_bytes: 10,
        ..Settings::default()
    });
    let hand_in = |length| post(service.address, TRANSACTIONS, BYTES, &vec![0; length]);
    assert_eq!(hand_in(FREE + 11).problem(), (503, "Busy".to_owned()));
    // The share of a refused body was given back, and reading needs none.
    for length in [FREE, FREE + 10] {
        let answer = hand_in(length);
        assert_eq!(answer.problem(), (400, "NotATransaction".to_owned()));
    }
    assert_eq!(service.json("ledger")["size"], 2);
}

#[test]
fn under_load_a_transaction_enters_or_is_told_to_come_again() {
    let service = Service::founded(Settings {
        submissions: 1,
        readers: 2,
        patience: Duration::ZERO,
        ..Settings::default()
    });
    let id = service.ledger.state().unwrap().id();
    let setup: Vec<_> = setup(id).into_iter().map(Into::into).collect();
    service.ledger.submit_many(&setup).unwrap();
    let (address, count) = (service.address, 48);
    let commits = (1..=count).map(|n| Envelope::sign(commit_record(n), &id, &issuer()));
    let commits: Vec<Envelope> = commits.collect();
    let entered = std::thread::scope(|scope| {
        let send = |commit: &Envelope| {
            let answer = post(address, TRANSACTIONS, BYTES, &commit.to_bytes());
            if answer.status == 201 {
                return Some(answer.json()["entry"].as_u64().unwrap());
            }
            assert_eq!(answer.problem(), (503, "Busy".to_owned()));
            None
        };
        let threads: Vec<_> = commits
            .iter()
            .map(|c| scope.spawn(move || send(c)))
            .collect();
        let outcomes = threads.into_iter().map(|thread| thread.join().unwrap());
        outcomes.collect::<Vec<_>>()
    });
    for (commit, entry) in commits.iter().zip(&entered) {
        match entry {
            Some(entry) => assert_eq!(service.ledger.entry(*entry).unwrap(), commit.to_bytes()),
            // What was turned away did nothing: it enters later.
            None => assert_eq!(service.hand_in(commit).status, 201),
        }
    }
    assert_eq!(service.ledger.verify().unwrap().records, u64::from(count));
}

#[test]
fn slow_clients_are_ended_and_starve_nobody() {
    let service = Service::founded(Settings {
        header_time: Duration::from_millis(300),
        body_time: Duration::from_millis(300),
        ..Settings::default()
    });
    let begin = |text: &str| {
        let mut stream = TcpStream::connect(service.address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let mut headers: Vec<_> = (0..100).map(|_| begin("GET /api/v1/ledger HTT")).collect();
    let body = format!(
        "POST {TRANSACTIONS} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-type: {BYTES}\r\n\
         content-length: 100\r\n\r\nhalf"
    );
    let mut bodies: Vec<_> = (0..100).map(|_| begin(&body)).collect();
    let mut idle = begin("GET /api/v1/health HTTP/1.1\r\nhost: node\r\n\r\n");
    let id = service.ledger.state().unwrap().id();
    assert_eq!(service.hand_in(&setup(id)[0]).status, 201);
    assert_eq!(get(service.address, "/api/v1/ledger").status, 200);
    // All of them come to an end on the node's side: these calls return.
    for stream in &mut bodies {
        let answer = read(stream).unwrap();
        assert_eq!(answer.problem(), (408, "BodyTooSlow".to_owned()));
    }
    assert_eq!(read(&mut idle).unwrap().status, 200);
    for stream in &mut headers {
        assert!(read(stream).is_none_or(|answer| answer.status == 408));
    }
}

#[test]
fn a_node_at_its_connections_goes_on_when_they_end() {
    let service = Service::founded(Settings {
        connections: 1,
        header_time: Duration::from_millis(300),
        ..Settings::default()
    });
    let idle = TcpStream::connect(service.address).unwrap();
    assert_eq!(get(service.address, "/api/v1/health").status, 200);
    drop(idle);
}

/// A client that sends something, then a byte now and then; without anything to begin with it is silent.
struct Slow(TcpStream);

impl Drop for Slow {
    fn drop(&mut self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

fn slow(address: SocketAddr, first: &str) -> Slow {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(first.as_bytes()).unwrap();
    let mut dripped = stream.try_clone().unwrap();
    let silent = first.is_empty();
    std::thread::spawn(move || {
        while !silent && dripped.write_all(b"a").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    Slow(stream)
}

#[test]
fn clients_that_drip_or_are_silent_leave_a_place_to_the_honest() {
    let time = Duration::from_millis(300);
    let service = Service::offering_with(Settings {
        connections: 9,
        header_time: time,
        body_time: time,
        ..Settings::default()
    });
    let address = service.address;
    let half = |path: &str, media: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: node\r\ncontent-type: {media}\r\n\
             content-length: 1000000\r\n\r\nprofile="
        )
    };
    let form = "application/x-www-form-urlencoded";
    let begun = [
        String::new(),
        "GET /api/v1/ledger HTT".to_owned(),
        "GET /api/v1/ledger HTTP/1.1\r\nhost: node\r\nx-slow: ".to_owned(),
        half(TRANSACTIONS, BYTES),
        half("/query", form),
    ];
    // Twice as many as there are places: all are taken, and further ones wait for them.
    for _ in 0..3 {
        let all: Vec<_> = begun
            .iter()
            .cycle()
            .take(20)
            .map(|first| slow(address, first))
            .collect();
        for path in ["/api/v1/ledger", "/", "/api/v1/health"] {
            assert_eq!(get(address, path).status, 200, "{path}");
        }
        let asked = b"profile=cardiometabolic&text=";
        assert_eq!(post(address, "/query", form, asked).status, 200);
        drop(all);
    }
}

#[test]
fn clients_that_never_read_give_their_places_back() {
    let service = Service::founded(Settings {
        connections: 3,
        answer_time: Duration::from_millis(300),
        ..Settings::default()
    });
    // More answers than the kernel holds for somebody who takes none; asked for until the node takes
    // no more either.
    let asked = "GET /api/v1/openapi.json HTTP/1.1\r\nhost: node\r\n\r\n".repeat(1000);
    let greedy: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(service.address).unwrap();
            stream.write_all(asked.as_bytes()).unwrap();
            stream
        })
        .collect();
    for _ in 0..5 {
        assert_eq!(get(service.address, "/api/v1/health").status, 200);
    }
    drop(greedy);
}

#[test]
fn a_request_under_way_outlives_its_connections_time() {
    let service = Service::founded(Settings {
        connection_time: Duration::from_millis(100),
        ..Settings::default()
    });
    let mut stream = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "POST {TRANSACTIONS} HTTP/1.1\r\nhost: node\r\ncontent-type: {BYTES}\r\ncontent-length: 8\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(b"half").unwrap();
    std::thread::sleep(Duration::from_millis(400));
    stream.write_all(b"half").unwrap();
    let answer = read(&mut stream).expect("the connection was cut in the middle of a request");
    assert_eq!(answer.problem(), (400, "NotATransaction".to_owned()));
    assert_eq!(answer.header("connection"), Some("close"));
}

#[test]
fn a_connection_ends_at_last_though_its_request_does_not() {
    let service = Service::founded(Settings {
        connection_time: Duration::from_millis(100),
        drain_time: Duration::from_millis(100),
        ..Settings::default()
    });
    let mut stream = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "POST {TRANSACTIONS} HTTP/1.1\r\nhost: node\r\ncontent-type: {BYTES}\r\ncontent-length: 8\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A body may take 60 s; this call returns before.
    assert!(read(&mut stream).is_none());
}

#[test]
fn a_burst_of_clients_can_connect_before_anyone_is_served() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let listening = salus_node::listen("127.0.0.1:0".parse().unwrap());
    let listener = runtime.block_on(listening).unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts one of them.
    let connect = |_| TcpStream::connect_timeout(&address, Duration::from_secs(20)).unwrap();
    let waiting: Vec<_> = (0..300).map(connect).collect();
    assert_eq!(waiting.len(), 300);
}

#[test]
fn told_to_stop_it_ends_in_order_and_the_ledger_opens_again() {
    let service = Service::with(2);
    let (ledger, address) = (service.ledger.clone(), service.address);
    assert_eq!(get(address, "/api/v1/health").status, 200);
    service.stop().unwrap();
    assert!(TcpStream::connect(address).is_err(), "it still listens");
    ledger.verify().unwrap();
}
