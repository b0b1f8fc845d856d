//! The sign-in file: who may sign in and how, read and checked as a whole when the node starts.
//!
//! It holds no secret: a secret is in a file of its own or in the environment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use openidconnect::url::{Host, Url};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::client::{Client, Clients};
use super::error::SignInError;
use super::identity::{Acting, Role};
use super::rule::{Rule, Who};

/// What a sign-in file says, checked.
#[derive(Debug)]
pub struct SignInSettings {
    pub(super) public_url: PublicUrl,
    pub(super) provider: Option<ProviderSettings>,
    pub(super) rules: Vec<Rule>,
    pub(super) clients: Clients,
}

/// How people reach the node: an origin, without a path.
#[derive(Debug, Clone)]
pub(super) struct PublicUrl(Url);

/// The identity provider, and how the node shows itself to it.
#[derive(Debug)]
pub(super) struct ProviderSettings {
    pub(super) issuer: Url,
    /// The issuer as it was written: it is compared letter by letter.
    pub(super) issuer_text: String,
    pub(super) client_id: String,
    pub(super) secret: Option<Secret>,
    pub(super) scopes: Vec<String>,
}

/// The secret that the provider gave the node.
pub(super) struct Secret(pub(super) Zeroizing<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    public_url: String,
    provider: Option<WrittenProvider>,
    #[serde(default)]
    people: Vec<WrittenRule>,
    #[serde(default)]
    services: Vec<WrittenService>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenProvider {
    issuer: String,
    client_id: String,
    secret_file: Option<PathBuf>,
    secret_env: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    claim: Option<String>,
    value: Option<String>,
    subject: Option<String>,
    email: Option<String>,
    role: Role,
    party: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenService {
    client_id: String,
    jwks_file: PathBuf,
    parties: Vec<WrittenActing>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenActing {
    role: Role,
    party: Option<String>,
}

impl SignInSettings {
    /// Reads a sign-in file, with the files that it names; their paths are relative to its folder.
    ///
    /// # Errors
    /// [`SignInError`] for the first thing that is not as it must be.
    pub fn read(path: &Path) -> Result<Self, SignInError> {
        let text = read_text(path)?;
        let written: Written = toml::from_str(&text).map_err(|error| SignInError::Form {
            path: path.to_owned(),
            problem: error.to_string(),
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let provider = written.provider.map(|provider| provider.checked(folder));
        let provider = provider.transpose()?;
        if provider.is_none() && !written.people.is_empty() {
            return Err(SignInError::setting(
                "[[people]]",
                "without a provider nobody can show who he is; add [provider]",
            ));
        }
        if provider.is_some() && written.people.is_empty() {
            return Err(SignInError::setting(
                "[provider]",
                "nobody may sign in through it; add [[people]]",
            ));
        }
        let rules = written.people.into_iter().map(WrittenRule::checked);
        let mut clients = Clients::default();
        for service in written.services {
            clients.add(service.checked(folder)?)?;
        }
        Ok(Self {
            public_url: PublicUrl::parse(&written.public_url)?,
            provider,
            rules: rules.collect::<Result<_, _>>()?,
            clients,
        })
    }

    /// Whether people reach the node through TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.is_https()
    }
}

impl PublicUrl {
    fn parse(text: &str) -> Result<Self, SignInError> {
        let url = secure_url("public_url", text)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if bare && url.username().is_empty() && url.password().is_none() {
            Ok(Self(url))
        } else {
            Err(SignInError::setting(
                "public_url",
                "it is scheme, host and port alone, such as https://salus.example",
            ))
        }
    }

    /// The origin, as browsers write it.
    pub(super) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The address of a path.
    pub(super) fn at(&self, path: &str) -> String {
        self.origin() + path
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// A URL of https; or of http on this machine, where nobody else is on the wire.
pub(super) fn secure_url(what: &'static str, text: &str) -> Result<Url, SignInError> {
    let url = Url::parse(text);
    let url = url.map_err(|error| SignInError::setting(what, format!("{text:?}: {error}")))?;
    if is_secure(&url) {
        Ok(url)
    } else {
        Err(SignInError::setting(
            what,
            format!("{text:?} is not https, and http is for this machine alone"),
        ))
    }
}

/// Whether nobody on the wire can read or change what goes to a URL.
pub(super) fn is_secure(url: &Url) -> bool {
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && local))
}

impl WrittenProvider {
    fn checked(self, folder: &Path) -> Result<ProviderSettings, SignInError> {
        let secret = match (self.secret_file, self.secret_env) {
            (Some(_), Some(_)) => {
                return Err(SignInError::setting(
                    "[provider]",
                    "name secret_file or secret_env, not both",
                ));
            }
            (Some(path), None) => Some(read_text(&folder.join(path))?),
            (None, Some(name)) => {
                let value = std::env::var(&name).map(Zeroizing::new);
                Some(value.map_err(|_| {
                    SignInError::setting(
                        "secret_env",
                        format!("the environment has no variable {name}"),
                    )
                })?)
            }
            (None, None) => None,
        };
        let secret = secret.map(|text| Zeroizing::new(text.trim().to_owned()));
        if secret.as_ref().is_some_and(|secret| secret.is_empty()) {
            return Err(SignInError::setting("[provider]", "the secret is empty"));
        }
        Ok(ProviderSettings {
            issuer: secure_url("issuer", &self.issuer)?,
            issuer_text: self.issuer,
            client_id: not_empty("client_id", self.client_id)?,
            secret: secret.map(Secret),
            scopes: self.scopes,
        })
    }
}

impl WrittenRule {
    fn checked(self) -> Result<Rule, SignInError> {
        let who = match (self.claim, self.value, self.subject, self.email) {
            // An address counts only when the provider says that it is verified, a subject only whole.
            (Some(claim), Some(_), None, None) if claim == "email" || claim == "sub" => {
                return Err(SignInError::setting(
                    "[[people]]",
                    "instead of these claims write email = or subject =",
                ));
            }
            (Some(name), Some(value), None, None) => Who::Claim {
                name: not_empty("claim", name)?,
                value: not_empty("value", value)?,
            },
            (None, None, Some(subject), None) => Who::Subject(not_empty("subject", subject)?),
            (None, None, None, Some(email)) => Who::Email(not_empty("email", email)?),
            _ => {
                return Err(SignInError::setting(
                    "[[people]]",
                    "each rule has claim and value, or subject, or email",
                ));
            }
        };
        Ok(Rule {
            who,
            acting: acting(self.role, self.party)?,
        })
    }
}

impl WrittenService {
    fn checked(self, folder: &Path) -> Result<Client, SignInError> {
        let keys = read_text(&folder.join(&self.jwks_file))?;
        let parties = self.parties.into_iter().map(|a| acting(a.role, a.party));
        let parties: BTreeSet<Acting> = parties.collect::<Result<_, _>>()?;
        if parties.is_empty() {
            return Err(SignInError::setting(
                "[[services]]",
                format!("{} acts for nobody; name its parties", self.client_id),
            ));
        }
        let client_id = not_empty("client_id", self.client_id)?;
        Client::new(client_id, &keys, parties).map_err(|error| SignInError::Keys {
            path: self.jwks_file,
            error,
        })
    }
}

/// A role with its party. Regulators and operators look at the node as a whole.
fn acting(role: Role, party: Option<String>) -> Result<Acting, SignInError> {
    let party = match (role.has_party(), party) {
        (false, None) => String::new(),
        (false, Some(_)) => {
            return Err(SignInError::setting(
                "party",
                format!("a role of {role} is for no party; leave it out"),
            ));
        }
        (true, None) => {
            return Err(SignInError::setting(
                "party",
                format!("a role of {role} needs the party's name"),
            ));
        }
        (true, Some(party)) => party,
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if role.has_party() && (party.is_empty() || !party.bytes().all(plain)) {
        return Err(SignInError::setting(
            "party",
            format!("{party:?} is no party's name: letters, digits and -_. alone"),
        ));
    }
    Ok(Acting { role, party })
}

fn not_empty(what: &'static str, text: String) -> Result<String, SignInError> {
    if text.trim().is_empty() {
        return Err(SignInError::setting(what, "it is empty"));
    }
    Ok(text)
}

fn read_text(path: &Path) -> Result<Zeroizing<String>, SignInError> {
    let text = std::fs::read_to_string(path);
    text.map(Zeroizing::new).map_err(|error| SignInError::Read {
        path: path.to_owned(),
        error,
    })
}
