//! Publishing a dataset, page by page.

use salus_ledger::state::Rejection;
use salus_protocol::cohort::Layout;
use salus_protocol::day::Day;
use salus_protocol::profile::Edition;

use super::steps::Steps;
use crate::desk::offered_profile;
use crate::failure::Failure;
use crate::home::{Job, Outcome};
use crate::output::counted;
use crate::path::cohort;

/// A consent that enters while a page is made makes the page stale, or asks for an opening that was
/// not read; so often all is tried anew. Pages that are current are passed over then.
const ROUNDS: usize = 3;

pub(super) fn publish(
    steps: &Steps<'_>,
    job: &Job,
    profile: &str,
    index_day: Day,
) -> Result<Outcome, Failure> {
    let shared = &steps.desk.0;
    let (home, ledger) = (&shared.home, &**shared.node.ledger());
    let profile = offered_profile(profile)?;
    let edition = Edition::of(&profile.hash(), index_day);
    let layout = Layout::of_profile(profile);
    let issuer = home.issuer(&job.custodian)?;
    let pages = {
        let state = ledger.state()?;
        let dataset = state.dataset(&issuer.key.public(), &edition);
        dataset.map_or(0, |dataset| dataset.pages())
    };
    let mut round = 1;
    loop {
        steps.phase("pages published", pages)?;
        let step = || steps.step();
        match cohort::publish(home, ledger, &issuer, edition, &layout, false, step) {
            Err(Failure::Rejected(Rejection::PageStale { .. }) | Failure::NotPermitted { .. })
                if round < ROUNDS =>
            {
                round += 1;
            }
            Err(failure) => return Err(failure),
            Ok(done) => {
                let pages = counted(done.pages as usize, "page", "pages");
                return Ok(Outcome {
                    says: format!(
                        "The dataset is published as it is now: {pages}, {} of them current before.",
                        done.current
                    ),
                    help: None,
                });
            }
        }
    }
}
