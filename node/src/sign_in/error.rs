//! Why a node can't open its reception.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What is wrong with a sign-in file, or with the identity provider that it names.
#[derive(Debug, Error)]
pub enum SignInError {
    /// A file can't be read.
    #[error("{} can't be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is no TOML, or has other fields than a sign-in file.
    #[error("{} is no sign-in file: {problem}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
    /// A setting is not as it must be.
    #[error("{what} in the sign-in file: {problem}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// A service's keys can't be used.
    #[error("the keys in {}: {error}", path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// Why.
        error: KeysError,
    },
    /// This machine has no certificates to know the identity provider by.
    #[error(
        "there are no certificates of authorities to know the identity provider by: {0}; install \
         ca-certificates, or name a file in SSL_CERT_FILE"
    )]
    Certificates(io::Error),
    /// The identity provider does not answer, or not as OpenID Connect Discovery asks.
    #[error("the identity provider {issuer} can't be used: {problem}")]
    Provider {
        /// The issuer.
        issuer: String,
        /// What is wrong.
        problem: String,
    },
}

impl SignInError {
    pub(super) fn setting(what: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting {
            what,
            problem: problem.into(),
        }
    }
}

/// Why a set of keys can't be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum KeysError {
    /// It is no JSON Web Key Set.
    #[error("not a JSON Web Key Set ({problem}); it begins {{\"keys\": [")]
    Form {
        /// What is wrong.
        problem: String,
    },
    /// It holds what only the service itself may have.
    #[error(
        "key {kid:?} has its private part: give the node the public one alone, and make a new key, \
         since this one is no longer secret"
    )]
    Private {
        /// The key's id.
        kid: String,
    },
    /// A key has no id, or one that another has.
    #[error("each key has a \"kid\" of its own; {kid:?} is missing or there twice")]
    Id {
        /// The key's id.
        kid: String,
    },
    /// A key of another kind.
    #[error(
        "key {kid:?} is for another algorithm: RSA of 2048 bits or more for RS384, or P-384 for ES384"
    )]
    Algorithm {
        /// The key's id.
        kid: String,
    },
    /// There is no key.
    #[error("there is no key in it")]
    Empty,
}
