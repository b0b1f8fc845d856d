//! Studies: opened by a sponsor, approved by boards; read again by whoever signs or proves.

use salus_ledger::engine::{Attachment, Ledger, Submission};
use salus_ledger::key::PublicKey;
use salus_ledger::state::{Rejection, StudyState};
use salus_ledger::transaction::{
    ApproveStudy, CloseStudy, Envelope, Noise, OpenStudy, Policy, Title,
};
use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Profile;
use salus_protocol::purpose::Purpose;
use salus_protocol::query::{Compiled, Query};

use super::profile::Source;
use super::submit;
use crate::failure::{Failure, QueryFailure};
use crate::home::{SigningSecret, Sponsor};

/// A query that was read and compiled.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The query as text: as its author wrote it, or, of one in JSON, its canonical text.
    pub(crate) text: String,
    pub(crate) query: Query,
    pub(crate) profile: Source,
    pub(crate) compiled: Compiled,
}

/// Reads a query, as text or as JSON, and compiles it against a profile: the one given, else the
/// one that it names, else the cardiometabolic one. `name` is what errors call it.
pub(crate) fn ask(name: &str, text: &str, profile: Option<&str>) -> Result<Asked, Failure> {
    let failed = |errors| QueryFailure::failure(name, text, errors);
    let (query, written) = if text.trim_start().starts_with('{') {
        let query = Query::from_json(text).map_err(failed)?;
        let written = query.to_text();
        (query, written)
    } else {
        (Query::parse(text).map_err(failed)?, text.to_owned())
    };
    let profile = super::profile::find(profile.or(query.profile()).unwrap_or("cardiometabolic"))?;
    let compiled = query.compile(&profile.profile).map_err(failed)?;
    Ok(Asked {
        text: written,
        query,
        profile,
        compiled,
    })
}

/// A study whose text, compiled anew, is the query that is proven: boards approve no other, and
/// wallets answer no other. The engine checks the same when a study enters, but a board or a wallet
/// need not take a ledger file's word for it.
#[derive(Debug, Clone)]
pub(crate) struct CheckedStudy(StudyState);

impl CheckedStudy {
    /// Reads a study, and compiles its text with the profile document that came with it.
    pub(crate) fn read(ledger: &Ledger, id: StudyId) -> Result<Self, Failure> {
        let study = ledger.state()?.study(&id).cloned();
        let study = study.ok_or(Rejection::StudyUnknown { study: id })?;
        let document = ledger.profile_document(study.opened.profile)?;
        Self::check(study, &document)
    }

    fn check(study: StudyState, document: &str) -> Result<Self, Failure> {
        let profile = Profile::from_toml(document)?;
        match study.opened.check_text(&profile) {
            Ok(()) => Ok(Self(study)),
            Err(error) => Err(Failure::Invalid {
                message: format!("study {} is not what it says: {error}", study.id),
                help:
                    "neither approve nor answer it: a ledger's rules let no such study in, so ask \
                       its operator where this file is from"
                        .to_owned(),
            }),
        }
    }

    /// The study.
    pub(crate) const fn study(&self) -> &StudyState {
        &self.0
    }
}

/// What a study needs beside its query.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) title: Title,
    pub(crate) purpose: Purpose,
    pub(crate) expires: Day,
    pub(crate) freshness: u64,
    pub(crate) policy: Policy,
    pub(crate) boards: Vec<PublicKey>,
    pub(crate) approvals_needed: u8,
    /// Custodians whose counts are released as one sum only.
    pub(crate) together: Vec<PublicKey>,
    /// Noise in each released count.
    pub(crate) noise: Option<Noise>,
}

/// Opens a study. It takes answers once its boards approve.
pub(crate) fn open(
    ledger: &Ledger,
    sponsor: &Sponsor,
    asked: &Asked,
    terms: Terms,
) -> Result<StudyId, Failure> {
    let id = ledger.state()?.id();
    let mut boards = terms.boards;
    boards.sort_unstable();
    boards.dedup();
    let mut together = terms.together;
    together.sort_unstable();
    together.dedup();
    let inbox = sponsor.inbox.key().map_err(|error| {
        Failure::usage(
            error.to_string(),
            "name another sponsor, whose inbox key is usable",
        )
    })?;
    let transaction = OpenStudy {
        title: terms.title,
        query_text: asked.text.clone(),
        profile: asked.profile.profile.hash(),
        index_day: asked.query.index(),
        query: asked.compiled.query.clone(),
        purpose: terms.purpose,
        expires: terms.expires,
        freshness: terms.freshness,
        policy: terms.policy,
        together,
        noise: terms.noise,
        boards,
        approvals_needed: terms.approvals_needed,
        sponsor: sponsor.key.public(),
        inbox: *inbox.as_bytes(),
    };
    let envelope = Envelope::sign(transaction, &id, sponsor.key.key());
    let study = StudyId::new(*envelope.id(&id).as_bytes());
    let profile = Attachment::Profile(asked.profile.text.clone());
    submit(ledger, Submission::with(envelope, profile))?;
    Ok(study)
}

/// Approves a study for a board.
pub(crate) fn approve(
    ledger: &Ledger,
    board: &SigningSecret,
    study: &CheckedStudy,
) -> Result<(), Failure> {
    let id = ledger.state()?.id();
    let study = study.0.id;
    submit(
        ledger,
        Envelope::sign(ApproveStudy { study }, &id, board.key()),
    )?;
    Ok(())
}

/// Ends a study before it expires.
pub(crate) fn close(
    ledger: &Ledger,
    signer: &SigningSecret,
    study: StudyId,
) -> Result<(), Failure> {
    let id = ledger.state()?.id();
    submit(
        ledger,
        Envelope::sign(CloseStudy { study }, &id, signer.key()),
    )?;
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use salus_ledger::transaction::{AdvanceDay, LedgerName};
    use salus_protocol::consent::Region;
    use salus_protocol::purpose::{Ask, Institution, Research};
    use tempfile::TempDir;

    use super::*;
    use crate::commands::party::register;
    use crate::home::{Home, Role};

    const ADULTS: &str =
        "cohort \"Grown-ups\" at 2025-01-01\ninclude all\n  age at least 18 years\n";

    /// A ledger with a board, and a study of this query.
    pub(in crate::path) fn opened(query: &str) -> (TempDir, Ledger, SigningSecret, StudyId) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path());
        let ledger = home
            .found_ledger(LedgerName::new("test").unwrap(), true)
            .unwrap();
        let board = register(
            &home,
            &ledger,
            Role::Board,
            &"ethics".parse().unwrap(),
            "Ethics",
        );
        let board = board.unwrap().key;
        let operator = home.operator().unwrap();
        let day = "2025-01-01".parse().unwrap();
        let day = Envelope::sign(
            AdvanceDay::drawn(day).unwrap(),
            &ledger.state().unwrap().id(),
            operator.key.key(),
        );
        submit(&ledger, day).unwrap();
        let sponsor = home.sponsor_or_new(&"lab".parse().unwrap()).unwrap();
        let terms = Terms {
            title: Title::new("Grown-ups").unwrap(),
            purpose: purpose(),
            expires: Day::LAST,
            freshness: 100,
            policy: Policy::STANDARD,
            boards: vec![board.public()],
            approvals_needed: 1,
            together: Vec::new(),
            noise: None,
        };
        let asked = ask("query", query, None).unwrap();
        let id = open(&ledger, &sponsor, &asked, terms).unwrap();
        (folder, ledger, board, id)
    }

    fn purpose() -> Purpose {
        Purpose {
            publishes: true,
            ethics_approval: true,
            ..Purpose::undeclared(
                Research::Health,
                Ask::Contact,
                Institution::new("University Hospital").unwrap(),
                Region::NorthAmerica,
            )
        }
    }

    fn refused(study: StudyState, document: &str) -> String {
        let failure = CheckedStudy::check(study, document).unwrap_err();
        assert!(matches!(failure, Failure::Invalid { .. }), "{failure:?}");
        failure.to_string()
    }

    #[test]
    fn a_study_that_asks_something_else_than_its_text_says_is_neither_approved_nor_answered() {
        let (_folder, ledger, board, id) = opened(ADULTS);
        let checked = CheckedStudy::read(&ledger, id).unwrap();
        let document = ledger
            .profile_document(checked.study().opened.profile)
            .unwrap();
        let altered = |change: &dyn Fn(&mut OpenStudy)| {
            let mut study = checked.study().clone();
            change(&mut study.opened);
            refused(study, &document)
        };
        // No engine takes such studies, so each is the one on the ledger with one thing altered.
        let text = altered(&|study| study.query_text = ADULTS.replace("18", "17"));
        assert!(text.contains("something else"), "{text}");
        let day = altered(&|study| study.index_day = "2025-01-02".parse().unwrap());
        assert!(day.contains("something else"), "{day}");
        let cut = altered(&|study| study.query_text.truncate(20));
        assert!(cut.contains("does not compile"), "{cut}");
        let general = super::super::profile::find("general").unwrap().text;
        let profile = refused(checked.study().clone(), &general);
        assert!(profile.contains("the profile has hash"), "{profile}");

        approve(&ledger, &board, &checked).unwrap();
        assert_eq!(
            ledger.state().unwrap().study(&id).unwrap().approvals.len(),
            1
        );
    }

    #[test]
    fn a_query_in_json_is_on_the_ledger_as_text() {
        let json = Query::parse(ADULTS).unwrap().to_json();
        let (_folder, ledger, _board, id) = opened(&json);
        let checked = CheckedStudy::read(&ledger, id).unwrap();
        let text = &checked.study().opened.query_text;
        assert_eq!(Query::parse(text).unwrap(), Query::parse(ADULTS).unwrap());
    }
}
