//! Codings and concepts: every coding of a concept is kept, displays and texts are not.

use std::collections::HashSet;
use std::sync::Arc;

/// A code in a code system. Both are shared, so a copy costs nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coding {
    /// The canonical URL of the code system (see [`super::systems`]); empty where none was given.
    pub system: Arc<str>,
    /// The code.
    pub code: Arc<str>,
}

/// All codings of one concept, in the order given. Equal concepts of an import share memory.
pub type Concept = Arc<[Coding]>;

impl Coding {
    /// A coding of this system and code.
    #[must_use]
    pub fn new(system: &str, code: &str) -> Self {
        Self {
            system: system.into(),
            code: code.into(),
        }
    }

    /// Whether this is the code `code` of `system`.
    #[must_use]
    pub fn is(&self, system: &str, code: &str) -> bool {
        &*self.code == code && &*self.system == system
    }
}

impl std::fmt::Display for Coding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}|{}", self.system, self.code)
    }
}

/// Shares equal texts and concepts. A million events use a few thousand distinct ones.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    texts: HashSet<Arc<str>>,
    concepts: HashSet<Concept>,
}

impl Interner {
    pub(crate) fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&new));
        new
    }

    pub(crate) fn concept(&mut self, codings: Concept) -> Concept {
        if let Some(known) = self.concepts.get(&codings) {
            return Arc::clone(known);
        }
        let shared: Concept = codings
            .iter()
            .map(|coding| Coding {
                system: self.text(&coding.system),
                code: self.text(&coding.code),
            })
            .collect();
        self.concepts.insert(Arc::clone(&shared));
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_concepts_share_memory() {
        let mut interner = Interner::default();
        let concept = |code: &str| -> Concept { [Coding::new("s", code)].into_iter().collect() };
        let (one, two, other) = (
            interner.concept(concept("1")),
            interner.concept(concept("1")),
            interner.concept(concept("2")),
        );
        assert!(Arc::ptr_eq(&one, &two));
        assert!(Arc::ptr_eq(&one[0].system, &other[0].system));
        assert_ne!(one, other);
    }
}
