//! Short names for studies. The study itself is on the ledger.

use salus_ledger::state::{State, StudyState};
use salus_protocol::nullifier::StudyId;
use serde::{Deserialize, Serialize};

use super::{Home, Name};
use crate::failure::Failure;

const FOLDER: &str = "studies";

/// A study's short name in this home.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyName {
    /// The study.
    pub(crate) id: StudyId,
    /// The sponsor's name in this home.
    pub(crate) sponsor: Name,
}

impl Home {
    pub(crate) fn put_study_name(&self, name: &Name, study: &StudyName) -> Result<(), Failure> {
        self.write(&[FOLDER, &format!("{name}.json")], study, false)
    }

    /// The study behind a short name, if there is one.
    pub(crate) fn study_name(&self, name: &str) -> Result<Option<StudyName>, Failure> {
        match name.parse::<Name>() {
            Ok(name) => {
                let path = self.path(&[FOLDER, &format!("{name}.json")]);
                super::file::read_json(&path, "a study's short name")
            }
            Err(_) => Ok(None),
        }
    }

    /// Short names with their studies, by name.
    pub(crate) fn study_names(&self) -> Result<Vec<(String, StudyName)>, Failure> {
        let mut names = Vec::new();
        for file in self.names(FOLDER)? {
            if let Some(name) = file.strip_suffix(".json") {
                names.extend(self.study_name(name)?.map(|study| (name.to_owned(), study)));
            }
        }
        Ok(names)
    }

    /// The study that a user means: by short name, by id, or by the beginning of an id.
    pub(crate) fn find_study<'a>(
        &self,
        state: &'a State,
        text: &str,
    ) -> Result<&'a StudyState, Failure> {
        let unknown = |help: &str| Failure::Unknown {
            what: "study",
            name: text.to_owned(),
            help: help.to_owned(),
        };
        if let Some(named) = self.study_name(text)? {
            return state.study(&named.id).ok_or_else(|| {
                unknown("the short name is known here, but the study is not on this ledger")
            });
        }
        let begins =
            |study: &&StudyState| text.len() >= 6 && study.id.to_string().starts_with(text);
        let mut found = state.studies().values().filter(begins);
        match (found.next(), found.next()) {
            (Some(study), None) => Ok(study),
            (Some(_), Some(_)) => Err(unknown("several ids begin like this: give more digits")),
            (None, _) => Err(unknown(
                "`salus study list` shows the ledger's studies; six digits of an id are enough",
            )),
        }
    }
}
