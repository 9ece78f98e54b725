//! Bounded lists, one for each slot of a worker: for the few connections that have something in them.

use std::collections::TryReserveError;

/// Lists of the slots of one worker. All room is reserved at the start, and memory becomes resident as it is first used.
pub(crate) struct Lists<T> {
    entries: Vec<Entry<T>>,
    capacity: usize,
    /// The number of the first free entry; 0 if there is none. An entry's number is its place, plus 1.
    free: u32,
    /// The number of the first entry of each slot. As long as the highest slot that ever had one.
    first: Vec<u32>,
}

struct Entry<T> {
    item: Option<T>,
    /// The number of the next entry of the same slot, or of the next free one.
    next: u32,
}

impl<T> Lists<T> {
    /// Lists for so many slots, of so many items together; an error if so much memory can't be had.
    pub(crate) fn new(items: usize, slots: usize) -> Result<Self, TryReserveError> {
        let (mut entries, mut first) = (Vec::new(), Vec::new());
        entries.try_reserve_exact(items)?;
        first.try_reserve_exact(if items == 0 { 0 } else { slots })?;
        Ok(Lists { entries, capacity: items, free: 0, first })
    }

    /// What room for so many items of so many slots takes.
    pub(crate) fn bytes(items: usize, slots: usize) -> usize {
        items * size_of::<Entry<T>>() + if items == 0 { 0 } else { slots * size_of::<u32>() }
    }

    /// Puts an item behind those of its slot; gives it back if there is no room.
    pub(crate) fn push(&mut self, slot: u32, item: T) -> Result<(), T> {
        let number = match self.free {
            0 if self.entries.len() < self.capacity => {
                self.entries.push(Entry { item: Some(item), next: 0 });
                self.entries.len() as u32
            }
            0 => return Err(item),
            number => {
                let entry = &mut self.entries[number as usize - 1];
                self.free = std::mem::take(&mut entry.next);
                entry.item = Some(item);
                number
            }
        };
        if slot as usize >= self.first.len() {
            self.first.resize(slot as usize + 1, 0);
        }
        let mut last = None;
        let mut next = self.first[slot as usize];
        while next != 0 {
            last = Some(next as usize - 1);
            next = self.entries[next as usize - 1].next;
        }
        match last {
            Some(last) => self.entries[last].next = number,
            None => self.first[slot as usize] = number,
        }
        Ok(())
    }

    /// The first item of a slot that is as wanted.
    pub(crate) fn find(&mut self, slot: u32, mut is_wanted: impl FnMut(&T) -> bool) -> Option<&mut T> {
        let mut number = self.first.get(slot as usize).copied().unwrap_or_default();
        while number != 0 {
            let place = number as usize - 1;
            if self.entries[place].item.as_ref().is_some_and(&mut is_wanted) {
                return self.entries[place].item.as_mut();
            }
            number = self.entries[place].next;
        }
        None
    }

    /// Whether a slot has no item.
    #[inline]
    pub(crate) fn is_empty(&self, slot: u32) -> bool {
        matches!(self.first.get(slot as usize), None | Some(0))
    }

    /// Takes the first item of a slot.
    #[inline]
    pub(crate) fn pop(&mut self, slot: u32) -> Option<T> {
        match self.first.get(slot as usize) {
            None | Some(0) => None,
            Some(_) => self.take_first(slot),
        }
    }

    /// Takes the first item of a slot that is as wanted.
    pub(crate) fn take(&mut self, slot: u32, mut is_wanted: impl FnMut(&T) -> bool) -> Option<T> {
        let (mut before, mut number) = (None, self.first.get(slot as usize).copied()?);
        while number != 0 {
            let place = number as usize - 1;
            let next = self.entries[place].next;
            if self.entries[place].item.as_ref().is_some_and(&mut is_wanted) {
                match before {
                    Some(before) => self.entries[before as usize].next = next,
                    None => self.first[slot as usize] = next,
                }
                return self.give_back(number);
            }
            (before, number) = (Some(number - 1), next);
        }
        None
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    fn take_first(&mut self, slot: u32) -> Option<T> {
        let number = self.first[slot as usize];
        self.first[slot as usize] = self.entries[number as usize - 1].next;
        self.give_back(number)
    }

    fn give_back(&mut self, number: u32) -> Option<T> {
        let entry = &mut self.entries[number as usize - 1];
        entry.next = std::mem::replace(&mut self.free, number);
        entry.item.take()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_as_queues(
            capacity in 0..10usize,
            steps in prop::collection::vec((0..4u32, 0..4u8, any::<prop::sample::Index>()), 0..200),
        ) {
            let mut lists = Lists::new(capacity, 4).unwrap();
            let mut model = vec![VecDeque::new(); 4];
            for (number, (slot, step, which)) in steps.into_iter().enumerate() {
                let queue = &mut model[slot as usize];
                if step == 0 {
                    prop_assert_eq!(lists.pop(slot), queue.pop_front());
                } else if step == 1 && !queue.is_empty() {
                    let item = queue.remove(which.index(queue.len()));
                    prop_assert_eq!(lists.take(slot, |other| Some(*other) == item), item);
                } else if lists.push(slot, number).is_ok() {
                    queue.push_back(number);
                } else {
                    prop_assert_eq!(model.iter().map(VecDeque::len).sum::<usize>(), capacity);
                }
                for (slot, queue) in model.iter().enumerate() {
                    for item in queue {
                        prop_assert_eq!(lists.find(slot as u32, |other| other == item), Some(&mut item.clone()));
                    }
                    prop_assert_eq!(lists.find(slot as u32, |other| !queue.contains(other)), None);
                }
            }
        }
    }
}
