//! The node: a ledger shared by all requests, and what bounds them.

use std::sync::Arc;

use axum::Router;
use salus_ledger::engine::Ledger;
use tokio::sync::Semaphore;

use crate::lane::Lane;
use crate::metrics::Metrics;
use crate::pages::Site;
use crate::problem::Problem;
use crate::quota::Quotas;
use crate::settings::Settings;

/// A node over one ledger. Clones share it.
#[derive(Debug, Clone)]
pub struct Node(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    ledger: Arc<Ledger>,
    settings: Settings,
    site: Site,
    readers: Lane,
    submissions: Lane,
    exports: Lane,
    desks: Lane,
    bodies: Arc<Semaphore>,
    metrics: Metrics,
    quotas: Quotas,
}

impl Node {
    /// A node over an open ledger. It takes transactions if the ledger was opened with its
    /// checkpoint key.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>, settings: Settings) -> Self {
        Self::with_site(ledger, settings, Site::default())
    }

    /// A node whose pages offer more than what is on the ledger.
    #[must_use]
    pub fn with_site(ledger: Arc<Ledger>, settings: Settings, site: Site) -> Self {
        let readers = Lane::new(settings.readers, settings.patience, settings.work_time);
        // A transaction does not wait for a place: its client can tell better when to come again.
        let none = std::time::Duration::ZERO;
        let submissions = Lane::new(settings.submissions, none, settings.work_time);
        let exports = Lane::new(settings.exports, settings.patience, settings.work_time);
        let desks = Lane::new(settings.desks, settings.patience, settings.desk_time);
        let bodies = settings.bodies_bytes.min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Shared {
            ledger,
            readers,
            submissions,
            exports,
            desks,
            bodies: Arc::new(Semaphore::new(bodies)),
            metrics: Metrics::new(),
            quotas: Quotas::new(&settings),
            settings,
            site,
        }))
    }

    /// The node's routes and `more` of whoever serves it, with everything around them.
    pub(crate) fn router(&self, more: Router<Node>) -> Router {
        crate::router::router(self, more)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn site(&self) -> &Site {
        &self.0.site
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn quotas(&self) -> &Quotas {
        &self.0.quotas
    }

    /// The bytes of bodies that may still be held.
    pub(crate) fn bodies(&self) -> &Arc<Semaphore> {
        &self.0.bodies
    }

    pub(crate) fn submissions(&self) -> &Lane {
        &self.0.submissions
    }

    pub(crate) fn readers(&self) -> &Lane {
        &self.0.readers
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.0.ledger
    }

    /// Reads the ledger in a place for readers.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let ledger = self.0.ledger.clone();
        self.0.readers.run(move || work(&ledger)).await
    }

    /// Does work for a desk, which may prove and take long, in a place for that.
    ///
    /// # Errors
    /// The work's own [`Problem`]; or that the node is busy, or that it was not done in time.
    pub async fn at_desk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let ledger = self.0.ledger.clone();
        self.0.desks.run(move || work(&ledger)).await
    }

    /// Writes the ledger in a place for submissions.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let ledger = self.0.ledger.clone();
        self.0.submissions.run(move || work(&ledger)).await
    }

    /// Makes an audit bundle in a place for exports, of which there are few: one can hold a copy of
    /// the whole log.
    pub(crate) async fn export<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ledger) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let ledger = self.0.ledger.clone();
        self.0.exports.run(move || work(&ledger)).await
    }
}
