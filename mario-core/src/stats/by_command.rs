//! A number for each command, of which few are ever counted.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use super::Counter;
use crate::extent::Extent;

const PAGE: usize = 256;

type Page = Box<[Counter; PAGE]>;

/// Counters with one writer, in pages that are made when something in them is first counted.
pub(crate) struct ByCommand(Box<[OnceLock<Page>; PAGE]>);

impl Default for ByCommand {
    fn default() -> Self {
        ByCommand(Box::new([const { OnceLock::new() }; PAGE]))
    }
}

impl ByCommand {
    /// What it takes beside itself; at most, with all pages.
    pub(crate) fn extent() -> Extent {
        let pages = PAGE * size_of::<OnceLock<Page>>();
        Extent::fixed(pages) + Extent::later(PAGE * size_of::<[Counter; PAGE]>())
    }

    /// Counts one more.
    #[cold]
    pub(crate) fn count(&self, command: u16) {
        let [low, high] = command.to_le_bytes();
        let page =
            self.0[usize::from(high)].get_or_init(|| Box::new([const { Counter(AtomicU64::new(0)) }; PAGE]));
        page[usize::from(low)].add(1);
    }

    /// What is not 0, in the order of the commands.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (u16, u64)> {
        let pages = self.0.iter().zip(0u8..=u8::MAX).filter_map(|(page, high)| Some((page.get()?, high)));
        pages
            .flat_map(|(page, high)| {
                let counts = page.iter().zip(0u8..=u8::MAX);
                counts.map(move |(counter, low)| (u16::from_le_bytes([low, high]), counter.get()))
            })
            .filter(|(_, count)| *count > 0)
    }

    /// Of all commands together.
    pub(crate) fn total(&self) -> u64 {
        self.counts().map(|(_, count)| count).sum()
    }
}

impl fmt::Debug for ByCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.counts()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_is_counted_for_itself() {
        let counters = ByCommand::default();
        assert_eq!((counters.counts().count(), counters.total()), (0, 0));
        for command in [0x0201, 0, 0xfffb, 0x0201, 0x0102] {
            counters.count(command);
        }
        let counts: Vec<_> = counters.counts().collect();
        assert_eq!(counts, [(0, 1), (0x0102, 1), (0x0201, 2), (0xfffb, 1)]);
        assert_eq!(counters.total(), 5);
    }
}
