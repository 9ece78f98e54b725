//! A bounded queue of what is due when, from which anything can be taken before its time.

use std::collections::TryReserveError;

/// Items by the time at which they are due; those of one time in the order in which they were added.
///
/// A binary heap of places in a table, each of which knows where in the heap it is. All room is reserved at the start.
pub(super) struct Agenda<T> {
    table: Vec<Entry<T>>,
    heap: Vec<u32>,
    /// The first of the free places of the table, which are a list through `Entry::heap`.
    free: Option<u32>,
    capacity: usize,
    added: u64,
}

struct Entry<T> {
    at: u64,
    order: u64,
    generation: u32,
    /// Where in the heap it is; the next free place of the table, if this one is.
    heap: u32,
    item: Option<T>,
}

/// Names an item: never the same for two, until a place's generation wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) place: u32,
    generation: u32,
}

impl<T> Agenda<T> {
    /// Room for so many items, or an error if so much memory can't be had.
    pub(super) fn new(capacity: usize) -> Result<Self, TryReserveError> {
        let (mut table, mut heap) = (Vec::new(), Vec::new());
        table.try_reserve_exact(capacity)?;
        heap.try_reserve_exact(capacity)?;
        Ok(Agenda { table, heap, free: None, capacity, added: 0 })
    }

    /// What room for so many items takes.
    pub(super) fn bytes(capacity: usize) -> usize {
        capacity * (size_of::<Entry<T>>() + size_of::<u32>())
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Adds an item; gives it back if there is no room.
    pub(super) fn add(&mut self, at: u64, item: T) -> Result<Ticket, T> {
        let (order, heap) = (self.added, self.heap.len());
        let place = match self.free {
            Some(place) => {
                let entry = &mut self.table[place as usize];
                self.free = (entry.heap != u32::MAX).then_some(entry.heap);
                *entry =
                    Entry { at, order, generation: entry.generation, heap: heap as u32, item: Some(item) };
                place
            }
            None if self.table.len() < self.capacity => {
                self.table.push(Entry { at, order, generation: 0, heap: heap as u32, item: Some(item) });
                (self.table.len() - 1) as u32
            }
            None => return Err(item),
        };
        self.added += 1;
        self.heap.push(place);
        self.rise(heap);
        Ok(Ticket { place, generation: self.table[place as usize].generation })
    }

    /// The item, if it has not been taken.
    pub(super) fn get(&self, ticket: Ticket) -> Option<&T> {
        let entry = self.table.get(ticket.place as usize)?;
        entry.item.as_ref().filter(|_| entry.generation == ticket.generation)
    }

    /// The item at a place that is known to have one.
    pub(super) fn at_mut(&mut self, place: u32) -> Option<&mut T> {
        self.table.get_mut(place as usize)?.item.as_mut()
    }

    /// Takes the item at a place.
    pub(super) fn take(&mut self, place: u32) -> Option<T> {
        let entry = self.table.get_mut(place as usize)?;
        let item = entry.item.take()?;
        let heap = entry.heap as usize;
        entry.generation = entry.generation.wrapping_add(1);
        entry.heap = self.free.replace(place).unwrap_or(u32::MAX);
        self.heap.swap_remove(heap);
        if heap < self.heap.len() {
            self.table[self.heap[heap] as usize].heap = heap as u32;
            self.rise(heap);
            self.sink(heap);
        }
        Some(item)
    }

    /// Makes the item at a place due at another time, as if it had been added now.
    pub(super) fn postpone(&mut self, place: u32, at: u64) {
        let entry = &mut self.table[place as usize];
        let heap = entry.heap as usize;
        (entry.at, entry.order) = (at, self.added);
        self.added += 1;
        self.rise(heap);
        self.sink(heap);
    }

    /// The place of the item that is due next, and when.
    pub(super) fn next(&self) -> Option<(u64, u32)> {
        self.heap.first().map(|place| (self.table[*place as usize].at, *place))
    }

    fn key(&self, heap: usize) -> (u64, u64) {
        let entry = &self.table[self.heap[heap] as usize];
        (entry.at, entry.order)
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.heap.swap(one, other);
        for heap in [one, other] {
            self.table[self.heap[heap] as usize].heap = heap as u32;
        }
    }

    /// Lets what is at `heap` rise for as long as it is due before what is above it.
    fn rise(&mut self, mut heap: usize) {
        while heap > 0 {
            let above = (heap - 1) / 2;
            if self.key(above) <= self.key(heap) {
                return;
            }
            self.swap(above, heap);
            heap = above;
        }
    }

    /// Lets what is at `heap` sink for as long as something below it is due before it.
    fn sink(&mut self, mut heap: usize) {
        loop {
            let below = [2 * heap + 1, 2 * heap + 2].into_iter().filter(|below| *below < self.heap.len());
            let Some(least) = below.min_by_key(|below| self.key(*below)) else { return };
            if self.key(heap) <= self.key(least) {
                return;
            }
            self.swap(heap, least);
            heap = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Add(u64),
        Take(prop::sample::Index),
        Postpone(prop::sample::Index, u64),
        Pop,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0..20u64).prop_map(Step::Add),
            1 => any::<prop::sample::Index>().prop_map(Step::Take),
            1 => (any::<prop::sample::Index>(), 0..20u64).prop_map(|(index, at)| Step::Postpone(index, at)),
            2 => Just(Step::Pop),
        ]
    }

    proptest! {
        #[test]
        fn behaves_as_a_sorted_list(capacity in 0..12usize, steps in prop::collection::vec(step(), 0..200)) {
            let mut agenda = Agenda::new(capacity).unwrap();
            let (mut model, mut gone): (Vec<(u64, usize, Ticket)>, Vec<Ticket>) = (Vec::new(), Vec::new());
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Add(at) => match agenda.add(at, number) {
                        Ok(ticket) => model.push((at, number, ticket)),
                        Err(item) => prop_assert_eq!((item, model.len()), (number, capacity)),
                    },
                    Step::Take(index) if !model.is_empty() => {
                        let (_, item, ticket) = model.remove(index.index(model.len()));
                        prop_assert_eq!(agenda.get(ticket), Some(&item));
                        prop_assert_eq!(agenda.take(ticket.place), Some(item));
                        gone.push(ticket);
                    }
                    Step::Postpone(index, at) if !model.is_empty() => {
                        let (_, item, ticket) = model.remove(index.index(model.len()));
                        agenda.postpone(ticket.place, at);
                        model.push((at, item, ticket));
                    }
                    Step::Take(_) | Step::Postpone(..) | Step::Pop => {
                        // Of those that are due first, the first: the model is in the order of adding.
                        let first = model.iter().copied().min_by_key(|(at, ..)| *at);
                        prop_assert_eq!(agenda.next(), first.map(|(at, _, ticket)| (at, ticket.place)));
                        if let Some((_, item, ticket)) = first {
                            prop_assert_eq!(agenda.take(ticket.place), Some(item));
                            model.retain(|(_, other, _)| *other != item);
                            gone.push(ticket);
                        }
                    }
                }
                for ticket in &gone {
                    prop_assert_eq!(agenda.get(*ticket), None, "a ticket that was used is worth nothing");
                }
            }
        }
    }
}
