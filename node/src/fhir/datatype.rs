//! FHIR's data types as this node writes them. Each function gives the JSON of one.

use salus_protocol::day::Day;
use salus_protocol::profile::CodeRef;
use salus_protocol::query::ast::{Amount, Bound};
use serde_json::{Map, Number, Value, json};

/// UCUM, the system of units.
const UCUM: &str = "http://unitsofmeasure.org";

/// The `Coding` of a code.
pub(super) fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code })
}

/// A `CodeableConcept` of one code.
pub(super) fn concept(system: &str, code: &str, text: &str) -> Value {
    json!({ "coding": [coding(system, code)], "text": text })
}

/// A `CodeableConcept` of a set of codes, any of which counts. ICD-10-CM categories stand for all
/// codes below them; a beginning that is no category is said in the text only.
pub(super) fn concept_set<'a>(codes: impl Iterator<Item = &'a CodeRef>, text: &str) -> Value {
    let (mut codings, mut beginnings) = (Vec::new(), Vec::new());
    for code in codes {
        // An ICD category has three characters; shorter beginnings span several chapters' blocks.
        if !code.prefix || code.code.len() >= 3 {
            codings.push(coding(code.system.uri(), &code.code));
        }
        if code.prefix {
            beginnings.push(code.code.as_str());
        }
    }
    let text = match beginnings.as_slice() {
        [] => text.to_owned(),
        some => format!(
            "{text} (also every code that begins with {})",
            some.join(", ")
        ),
    };
    let mut concept = json!({ "text": text });
    if !codings.is_empty() {
        concept["coding"] = codings.into();
    }
    concept
}

/// A `Reference` to a party of the ledger, which is known by its key and perhaps a name.
pub(super) fn party(key: &impl ToString, name: Option<&str>) -> Value {
    let mut party = json!({
        "type": "Organization",
        "identifier": { "system": "urn:salus:fhir:key", "value": key.to_string() },
    });
    if let Some(name) = name {
        party["display"] = name.into();
    }
    party
}

/// A `Period` of whole days; open where an end is not given. None where both are open.
pub(super) fn period(start: Option<Day>, end: Option<Day>) -> Option<Value> {
    let mut period = Map::new();
    for (name, day) in [("start", start), ("end", end)] {
        if let Some(day) = day {
            period.insert(name.to_owned(), day.to_string().into());
        }
    }
    (!period.is_empty()).then(|| period.into())
}

/// A unit: what people read, and its UCUM code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit<'a> {
    pub(super) name: &'a str,
    pub(super) code: &'a str,
}

/// A bound as a choice of `Quantity` or `Range`: the type's name, and its JSON.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measure {
    pub(super) kind: &'static str,
    pub(super) value: Value,
}

/// A bound on amounts in a unit. None where a number has more digits than JSON readers keep.
pub(super) fn measure(is: &Bound<Amount>, unit: Unit<'_>) -> Option<Measure> {
    let single = |comparator: Option<&str>, amount: &Amount| {
        let mut value = quantity(amount, unit)?;
        if let Some(comparator) = comparator {
            value["comparator"] = comparator.into();
        }
        let kind = "Quantity";
        Some(Measure { kind, value })
    };
    match is {
        Bound::Between(low, high) => Some(Measure {
            kind: "Range",
            value: json!({ "low": quantity(low, unit)?, "high": quantity(high, unit)? }),
        }),
        Bound::AtLeast(low) => single(Some(">="), low),
        Bound::AtMost(high) => single(Some("<="), high),
        Bound::Above(low) => single(Some(">"), low),
        Bound::Below(high) => single(Some("<"), high),
        Bound::Equal(value) => single(None, value),
    }
}

fn quantity(amount: &Amount, unit: Unit<'_>) -> Option<Value> {
    let mut quantity = json!({ "value": number(amount)? });
    if !unit.code.is_empty() {
        quantity["unit"] = unit.name.into();
        quantity["system"] = UCUM.into();
        quantity["code"] = unit.code.into();
    }
    Some(quantity)
}

/// The `Quantity` of so many days.
pub(super) fn days(count: u16) -> Value {
    json!({ "value": count, "unit": "days", "system": UCUM, "code": "d" })
}

/// The number that JSON readers read as just this amount.
fn number(amount: &Amount) -> Option<Number> {
    let text = amount.decimal().normalize().to_string();
    if let Ok(whole) = text.parse::<i64>() {
        // Beyond 2^53 many readers round.
        return (whole.unsigned_abs() <= 1 << 53).then(|| whole.into());
    }
    let float: f64 = text.parse().ok()?;
    let exact = float.to_string() == text;
    Number::from_f64(float).filter(|_| exact)
}

/// A `Narrative` of lines of text.
pub(super) fn narrative(text: &str) -> Value {
    let mut lines = String::new();
    for line in text.lines() {
        lines += "<p>";
        for character in line.chars() {
            match character {
                '<' => lines += "&lt;",
                '>' => lines += "&gt;",
                '&' => lines += "&amp;",
                '"' => lines += "&quot;",
                // XML has no other control characters.
                '\u{fffe}' | '\u{ffff}' => lines.push(' '),
                other if other.is_control() => lines.push(' '),
                other => lines.push(other),
            }
        }
        lines += "</p>";
    }
    json!({
        "status": "generated",
        "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{lines}</div>"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PERCENT: Unit<'_> = Unit {
        name: "%",
        code: "%",
    };

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_exact_or_left_to_the_text() {
        for (text, json) in [
            ("7.0", "7"),
            ("7.25", "7.25"),
            ("-0.1", "-0.1"),
            ("9007199254740992", "9007199254740992"),
        ] {
            assert_eq!(number(&amount(text)).unwrap().to_string(), json);
        }
        for text in ["9007199254740993", "0.123456789012345678"] {
            assert_eq!(number(&amount(text)), None, "{text}");
        }
    }

    #[test]
    fn bounds_keep_what_they_include() {
        let at_least = measure(&Bound::AtLeast(amount("7")), PERCENT).unwrap();
        assert_eq!(at_least.value["comparator"], ">=");
        assert_eq!(at_least.value["code"], "%");
        let below = measure(&Bound::Below(amount("7")), PERCENT).unwrap();
        assert_eq!(
            (below.kind, &below.value["comparator"]),
            ("Quantity", &"<".into())
        );
        let equal = measure(&Bound::Equal(amount("7")), PERCENT).unwrap();
        assert!(equal.value.get("comparator").is_none());
        let between = measure(&Bound::Between(amount("7"), amount("10")), PERCENT).unwrap();
        assert_eq!(
            (between.kind, &between.value["high"]["value"]),
            ("Range", &10.into())
        );
    }

    #[test]
    fn beginnings_that_are_no_category_are_said_in_words() {
        let codes: Vec<CodeRef> = ["icd10cm:E11*", "icd10cm:O0*", "snomed:73211009"]
            .map(|code| code.parse().unwrap())
            .to_vec();
        let concept = concept_set(codes.iter(), "It");
        let coded: Vec<_> = concept["coding"].as_array().unwrap().iter().collect();
        assert_eq!(coded.len(), 2);
        assert_eq!(coded[0]["code"], "E11");
        assert_eq!(
            concept["text"],
            "It (also every code that begins with E11, O0)"
        );
    }

    #[test]
    fn narratives_are_well_formed_whatever_the_text() {
        let div = narrative("a < b & \"c\"\u{1}\nd")["div"].clone();
        assert_eq!(
            div,
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a &lt; b &amp; &quot;c&quot; </p><p>d</p></div>"
        );
    }
}
