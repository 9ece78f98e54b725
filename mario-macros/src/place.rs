//! What may be written in an attribute, and what is said of all else.

/// What can have attributes, and which.
pub(crate) struct Place {
    name: &'static str,
    known: &'static [Known],
}

/// An attribute, by an example of its use: `max = 64`, or just `rest`; what is in brackets may be left out.
struct Known(&'static str);

pub(crate) const TYPE: Place = Place {
    name: "types",
    known: &[
        Known("big_endian"),
        Known("check = Self::is_valid"),
        Known("command = 0x0602"),
        Known("crate = mario_proto"),
        Known("extensible"),
        Known("overflow = keep_latest"),
        Known("reply = Hello"),
    ],
};

pub(crate) const VARIANT: Place = Place { name: "variants", known: &[Known("other")] };

pub(crate) const FIELD: Place = Place {
    name: "fields",
    known: &[
        Known("big_endian"),
        Known("bits = u32"),
        Known("c_text = 32"),
        Known("check = is_valid"),
        Known("correlation"),
        Known("default[ = 0]"),
        Known("max = 64"),
        Known("prefix = u8"),
        Known("range = 1..=9"),
        Known("rest"),
        Known("since = 2"),
        Known("via = u32"),
    ],
};

/// Behind the id.
pub(crate) const COMMAND: Place = Place { name: "commands", known: &[Known("guard = logged_in")] };

const PLACES: [&Place; 4] = [&TYPE, &VARIANT, &FIELD, &COMMAND];

impl Place {
    /// What is wrong with an attribute of this name, behind those that were `seen`, before its value is looked at.
    pub(crate) fn mistake(&self, name: &str, has_value: bool, seen: &[String]) -> Option<String> {
        match self.find(name) {
            None => Some(self.unknown(name)),
            Some(_) if seen.iter().any(|other| other == name) => {
                Some(format!("`{name}` is given twice: remove one"))
            }
            Some(known) => known.misused(has_value),
        }
    }

    /// How an attribute that is known here is used.
    pub(crate) fn example(&self, name: &str) -> String {
        self.find(name).map_or_else(String::new, |known| known.0.replace(['[', ']'], ""))
    }

    fn find(&self, name: &str) -> Option<&Known> {
        self.known.iter().find(|known| known.name() == name)
    }

    fn unknown(&self, name: &str) -> String {
        if let Some(elsewhere) = PLACES.iter().find(|place| place.find(name).is_some()) {
            return format!(
                "`{name}` is an attribute of {}, not of {}: move or remove it",
                elsewhere.name, self.name
            );
        }
        let near = |known: &&Known| distance(name, known.name());
        match self.known.iter().min_by_key(near) {
            None => format!("{} have no attributes of `mario`: remove it", self.name),
            Some(nearest) if near(&nearest) <= name.len() / 2 => {
                format!("there is no `{name}`: did you mean `{}`?", nearest.usual())
            }
            Some(_) => {
                let all: Vec<_> = self.known.iter().map(|known| format!("`{}`", known.usual())).collect();
                format!("there is no `{name}`: {} have {}", self.name, all.join(", "))
            }
        }
    }
}

impl Known {
    fn name(&self) -> &str {
        self.0.split([' ', '[']).next().unwrap_or(self.0)
    }

    /// Without what may be left out.
    fn usual(&self) -> &str {
        self.0.split('[').next().unwrap_or(self.0)
    }

    /// What is wrong with this use of it, as far as its example shows.
    fn misused(&self, has_value: bool) -> Option<String> {
        if self.0.contains('[') {
            return None;
        }
        match (self.0.contains('='), has_value) {
            (true, false) => Some(format!("`{}` needs a value: write `{}`", self.name(), self.0)),
            (false, true) => Some(format!("`{}` takes no value: write it alone", self.name())),
            _ => None,
        }
    }
}

/// The edit distance of Levenshtein.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
