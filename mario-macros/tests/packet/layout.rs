//! An independent reading of where fields stand, to hold the errors of truncated payloads against.

/// A stretch of a payload that one field takes.
pub(crate) enum Part {
    Field {
        path: &'static str,
        len: usize,
    },
    /// A count of so many bytes, checked against the fewest bytes of an item, then items with fields of their own.
    List {
        path: &'static str,
        count: usize,
        item_min: usize,
        items: Vec<Vec<Part>>,
    },
}

pub(crate) fn field(path: &'static str, len: usize) -> Part {
    Part::Field { path, len }
}

/// How many bytes they take.
pub(crate) fn len(parts: &[Part]) -> usize {
    let mut at = 0;
    missing_from(parts, &mut at, usize::MAX);
    at
}

pub(crate) trait Layout {
    fn layout(&self) -> Vec<Part>;
}

/// The field, and where it starts, that is missing bytes when only `available` of them are there.
pub(crate) fn missing(parts: &[Part], available: usize) -> Option<(&'static str, usize)> {
    missing_from(parts, &mut 0, available)
}

fn missing_from(parts: &[Part], at: &mut usize, available: usize) -> Option<(&'static str, usize)> {
    for part in parts {
        let start = *at;
        match part {
            Part::Field { path, len } => {
                *at += len;
                if *at > available {
                    return Some((path, start));
                }
            }
            Part::List { path, count, item_min, items } => {
                *at += count;
                if *at + items.len() * item_min > available {
                    return Some((path, start));
                }
                for item in items {
                    if let Some(found) = missing_from(item, at, available) {
                        return Some(found);
                    }
                }
            }
        }
    }
    None
}
