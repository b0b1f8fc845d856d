//! "Did you mean": names near a mistyped one, and lists for messages.

/// Names at least this similar are suggested (0 to 1, Jaro-Winkler).
const SIMILAR: f64 = 0.82;

/// Up to three of `known` that are near `name`, the nearest first.
pub(crate) fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let name = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|candidate| (similarity(&name, candidate), candidate))
        .filter(|(score, _)| *score >= SIMILAR)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.truncate(3);
    scored
        .into_iter()
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// The nearest of `known`, if any is near.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    near(name, known).into_iter().next()
}

/// How alike two names are. A name that lacks only its last part (`hba1c` for `hba1c.latest`)
/// counts as near.
fn similarity(name: &str, candidate: &str) -> f64 {
    let folded = candidate.to_lowercase();
    let stem = folded.split_once('.').map_or("", |(stem, _)| stem);
    let plain =
        |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
    let letters = plain(name);
    if name == folded || (!letters.is_empty() && letters == plain(&folded)) {
        return 1.0;
    }
    let whole = strsim::jaro_winkler(name, &folded);
    if name == stem { whole.max(0.95) } else { whole }
}

/// The texts in backquotes.
pub(crate) fn quoted<T: AsRef<str>>(texts: &[T]) -> Vec<String> {
    texts.iter().map(|t| format!("`{}`", t.as_ref())).collect()
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn list<T: AsRef<str>>(texts: &[T], conjunction: &str) -> String {
    match texts {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {conjunction} {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let fields = ["hba1c.latest", "hba1c.maximum", "mi.first", "sex"];
        assert_eq!(near("hba1c", fields)[0], "hba1c.latest");
        assert_eq!(near("hba1c.lastest", fields)[0], "hba1c.latest");
        assert_eq!(nearest("mmHg", ["mm[Hg]", "%"]).unwrap(), "mm[Hg]");
        assert!(near("zzz", fields).is_empty());
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list(&["a"], "or"), "a");
        assert_eq!(list(&["a", "b", "c"], "or"), "a, b or c");
    }
}
