//! Profiles by name (those that Salus ships) or by file.

use std::path::Path;

use salus_datasets::profiles;
use salus_protocol::profile::Profile;

use crate::failure::Failure;

/// A profile with the text that it was read from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) profile: Profile,
    pub(crate) text: String,
}

/// Finds a profile: the name of a shipped one, or the path of a file.
pub(crate) fn find(name_or_path: &str) -> Result<Source, Failure> {
    if let Some(shipped) = profiles::named(name_or_path) {
        return Ok(Source {
            profile: shipped.profile.clone(),
            text: shipped.text.to_owned(),
        });
    }
    let path = Path::new(name_or_path);
    if !path.exists() {
        let names: Vec<_> = profiles::shipped().iter().map(|p| p.name).collect();
        return Err(Failure::Unknown {
            what: "profile",
            name: name_or_path.to_owned(),
            help: format!(
                "use one that Salus ships ({}) or the path of a profile document",
                names.join(", ")
            ),
        });
    }
    let text = std::fs::read_to_string(path).map_err(Failure::file("read", path))?;
    let profile = Profile::from_toml(&text)?;
    Ok(Source { profile, text })
}
