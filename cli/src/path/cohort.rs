//! A custodian's dataset: what is behind its slots, and its publication page by page.

use std::collections::BTreeMap;

use salus_ledger::engine::{Attachment, Ledger, Submission};
use salus_ledger::state::{Rejection, State, TallyState};
use salus_ledger::transaction::{AttachmentDigest, Envelope, PublishPage};
use salus_protocol::cohort::Layout;
use salus_protocol::consent::{Consent, ConsentCommitment};
use salus_protocol::profile::Edition;
use salus_protocol::record::{Record, RecordCommitment};
use salus_protocol::registry::RecordIndex;
use salus_prover::cohort::{PublishError, Subject, publish as publish_page};

use super::submit;
use crate::failure::Failure;
use crate::home::{Home, Issuer};

/// The openings behind a ledger's commitments, as far as a custodian has them.
pub(crate) struct Openings<'a> {
    records: BTreeMap<RecordCommitment, &'a Record>,
    consents: BTreeMap<ConsentCommitment, Consent>,
}

impl<'a> Openings<'a> {
    /// Those of an issuer's records, and of the consents that were handed over to it or are in the
    /// wallets of its home.
    pub(crate) fn of(home: &Home, issuer: &'a Issuer) -> Result<Self, Failure> {
        let records = issuer.records.iter().map(|issued| &issued.record);
        let handed = home.consents_of(issuer)?.into_iter();
        let mut consents: BTreeMap<_, _> = handed
            .map(|consent| (consent.commitment(), consent))
            .collect();
        for name in home.wallet_names()? {
            for holding in home.wallet(&name)?.holdings {
                let own = holding.consents.into_iter();
                consents.extend(own.map(|consent| (consent.commitment(), consent)));
            }
        }
        Ok(Self {
            records: records
                .map(|record| (record.commitment(), record))
                .collect(),
            consents,
        })
    }

    /// What is behind a slot. A missing opening is named: nobody may be left out.
    pub(super) fn subject(&self, state: &State, index: RecordIndex) -> Result<Subject, Failure> {
        let missing = |what: &str| Failure::NotPermitted {
            message: format!("the opening of the {what} of record {index} is not here"),
            help: "a count leaves nobody out, so every opening is needed: ask the subject for it \
                   (`salus consent hand-over`, then `salus consent keep` here), or erase the record"
                .to_owned(),
        };
        let known = state.record(index);
        let record = match known.and_then(|known| known.faces) {
            None => None,
            Some(faces) => {
                let record = self.records.get(&faces.record);
                let record = record.ok_or_else(|| missing("record"))?;
                Some((record.row.clone(), record.row_salt.clone()))
            }
        };
        let consent = match known.and_then(|known| known.consent) {
            None => None,
            Some((commitment, _)) => {
                let consent = self.consents.get(&commitment);
                let consent = consent.ok_or_else(|| missing("consent"))?;
                Some((consent.row(), consent.row_salt.clone()))
            }
        };
        Ok(Subject { record, consent })
    }

    pub(super) fn page(
        &self,
        state: &State,
        issuer: &Issuer,
        edition: &Edition,
        number: u32,
    ) -> Result<Vec<Subject>, Failure> {
        let dataset = state.dataset(&issuer.key.public(), edition);
        let records = dataset.and_then(|dataset| dataset.page_records(number));
        let slots = records.unwrap_or_default().iter();
        slots.map(|index| self.subject(state, *index)).collect()
    }
}

/// What publishing did.
#[derive(Debug, Default)]
pub(crate) struct Published {
    pub(crate) records: usize,
    pub(crate) pages: u32,
    /// Pages that were current and stay as they are.
    pub(crate) current: u32,
    pub(crate) columns: u32,
    pub(crate) bytes: usize,
}

/// Publishes the pages of a dataset that have changed since they were last published; with
/// `again`, all of them. `step` is told of each page that is done, and a failure of it stops there:
/// what was published stays.
pub(crate) fn publish(
    home: &Home,
    ledger: &Ledger,
    issuer: &Issuer,
    edition: Edition,
    layout: &Layout,
    again: bool,
    step: impl Fn() -> Result<(), Failure>,
) -> Result<Published, Failure> {
    let key = issuer.key.public();
    let openings = Openings::of(home, issuer)?;
    let mut done = Published {
        columns: layout.columns(),
        ..Published::default()
    };
    let pages = {
        let state = ledger.state()?;
        let dataset = state.dataset(&key, &edition);
        let dataset = dataset.ok_or(Rejection::DatasetEmpty {
            issuer: key,
            edition,
        })?;
        done.records = dataset.records().len();
        dataset.pages()
    };
    let mut stepped = Ok(());
    for number in (0u32..).take(pages) {
        if stepped.is_err() {
            break;
        }
        done.pages += 1;
        let (page, subjects) = {
            let state = ledger.state()?;
            if !again && stands(home, &state, issuer, &edition, number, layout) {
                done.current += 1;
                stepped = step();
                continue;
            }
            let page = state
                .page(&key, &edition, number)
                .ok_or(Rejection::PageUnpublished { page: number })?;
            (page, openings.page(&state, issuer, &edition, number)?)
        };
        let made = publish_page(&page, &subjects, layout)?;
        let bytes = made.publication.to_bytes();
        done.bytes += bytes.len();
        home.put_seed(issuer, &AttachmentDigest::of(&bytes), &made.seed)?;
        let transaction = PublishPage::of(edition, number, &made.publication);
        let envelope = Envelope::sign(transaction, &ledger.state()?.id(), issuer.key.key());
        submit(
            ledger,
            Submission::with(envelope, Attachment::Publication(bytes)),
        )?;
        stepped = step();
    }
    if done.current < done.pages {
        // They count pages that were replaced.
        home.drop_parts(issuer)?;
    }
    forget(home, ledger, issuer)?;
    stepped.map(|()| done)
}

/// Destroys the seeds of the issuer's publications that are not current, and the openings of its
/// tallies that can't be released: nothing can be made of them any more, and a seed opens what was
/// erased since.
pub(crate) fn forget(home: &Home, ledger: &Ledger, issuer: &Issuer) -> Result<(), Failure> {
    let key = issuer.key.public();
    let (current, standing): (Vec<AttachmentDigest>, Vec<AttachmentDigest>) = {
        let state = ledger.state()?;
        let tallies = state.studies().values().flat_map(|study| &study.tallies);
        let stands = |tally: &&TallyState| {
            let lapsed = state.day().is_none_or(|day| tally.has_lapsed(day));
            tally.issuer == key && tally.released.is_none() && !lapsed
        };
        let standing = tallies.filter(stands).map(|tally| tally.proof).collect();
        let own = state.datasets_of(&key);
        let current = own
            .flat_map(|dataset| {
                let pages = (0u32..).take(dataset.pages());
                let current = pages.filter(|number| dataset.is_current(*number));
                current.filter_map(|number| dataset.published(number))
            })
            .map(|published| published.publication)
            .collect();
        (current, standing)
    };
    home.keep_tallies_of(issuer, &standing)?;
    home.keep_parts_of(issuer, ledger.state()?.day())?;
    home.keep_seeds_of(issuer, &current)
}

/// Whether a page's publication is of the page as it is, in this layout, and this home's own.
fn stands(
    home: &Home,
    state: &State,
    issuer: &Issuer,
    edition: &Edition,
    number: u32,
    layout: &Layout,
) -> bool {
    state
        .dataset(&issuer.key.public(), edition)
        .filter(|dataset| dataset.is_current(number))
        .and_then(|dataset| dataset.published(number))
        .is_some_and(|published| {
            published.highest == *layout.highest() && home.has_seed(issuer, &published.publication)
        })
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Randomness(error) => error.into(),
            other => Self::NotPermitted {
                message: format!("the page can't be published: {other}"),
                help: "`salus record amend` and the wallets' consents bring openings up to date"
                    .to_owned(),
            },
        }
    }
}
