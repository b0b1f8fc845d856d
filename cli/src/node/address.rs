//! Where a node is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ureq::http::Uri;

/// A text that is no node's address.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error(
    "{text:?} is not a node's address: write https://HOST, https://HOST:PORT or \
     http://127.0.0.1:PORT, with a path if the node is below one"
)]
pub(crate) struct AddressError {
    text: String,
}

/// A node's address: `http` or `https`, host, port and perhaps a path, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct NodeAddress {
    text: String,
    encrypted: bool,
    loopback: bool,
}

impl NodeAddress {
    /// Whether what goes there is encrypted.
    pub(crate) const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether it is on this machine.
    pub(crate) const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl FromStr for NodeAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError {
            text: text.chars().take(80).collect(),
        };
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?.as_str();
        if authority.contains('@') || uri.query().is_some() || text.contains('#') {
            return Err(wrong());
        }
        let host = uri.host().ok_or_else(wrong)?;
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let loopback = match address.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => host == "localhost",
        };
        Ok(Self {
            text: text.trim_end_matches('/').to_owned(),
            encrypted,
            loopback,
        })
    }
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for NodeAddress {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<NodeAddress> for String {
    fn from(address: NodeAddress) -> Self {
        address.text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_says_whether_it_is_encrypted_and_here() {
        for (text, kept, encrypted, loopback) in [
            (
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080",
                false,
                true,
            ),
            ("http://localhost/", "http://localhost", false, true),
            ("http://[::1]:9000", "http://[::1]:9000", false, true),
            (
                "http://localhost.example.org",
                "http://localhost.example.org",
                false,
                false,
            ),
            (
                "https://ledger.example.org/salus/",
                "https://ledger.example.org/salus",
                true,
                false,
            ),
            ("http://10.0.0.7:80", "http://10.0.0.7:80", false, false),
        ] {
            let address: NodeAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), kept);
            assert_eq!(address.is_encrypted(), encrypted, "{text}");
            assert_eq!(address.is_loopback(), loopback, "{text}");
        }
        for wrong in [
            "",
            "ledger.example.org",
            "ftp://ledger.example.org",
            "https://",
            "https://user:secret@ledger.example.org",
            "https://ledger.example.org/?a=b",
            "https://ledger.example.org/#a",
            "/path",
        ] {
            assert!(wrong.parse::<NodeAddress>().is_err(), "{wrong}");
        }
    }
}
