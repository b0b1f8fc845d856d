//! Words: a study's terms as plain sentences, for patients, boards and everyone else.

use std::collections::BTreeSet;

use salus_ledger::state::{State, StudyState};
use salus_protocol::consent::{DiseaseArea, Region};
use salus_protocol::profile::Profile;
use salus_protocol::purpose::{Ask, Purpose, Research};

use super::stakes::Stakes;

/// What a study is, in sentences.
#[derive(Debug, Clone)]
pub struct StudyInWords {
    /// Who runs it, and where.
    pub who: String,
    /// What kind of research it is.
    pub why: String,
    /// What it asks of people.
    pub asks: String,
    /// What else it declares or undertakes.
    pub terms: Vec<String>,
    /// The fields of a record that decide who matches.
    pub fields: Vec<String>,
    /// The last day on which answers enter.
    pub until: String,
    /// How counts are released.
    pub release: String,
    /// What it means to be counted in it.
    pub counted: Stakes,
    /// What it means to volunteer for it.
    pub volunteering: Stakes,
}

impl StudyInWords {
    /// A study in words; without its profile the fields are not named.
    #[must_use]
    pub fn of(state: &State, study: &StudyState, profile: Option<&Profile>) -> Self {
        let opened = &study.opened;
        let purpose = &opened.purpose;
        Self {
            who: format!(
                "{}, in {}",
                purpose.institution.name(),
                region_name(purpose.region)
            ),
            why: research(purpose.research),
            asks: asks(purpose.ask).to_owned(),
            terms: terms(purpose),
            fields: profile.map_or_else(Vec::new, |profile| fields(study, profile)),
            until: opened.expires.to_string(),
            release: release(state, study),
            counted: Stakes::of_being_counted(study),
            volunteering: Stakes::of_volunteering(purpose.ask),
        }
    }
}

fn fields(study: &StudyState, profile: &Profile) -> Vec<String> {
    // An unused criterion names field 0, and asks nothing of it.
    let criteria = study.opened.query.criteria();
    let used = criteria.iter().enumerate().filter(|(place, criterion)| {
        let carries = criteria
            .get(place + 1)
            .is_some_and(|next| next.minus_previous);
        carries || criterion.length > 0 || criterion.start > 0 || criterion.if_none
    });
    let positions: BTreeSet<u8> = used.map(|(_, criterion)| criterion.field).collect();
    let field = |position: u8| profile.fields().get(usize::from(position));
    let labels = positions.into_iter().filter_map(field);
    labels.map(|field| field.label.clone()).collect()
}

fn research(research: Research) -> String {
    match research {
        Research::General => "Research of any kind".to_owned(),
        Research::Health => "Health and medical research, no single disease".to_owned(),
        Research::Disease(area) => {
            format!("Research on {}", area_name(area))
        }
        Research::Ancestry => "Research on population origins or ancestry".to_owned(),
    }
}

const fn asks(ask: Ask) -> &'static str {
    match ask {
        Ask::Contact => "To contact people who match and volunteer",
        Ask::Data => "To receive record-level data of people who match and volunteer",
        Ask::ContactAndData => {
            "To contact people who match and volunteer, and to receive their record-level data"
        }
    }
}

/// A region's name, as it follows "in".
#[must_use]
pub fn region_name(region: Region) -> String {
    match region {
        Region::EuropeanEconomicArea => "the European Economic Area".to_owned(),
        Region::MiddleEast => "the Middle East".to_owned(),
        other => capitals(&other.to_string()),
    }
}

/// An area of disease, as it stands in a sentence.
#[must_use]
pub fn area_name(area: DiseaseArea) -> String {
    area.to_string().replace('-', " ")
}

fn capitals(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters
            .next()
            .map(|letter| letter.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    };
    name.split('-').map(word).collect::<Vec<_>>().join(" ")
}

fn terms(purpose: &Purpose) -> Vec<String> {
    let declared = [
        (purpose.for_profit, "Run by an organisation for profit"),
        (purpose.commercial, "For commercial use"),
        (purpose.methods, "Develops methods, such as software"),
        (purpose.genetic, "Studies genetic data only"),
        (purpose.publishes, "Undertakes to publish its results"),
        (
            purpose.collaborates,
            "Undertakes to work with the primary investigators",
        ),
        (purpose.returns_data, "Undertakes to return derived data"),
        (purpose.moratorium, "Keeps a publication moratorium"),
        (purpose.approved_users, "Its users are approved by name"),
    ];
    let mut terms: Vec<String> = Vec::new();
    if !purpose.for_profit && !purpose.commercial {
        terms.push("Not for profit, not for commercial use".to_owned());
    }
    let said = declared.into_iter().filter(|(holds, _)| *holds);
    terms.extend(said.map(|(_, text)| text.to_owned()));
    terms
}

/// What becomes of counts before they are shown.
#[must_use]
pub fn policy_sentence(suppress_up_to: u16, round_to: u16) -> String {
    format!(
        "Counts from 1 to {suppress_up_to} are not shown; others are rounded to a multiple of \
         {round_to}. The exact count never leaves the custodian"
    )
}

fn release(state: &State, study: &StudyState) -> String {
    let opened = &study.opened;
    let policy = policy_sentence(opened.policy.suppress_up_to, opened.policy.round_to);
    let mut sentences = vec![policy];
    if !opened.together.is_empty() {
        let names: Vec<String> = opened
            .together
            .iter()
            .map(|key| state.issuer_name(key))
            .collect();
        sentences.push(format!(
            "Only the sum over {} is released",
            names.join(", ")
        ));
    }
    if let Some(noise) = &opened.noise {
        sentences.push(format!(
            "Noise of epsilon {} is added to each count, so that one person more or less hardly shows",
            noise.epsilon
        ));
    }
    sentences.join(". ") + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_words() {
        assert_eq!(
            research(Research::Disease(DiseaseArea::Type2Diabetes)),
            "Research on type 2 diabetes"
        );
        assert_eq!(region_name(Region::NorthAmerica), "North America");
        assert_eq!(
            region_name(Region::EuropeanEconomicArea),
            "the European Economic Area"
        );
        for region in Region::ALL {
            assert!(!region_name(region).contains('-'));
        }
    }
}
