//! Query texts and profiles made of others, and of words, by chance: dressed otherwise, damaged, or
//! put together anyhow.

/// Numbers that look like chance (SplitMix64) and follow from a seed.
pub(crate) struct Chance(u64);

/// Words of the language, names, numbers and noise.
const WORDS: &[&str] = &[
    "cohort",
    "\"title\"",
    "\"",
    "\\",
    "using",
    "sample",
    "at",
    "2020-01-01",
    "2020-02-30",
    "1879-12-31",
    "2059-06-07",
    "2020-1-1",
    "include",
    "exclude",
    "all",
    "any",
    "at least",
    "at most",
    "2",
    "of",
    "\n",
    "\n ",
    "\r\n",
    "\r",
    "age",
    "sex",
    "smoking.latest",
    "hba1c.latest",
    "hba1c.minimum",
    "mi.first",
    "diabetes.first",
    "diabetes.any",
    "fasting",
    "visits",
    "parity.latest",
    "sbp.latest",
    "dbp.latest",
    "weight.latest",
    "weight.maximum",
    "tscore.minimum",
    "between",
    "and",
    "7.0",
    "-3",
    "-0",
    "0",
    "0.50",
    "35",
    "100",
    "%",
    "kg",
    "g",
    "mm[Hg]",
    "mmol/mol",
    "years",
    "Year",
    "MONTHS",
    "weeks",
    "days",
    "before index",
    "before",
    "after",
    "above",
    "below",
    "within",
    "more than",
    "less than",
    "equal to",
    "exactly",
    "is",
    "is not",
    "not",
    "in",
    "not in",
    "(",
    ")",
    ",",
    "female",
    "male",
    "never",
    "former",
    "light",
    "yes",
    "no",
    "none",
    "more",
    "recorded",
    "none recorded",
    "not recorded",
    "on",
    "on or before",
    "on or after",
    "index",
    ">=",
    "<=",
    "<",
    ">",
    "=",
    "≥",
    "≤",
    "#",
    "99999999999999999999",
    "0.000000000000000001",
    "4294967295",
    "4294967296",
    "µmol/L",
    "🦀",
    "\u{0}",
    "\t",
    "\u{a0}",
    "\u{2003}",
    "\u{2028}",
    "\u{202e}",
    "\u{feff}",
    "\u{85}",
    "1e5",
    "7,5",
    "7.",
    ".5",
    "--3",
    "+3",
    "٣",
    "K",
    "\u{212a}",
    "ſex",
    "Sex",
    "ａge",
    "__proto__",
    "constructor",
    "tostring",
];

/// What a criterion may consist of, in order; each part is left out now and then.
const FIELDS: &[&str] = &[
    "age",
    "birth",
    "sex",
    "smoking.latest",
    "hba1c.latest",
    "hba1c.minimum",
    "sbp.latest",
    "dbp.latest",
    "weight.latest",
    "weight.maximum",
    "temperature.latest",
    "tscore.minimum",
    "diabetes.first",
    "diabetes.any",
    "mi.first",
    "mi.latest",
    "visits",
    "parity.latest",
    "fasting",
    "index",
    "Age",
    "nothing",
];
const OPENINGS: &[&str] = &[
    "at least",
    "at most",
    "above",
    "below",
    "equal to",
    "more than",
    "less than",
    "exactly",
    ">=",
    "<=",
    "≥",
    "≤",
    ">",
    "<",
    "=",
    "within",
    "between",
    "before",
    "after",
    "on",
    "on or before",
    "on or after",
    "is",
    "is not",
    "in (",
    "not in (",
    "recorded",
];
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "0.0",
    "1",
    "2",
    "3.0",
    "7.05",
    "18",
    "30",
    "53",
    "100.5",
    "-1",
    "65535",
    "70000",
    "4294967296",
    "2020-01-01",
    "1950-02-29",
    "1880-01-02",
    "2059-06-06",
    "never",
    "yes",
    "no",
];
const UNITS: &[&str] = &[
    "%", "mmol/mol", "mm[Hg]", "kg", "g", "[lb_av]", "Cel", "[degF]", "days", "day", "Weeks",
    "months", "YEARS", "years,", "%#", "µ", "and",
];
const TAILS: &[&str] = &[
    "before index",
    "before",
    "after",
    "above",
    "below",
    "of",
    "and 9",
    ")",
];

/// Amounts at the ends of what an amount can be.
const AMOUNTS: &[&str] = &[
    "0",
    "1",
    "0.5",
    "-1",
    "99999999999999999999",
    "-9999999999999999999",
    "9999999999.999999999",
    "0.000000000000000001",
    "-0.00000000000000001",
    "1.000000000000000001",
    "1000000000000",
    "65534000000000000",
    "0.3333333333333333",
    "123456789012345678",
    "0.0000655340000000",
];
const EXTREME_FIELDS: &[&str] = &[
    "tiny.latest",
    "tiny.least",
    "huge.latest",
    "third.latest",
    "third.least",
    "plain.latest",
    "count",
];
const EXTREME_UNITS: &[&str] = &["u", "third", "long", "small", "back", "same", "moved", ""];

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        usize::try_from(z % u64::try_from(bound).unwrap()).unwrap()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// The same query by other words, cases, white space and comments; its title stays.
    pub(crate) fn dress(&mut self, text: &str) -> String {
        let mut lines = text.lines();
        let mut dressed = format!("{}  # a comment\r\n\n# another\n", lines.next().unwrap());
        for line in lines {
            let mut words = Vec::new();
            let mut line = line
                .replace("at least ", ["at least ", ">=", "≥ "][self.below(3)])
                .replace("more than ", ["more than ", "above ", ">"][self.below(3)]);
            // `at least 2 of` heads a group, in words alone.
            if line.contains("clude") {
                line = line.replace(">=", "at least ").replace("≥ ", "at least ");
            }
            for word in line.split_whitespace() {
                words.push(match self.below(3) {
                    0 if KEYWORDS.contains(&word) => word.to_uppercase(),
                    _ => word.to_owned(),
                });
            }
            dressed.push_str(["", "\t", "   "][self.below(3)]);
            dressed.push_str(&words.join([" ", "\t", "  "][self.below(3)]));
            dressed.push_str(["\n", "\r\n", " # no more\n"][self.below(3)]);
        }
        dressed
    }

    /// One to three words or characters changed, left out, doubled or moved.
    pub(crate) fn damage(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..=self.below(3) {
            text = if self.below(2) == 0 {
                self.other_words(&text)
            } else {
                self.other_character(&text)
            };
        }
        text
    }

    fn other_words(&mut self, text: &str) -> String {
        let mut words: Vec<&str> = text.split_inclusive([' ', '\n']).collect();
        if words.is_empty() {
            return String::new();
        }
        let at = self.below(words.len());
        let word = self.one(WORDS);
        match self.below(4) {
            0 => words[at] = word,
            1 => words.insert(at, word),
            2 => {
                words.remove(at);
            }
            _ => {
                let other = self.below(words.len());
                words.swap(at, other);
            }
        }
        words.concat()
    }

    fn other_character(&mut self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        if characters.is_empty() {
            return String::new();
        }
        let at = self.below(characters.len());
        let near = "0129azAZ_.,-#()\"\\% \t\r\n\u{a0}é≥";
        let near: Vec<char> = near.chars().collect();
        let character = near[self.below(near.len())];
        match self.below(3) {
            0 => characters[at] = character,
            1 => characters.insert(at, character),
            _ => {
                characters.remove(at);
            }
        }
        characters.into_iter().collect()
    }

    /// A profile with one to three characters, lines or parts changed.
    pub(crate) fn damage_profile(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..=self.below(3) {
            text = match self.below(3) {
                0 => self.other_character(&text),
                1 => self.other_lines(&text),
                _ => self.other_part(&text),
            };
        }
        text
    }

    fn other_lines(&mut self, text: &str) -> String {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let (at, other) = (self.below(lines.len()), self.below(lines.len()));
        match self.below(3) {
            0 => lines.insert(at, lines[other]),
            1 => {
                lines.remove(at);
            }
            _ => lines.swap(at, other),
        }
        lines.concat()
    }

    /// What stands between two quotation marks, or one of its keys, becomes another.
    fn other_part(&mut self, text: &str) -> String {
        let parts = [
            "0",
            "-1",
            "1.50",
            "date",
            "count",
            "flag",
            "latest",
            "any",
            "value",
            "event",
            "sex",
            "birth",
            "%",
            "",
            "quantity",
            "code",
            "loinc:1-1",
            "observation",
            "condition",
            "é",
        ];
        let mut pieces: Vec<&str> = text.split('"').collect();
        let at = self.below(pieces.len());
        pieces[at] = self.one(&parts);
        pieces.join("\"")
    }

    /// A query of one criterion that is put together from parts, or from any words.
    pub(crate) fn criterion(&mut self) -> String {
        let mut text = "cohort \"\" at 2024-02-29\ninclude all\n".to_owned();
        if self.below(4) == 0 {
            for _ in 0..self.below(9) {
                text += &format!(" {}", self.one(WORDS));
            }
            return text;
        }
        for (parts, often) in [
            (&["no"][..], 1),
            (FIELDS, 15),
            (&["is", "not", "is not"], 2),
            (OPENINGS, 15),
            (NUMBERS, 13),
            (UNITS, 9),
            (TAILS, 8),
            (FIELDS, 7),
            (UNITS, 1),
        ] {
            if self.below(16) < often {
                let space = ["", " ", " ", " ", "\t"][self.below(5)];
                text += &format!("{space}{}", self.one(parts));
            }
        }
        text
    }

    /// A query of one criterion on numbers at the ends of what numbers can be.
    pub(crate) fn number(&mut self) -> String {
        let sense = self.one(&["include all", "exclude any"]);
        let field = self.one(EXTREME_FIELDS);
        let unit = self.one(EXTREME_UNITS);
        let compare = self.one(&[
            "at least", "at most", "above", "below", "equal to", "between",
        ]);
        let amount = self.one(AMOUNTS);
        let second = match compare {
            "between" => format!(" and {} {unit}", self.one(AMOUNTS)),
            _ => String::new(),
        };
        let distance = match self.below(2) {
            0 => format!(
                " {} {}",
                self.one(&["above", "below", "of"]),
                self.one(EXTREME_FIELDS)
            ),
            _ => String::new(),
        };
        format!(
            "cohort \"\" at 2024-02-29\n{sense}\n {field} {compare} {amount} {unit}{second}{distance}"
        )
    }
}

/// Words that can be written in any case wherever they stand: none of them can be a value.
const KEYWORDS: &[&str] = &[
    "include", "exclude", "all", "any", "at", "least", "of", "is", "recorded", "between", "and",
    "most", "above", "below", "within", "before", "after", "index", "years", "months", "weeks",
    "days", "on", "or", "equal", "to", "exactly", "than", "not", "in",
];
