//! The shell: what all pages have around them.

use salus_ledger::state::State;

use crate::node::Node;

/// Which place in the navigation a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    /// No place.
    None,
    /// The overview.
    Overview,
    /// Studies.
    Studies,
    /// The query builder.
    Query,
    /// The explorer of the log.
    Explorer,
    /// Verification in the browser.
    Verify,
    /// A party's own pages.
    Desk,
}

/// What a page's frame shows.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The page's title.
    pub title: String,
    /// Its place in the navigation.
    pub here: Here,
    /// The ledger's name.
    pub ledger: String,
    /// The ledger's day, as pages show it.
    pub day: String,
    /// Whether there are pages of parties.
    pub desk: bool,
    /// Whether everything here is made up.
    pub demo: bool,
}

impl Shell {
    /// A page's frame.
    #[must_use]
    pub fn of(node: &Node, state: &State, title: impl Into<String>, here: Here) -> Self {
        Self {
            ledger: state.genesis().name.to_string(),
            day: state
                .day()
                .map_or_else(|| "not set".to_owned(), |day| day.to_string()),
            ..Self::nameless(node, title, here)
        }
    }

    /// A page's frame without the ledger's name and day.
    #[must_use]
    pub fn nameless(node: &Node, title: impl Into<String>, here: Here) -> Self {
        Self {
            title: title.into(),
            here,
            ledger: String::new(),
            day: String::new(),
            desk: node.site().desk,
            demo: node.site().demo,
        }
    }

    /// For the link to a place: whether this page is there.
    #[must_use]
    pub fn at(&self, here: Here) -> bool {
        self.here == here
    }
}
