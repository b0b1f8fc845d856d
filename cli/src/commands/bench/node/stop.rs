//! Whether somebody asked to end the measurement: then the service is ended and its folder removed
//! before this program ends.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::super::broken;
use crate::failure::Failure;

/// Told once by SIGINT (ctrl-c) or SIGTERM.
#[derive(Debug, Clone)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens from now on, on a thread of its own: also while the others compute.
    pub(super) fn listen() -> Result<Self, Failure> {
        let (told, stop) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (mut interrupt, mut terminate) = {
            let _entered = runtime.enter();
            (
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            )
        };
        std::thread::Builder::new()
            .name("stop".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                });
                // Nobody waits for it any more where this fails.
                let _ = told.send(true);
            })?;
        Ok(Self(stop))
    }

    /// An error once it was told.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if *self.0.borrow() {
            return Err(Failure::Stopped);
        }
        Ok(())
    }

    /// What comes of `work`, unless it is told before that ends.
    pub(super) async fn unless<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut told = self.0.clone();
        tokio::select! {
            done = work => Ok(done),
            told = told.wait_for(|told| *told) => match told {
                Ok(_) => Err(Failure::Stopped),
                Err(_) => Err(broken("the thread that listens for signals is gone")),
            },
        }
    }
}
