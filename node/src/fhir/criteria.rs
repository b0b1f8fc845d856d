//! A study's criteria before they take a version's form: groups of characteristics, each with its
//! meaning as far as FHIR has one, and its words.
//!
//! The query's text is compiled by whoever takes a study in, and means what is proven; so it is read
//! here again, with the profile whose concepts give the codes.

mod meaning;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salus_ledger::engine::Ledger;
use salus_ledger::state::StudyState;
use salus_ledger::transaction::OpenStudy;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Profile;
use salus_protocol::query::ast::{Need, Sense, Test};
use salus_protocol::query::{CriterionExplanation, Query};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use self::meaning::Subject;
pub(super) use self::meaning::{Meaning, Span};
use super::Resource;
use super::call::Call;
use super::searchset::{Found, Page, Search, check_format, finds};
use crate::node::Node;
use crate::problem::Problem;

/// Extension and attachment of the query as its author wrote it.
const QUERY_URL: &str = "urn:salus:fhir:query";
/// The media type of a query's text.
const QUERY_MEDIA: &str = "text/x-salus-query";

/// Which criteria.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Ids, separated by commas: those of the studies.
    #[serde(rename = "_id")]
    id: Option<String>,
    /// The most in a page: at most 200. Default: 50.
    #[serde(rename = "_count")]
    count: Option<usize>,
    /// How many to pass over.
    #[serde(rename = "_offset")]
    offset: Option<usize>,
    /// `json`, the only format.
    #[serde(rename = "_format")]
    format: Option<String>,
}

/// The criteria of the studies that are asked for, each in the form that `form` gives it.
pub(super) async fn search(
    node: &Node,
    call: &Call,
    kind: &'static str,
    asked: Asked,
    form: fn(&Criteria) -> Value,
) -> Result<Resource, Problem> {
    check_format(asked.format.as_deref())?;
    let page = Page::of(asked.offset, asked.count);
    let ids = asked.id.clone();
    let found = node.read(move |ledger| {
        let found = {
            let state = ledger.state()?;
            let named = |study: &&StudyState| finds(ids.as_deref(), "", &study.id.to_string());
            let studies = state.studies().values().filter(named);
            page.cut(studies)
                .map(|study| (study.id, study.opened.clone()))
        };
        let resources = found.page.iter();
        let resources = resources.map(|(id, opened)| Ok(form(&Criteria::of(ledger, *id, opened)?)));
        Ok(Found {
            total: found.total,
            page: resources.collect::<Result<Vec<Value>, Problem>>()?,
        })
    });
    let search = Search {
        call,
        kind,
        filters: &[("_id", asked.id.as_deref())],
        page,
    };
    Ok(search.bundle(found.await?))
}

/// The criteria of one study.
pub(super) async fn read(node: &Node, id: StudyId) -> Result<Criteria, Problem> {
    node.read(move |ledger| {
        let opened = {
            let state = ledger.state()?;
            let study = state.study(&id);
            let study =
                study.ok_or_else(|| Problem::not_found(format!("there is no study {id}")))?;
            study.opened.clone()
        };
        Criteria::of(ledger, id, &opened)
    })
    .await
}

/// What a study asks of people.
#[derive(Debug)]
pub(super) struct Criteria {
    /// The study.
    pub(super) study: StudyId,
    /// Its title.
    pub(super) title: String,
    /// All of it in plain English.
    pub(super) words: String,
    /// Groups, all of which must be satisfied.
    pub(super) groups: Vec<Group>,
    query_text: String,
}

/// Criteria that stand together.
#[derive(Debug)]
pub(super) struct Group {
    /// Whether those who fulfil it are left out.
    pub(super) excludes: bool,
    /// How many criteria it takes.
    pub(super) need: Need,
    /// The criteria.
    pub(super) characteristics: Vec<Characteristic>,
}

/// One criterion.
#[derive(Debug)]
pub(super) struct Characteristic {
    /// What is asked, in words.
    pub(super) text: String,
    /// What it says of somebody with none recorded.
    pub(super) none_recorded: String,
    /// What is looked at, as a `CodeableConcept`.
    pub(super) code: Value,
    /// Whether it holds where the meaning does not.
    pub(super) negated: bool,
    /// What is asked of it.
    pub(super) meaning: Meaning,
}

impl Criteria {
    /// The criteria of a study that is on the ledger.
    pub(super) fn of(ledger: &Ledger, id: StudyId, opened: &OpenStudy) -> Result<Self, Problem> {
        let document = ledger.profile_document(opened.profile)?;
        // The ledger took no study whose text or document does not compile to what is proven.
        let broken = |error: &dyn std::error::Error| Problem::internal(&error.to_string());
        let profile = Profile::from_toml(&document).map_err(|e| broken(&e))?;
        let query = Query::parse(&opened.query_text).map_err(|e| broken(&e))?;
        let explanation = query.explain(&profile).map_err(|e| broken(&e))?;
        let words = explanation.to_string();
        let groups = query.groups().iter().zip(explanation.groups);
        let groups = groups.map(|(group, explained)| Group {
            excludes: group.sense == Sense::Exclude,
            need: group.need,
            characteristics: group
                .criteria
                .iter()
                .zip(explained.criteria)
                .map(|(asked, words)| {
                    let subject = Subject::of(&profile, &asked.field, query.index());
                    Characteristic::of(&subject, &asked.test, words)
                })
                .collect(),
        });
        Ok(Self {
            study: id,
            title: opened.title.to_string(),
            words,
            groups: groups.collect(),
            query_text: opened.query_text.clone(),
        })
    }

    /// The `Identifier` of the criteria: the study's id.
    pub(super) fn identifier(&self) -> Value {
        identifier(&self.study)
    }

    /// The extension that carries the query's text.
    pub(super) fn query(&self) -> Value {
        json!({ "url": QUERY_URL, "valueAttachment": attachment(&self.query_text) })
    }
}

/// The `Identifier` of a study.
pub(super) fn identifier(study: &StudyId) -> Value {
    json!({ "system": "urn:salus:fhir:study", "value": study.to_string() })
}

/// The `Attachment` of a query's text.
pub(super) fn attachment(query_text: &str) -> Value {
    let data = BASE64.encode(query_text);
    json!({
        "contentType": QUERY_MEDIA, "data": data, "title": "The query as its author wrote it",
    })
}

impl Group {
    /// How many of its criteria it takes, in words, whether it excludes or not.
    pub(super) fn heading(&self) -> String {
        match self.need {
            Need::All => "All of these".to_owned(),
            Need::Any => "At least one of these".to_owned(),
            Need::AtLeast(n) => format!("At least {n} of these"),
        }
    }
}

impl Characteristic {
    fn of(subject: &Subject<'_>, test: &Test, words: CriterionExplanation) -> Self {
        let (negated, meaning) = subject.meaning(test);
        Self {
            text: words.text,
            none_recorded: words.none_recorded,
            code: subject.code(&meaning),
            negated,
            meaning,
        }
    }

    /// The words of it, with what it says where none is recorded.
    pub(super) fn words(&self) -> String {
        format!("{}. {}", self.text, self.none_recorded)
    }
}
