//! Datasets: the records of one issuer and edition, in pages, and the publications of these.

use std::collections::BTreeSet;

use salus_protocol::cohort::PAGE;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_protocol::profile::Edition;
use salus_protocol::registry::RecordIndex;
use salus_protocol::row::FIELDS;
use salus_verifier::cohort::publication::{Page, Publication, Slot};
use sha2::{Digest, Sha256};

use super::attached::{self, Attached};
use super::{Event, Evidence, Rejection, State};
use crate::key::PublicKey;
use crate::transaction::{AttachmentDigest, PublishPage};

/// All records that one issuer committed for one edition, by slot: slot i holds the i-th of them,
/// in the order of commitment, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dataset {
    records: Vec<RecordIndex>,
    pages: Vec<PageState>,
    /// Studies that got an answer from it.
    pub(super) answered: BTreeSet<StudyId>,
    /// What tables with noise have cost, in tenths of epsilon.
    pub(super) noise_spent: u64,
}

/// What the ledger keeps of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct PageState {
    /// Index of the log entry that last changed one of its slots.
    changed: u64,
    published: Option<PublishedPage>,
}

/// A page's publication, which was verified when it entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPage {
    /// The digest of its bytes.
    pub publication: AttachmentDigest,
    /// Its layout: the highest number that each field holds.
    pub highest: [u16; FIELDS],
    /// Index of its log entry.
    pub entry: u64,
}

impl Dataset {
    /// The records, by slot.
    #[must_use]
    pub fn records(&self) -> &[RecordIndex] {
        &self.records
    }

    /// What tables with noise have cost it, of all studies, in tenths of epsilon.
    #[must_use]
    pub const fn noise_spent(&self) -> u64 {
        self.noise_spent
    }

    /// How many pages it has.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// A page's records, by slot; none beyond the last page.
    #[must_use]
    pub fn page_records(&self, number: u32) -> Option<&[RecordIndex]> {
        self.records.chunks(PAGE).nth(number as usize)
    }

    /// The latest publication of a page, current or not.
    #[must_use]
    pub fn published(&self, number: u32) -> Option<&PublishedPage> {
        self.pages.get(number as usize)?.published.as_ref()
    }

    /// Whether a page's publication is of the page as it is: nothing in it was committed, amended,
    /// erased, granted or revoked since.
    #[must_use]
    pub fn is_current(&self, number: u32) -> bool {
        self.pages.get(number as usize).is_some_and(|page| {
            let published = page.published.as_ref();
            published.is_some_and(|published| published.entry > page.changed)
        })
    }

    /// The publications of all pages, if each is current and all have one layout.
    pub(super) fn current(&self) -> Result<Vec<&PublishedPage>, Rejection> {
        let mut pages: Vec<&PublishedPage> = Vec::with_capacity(self.pages.len());
        for (page, state) in (0u32..).zip(&self.pages) {
            let published = state
                .published
                .as_ref()
                .ok_or(Rejection::PageUnpublished { page })?;
            if !self.is_current(page) {
                return Err(Rejection::PageStale { page });
            }
            if pages
                .first()
                .is_some_and(|first| first.highest != published.highest)
            {
                return Err(Rejection::PageLayout { page });
            }
            pages.push(published);
        }
        Ok(pages)
    }

    fn touch(&mut self, slot: usize, entry: u64) {
        if let Some(page) = self.pages.get_mut(slot / PAGE) {
            page.changed = entry;
        }
    }
}

/// The context of a page's publication: ledger, issuer, edition and number of the page.
#[must_use]
pub fn page_context(
    ledger: &LedgerId,
    issuer: &PublicKey,
    edition: &Edition,
    number: u32,
) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/dataset-page\0");
    hasher.update(ledger.as_bytes());
    hasher.update(issuer.as_bytes());
    hasher.update(edition.to_bytes());
    hasher.update(number.to_le_bytes());
    hasher.finalize().into()
}

/// The digest of a page as a publication was verified against it.
fn content(page: &Page) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"salus/v1/dataset-page-content\0");
    hasher.update(page.context);
    for slot in &page.slots {
        for part in [slot.record, slot.consent] {
            hasher.update(part.map_or([0; 32], |commitment| commitment.to_bytes()));
        }
    }
    hasher.finalize().into()
}

impl State {
    /// The dataset of an issuer and edition, if it has any record.
    #[must_use]
    pub fn dataset(&self, issuer: &PublicKey, edition: &Edition) -> Option<&Dataset> {
        self.datasets.get(&(*issuer, *edition))
    }

    /// All datasets of an issuer.
    pub fn datasets_of(&self, issuer: &PublicKey) -> impl Iterator<Item = &Dataset> {
        let own = self.datasets.iter();
        own.filter_map(move |((key, _), dataset)| (key == issuer).then_some(dataset))
    }

    /// A page of a dataset as it is now: what a publication is verified against.
    #[must_use]
    pub fn page(&self, issuer: &PublicKey, edition: &Edition, number: u32) -> Option<Page> {
        let records = self.dataset(issuer, edition)?.page_records(number)?;
        let slot = |index: &RecordIndex| {
            let record = self.record(*index);
            Slot {
                record: record.and_then(|r| r.faces).map(|faces| faces.row),
                consent: record.and_then(|r| r.consent).map(|(_, row)| row),
            }
        };
        Some(Page {
            context: page_context(&self.id, issuer, edition, number),
            slots: records.iter().map(slot).collect(),
        })
    }

    /// Gives a new record its slot.
    pub(super) fn extend_dataset(&mut self, index: RecordIndex) {
        let record = &self.records[index as usize];
        let dataset = self
            .datasets
            .entry((record.issuer, record.edition))
            .or_default();
        let slot = dataset.records.len();
        if slot.is_multiple_of(PAGE) {
            dataset.pages.push(PageState::default());
        }
        dataset.records.push(index);
        dataset.touch(slot, self.entries);
    }

    /// Notes that a record's slot changes with the transaction that is entering.
    pub(super) fn touch_page(&mut self, index: RecordIndex) {
        let record = &self.records[index as usize];
        if let Some(dataset) = self.datasets.get_mut(&(record.issuer, record.edition))
            && let Ok(slot) = dataset.records.binary_search(&index)
        {
            dataset.touch(slot, self.entries);
        }
    }

    /// Checks every rule for a publication but its proof.
    pub(super) fn check_page(&self, t: &PublishPage, signer: PublicKey) -> Result<Page, Rejection> {
        if !self.issuers.contains_key(&signer) {
            return Err(Rejection::IssuerUnknown { key: signer });
        }
        let dataset = self
            .dataset(&signer, &t.edition)
            .ok_or(Rejection::DatasetEmpty {
                issuer: signer,
                edition: t.edition,
            })?;
        self.page(&signer, &t.edition, t.page)
            .ok_or(Rejection::NoPage {
                page: t.page,
                pages: dataset.pages(),
            })
    }

    /// The cheap rules, then the attachment's digest, then the proof.
    pub(super) fn verify_page(
        &self,
        t: &PublishPage,
        signer: PublicKey,
        attached: &dyn Attached,
    ) -> Result<Evidence, Rejection> {
        let page = self.check_page(t, signer)?;
        let bytes = attached::read(attached, "publication", t.publication)?;
        let problem = |problem: String| Rejection::Proof { problem };
        let publication = Publication::from_bytes(&bytes).map_err(|e| problem(e.to_string()))?;
        if *publication.layout.highest() != t.highest {
            return Err(Rejection::PublicationLayout);
        }
        publication
            .verify(&page)
            .map_err(|e| problem(e.to_string()))?;
        Ok(Evidence::Published {
            content: content(&page),
        })
    }

    /// Checks the rules for a publication and the evidence of its proof.
    pub(super) fn check_published(
        &self,
        t: &PublishPage,
        signer: PublicKey,
        evidence: &Evidence,
    ) -> Result<(), Rejection> {
        let page = self.check_page(t, signer)?;
        match evidence {
            Evidence::Logged => Ok(()),
            Evidence::Published { content: shown } if *shown == content(&page) => Ok(()),
            _ => Err(Rejection::Proof {
                problem: "it was not verified for the page as it is: publish it again".to_owned(),
            }),
        }
    }

    pub(super) fn publish_page(
        &mut self,
        t: &PublishPage,
        signer: PublicKey,
        evidence: &Evidence,
    ) -> Result<Event, Rejection> {
        self.check_published(t, signer, evidence)?;
        let entry = self.entries;
        let dataset = self.datasets.get_mut(&(signer, t.edition));
        if let Some(page) = dataset.and_then(|d| d.pages.get_mut(t.page as usize)) {
            page.published = Some(PublishedPage {
                publication: t.publication,
                highest: t.highest,
                entry,
            });
        }
        Ok(Event::PagePublished {
            issuer: signer,
            edition: t.edition,
            page: t.page,
        })
    }
}
