//! A proxy with TLS in front of a node: followed where its certificate is trusted, and not elsewhere.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::home::TestHome;
use crate::line::{ask, request};
use crate::node::Operator;

/// Serves a node's answers over TLS, under a certificate for `localhost`. Gives its port, and the
/// certificate that whoever connects must trust.
fn proxy(node: SocketAddr) -> (u16, String) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            std::thread::spawn(move || {
                // Nothing comes where the certificate is not trusted.
                if let Some((head, body)) = request(&mut stream) {
                    stream.write_all(&ask(node, &head, &body).unwrap()).unwrap();
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                }
            });
        }
    });
    (port, cert.pem())
}

#[test]
fn a_certificate_is_trusted_only_where_the_machine_says_so() {
    let operator = Operator::new(TestHome::empty());
    let (port, certificate) = proxy(operator.node.address);
    let home = TestHome::empty();
    let trusted = home.write("trusted.pem", &certificate);
    let follow = |host: &str, certificates: &str| {
        let url = format!("https://{host}:{port}");
        let arguments = ["ledger", "follow", &url, "--ledger", &operator.ledger];
        let mut command = home.command(&arguments);
        command.env("SSL_CERT_FILE", certificates).output().unwrap()
    };
    let (_, other) = proxy(operator.node.address);
    let other = home.write("other.pem", &other);
    for (host, certificates) in [("localhost", &other), ("127.0.0.1", &trusted)] {
        let refused = follow(host, certificates);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let says = String::from_utf8_lossy(&refused.stderr);
        assert!(says.contains("certificate"), "{says}");
    }
    let followed = follow("localhost", &trusted);
    assert!(followed.status.success(), "{followed:?}");
    assert!(followed.stderr.is_empty(), "no note about an open line");
}
