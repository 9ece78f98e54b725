//! A bounded table of slots, each with a generation, so that a stale key never reaches the next tenant.

/// Names a tenant of a slot: never the same for two tenants of one table, until a slot's generation wraps after
/// 2³² tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl Key {
    /// The key as one number, as a poll's token carries it.
    pub(crate) fn to_bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Key { index: bits as u32, generation: (bits >> 32) as u32 }
    }
}

/// The slots of one worker. All room is reserved at the start, and memory becomes resident as it is first used: the
/// slot that was freed last is taken first.
pub(crate) struct Slots<T> {
    slots: Vec<Slot<T>>,
    capacity: usize,
    /// The first of the free slots, which are a list through `Slot::next`; or [`NONE`].
    free: u32,
    used: usize,
}

/// No slot: there are fewer.
const NONE: u32 = u32::MAX;

struct Slot<T> {
    generation: u32,
    /// The next free slot, if this one is free; or [`NONE`].
    next: u32,
    tenant: Option<T>,
}

impl<T> Slots<T> {
    /// `capacity` slots, or an error if so much memory can't be had.
    pub(crate) fn new(capacity: usize) -> Result<Self, std::collections::TryReserveError> {
        let mut slots = Vec::new();
        slots.try_reserve_exact(capacity)?;
        Ok(Slots { slots, capacity, free: NONE, used: 0 })
    }

    /// What so many slots take.
    pub(crate) fn bytes(capacity: usize) -> usize {
        capacity * size_of::<Slot<T>>()
    }

    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// All slots that were ever taken are below this one.
    pub(crate) fn high_water(&self) -> u32 {
        self.slots.len() as u32
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.used == 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.used == self.capacity
    }

    /// Gives a slot to the tenant that `make` makes for its key; `None` if all are taken.
    pub(crate) fn insert_with(&mut self, make: impl FnOnce(Key) -> T) -> Option<Key> {
        let index = match self.free {
            NONE if self.is_full() => return None,
            NONE => {
                self.slots.push(Slot { generation: 0, next: NONE, tenant: None });
                (self.slots.len() - 1) as u32
            }
            index => index,
        };
        let slot = &mut self.slots[index as usize];
        let key = Key { index, generation: slot.generation };
        slot.tenant = Some(make(key));
        self.free = std::mem::replace(&mut slot.next, NONE);
        self.used += 1;
        Some(key)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation == key.generation { slot.tenant.as_mut() } else { None }
    }

    /// The key of the tenant at `index`, if there is one.
    pub(crate) fn key_at(&self, index: u32) -> Option<Key> {
        let slot = self.slots.get(index as usize)?;
        slot.tenant.as_ref()?;
        Some(Key { index, generation: slot.generation })
    }

    /// Frees the slot of `key`; from now on `key` is stale.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        let tenant = slot.tenant.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        slot.next = std::mem::replace(&mut self.free, key.index);
        self.used -= 1;
        Some(tenant)
    }

    /// Taken, free and never used slots are together all there are.
    ///
    /// # Errors
    /// If they are not.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn audit(&self) -> Result<(), String> {
        let some = |index| (index != NONE).then_some(index);
        let next = |index: &u32| some(self.slots[*index as usize].next);
        let free = std::iter::successors(some(self.free), next).take(self.capacity + 1).count();
        let taken = self.slots.iter().filter(|slot| slot.tenant.is_some()).count();
        let fresh = self.capacity - self.slots.len();
        if taken == self.used && taken + free + fresh == self.capacity {
            return Ok(());
        }
        let (used, capacity) = (self.used, self.capacity);
        Err(format!("{taken} slots taken ({used} counted), {free} free, {fresh} fresh: not {capacity}"))
    }

    /// The keys of all tenants.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::with_capacity(self.used);
        keys.extend((0..self.high_water()).filter_map(|index| self.key_at(index)));
        keys
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_table_refuses_and_recovers() {
        let mut slots = Slots::new(2).unwrap();
        let first = slots.insert_with(|_| 'a').unwrap();
        slots.insert_with(|_| 'b').unwrap();
        assert_eq!(slots.insert_with(|_| 'c'), None);
        assert_eq!(slots.remove(first), Some('a'));
        assert!(slots.insert_with(|_| 'd').is_some());
        assert_eq!(slots.len(), 2);
    }

    #[test]
    fn a_stale_key_reaches_nobody() {
        let mut slots = Slots::new(1).unwrap();
        let stale = slots.insert_with(|_| 'a').unwrap();
        slots.remove(stale);
        let fresh = slots.insert_with(|_| 'b').unwrap();
        assert_eq!(fresh.index, stale.index);
        assert_eq!(slots.get_mut(stale), None);
        assert_eq!(slots.remove(stale), None);
        assert_eq!(slots.get_mut(fresh), Some(&mut 'b'));
    }

    #[test]
    fn a_key_survives_the_way_through_a_token() {
        let key = Key { index: u32::MAX - 1, generation: 7 };
        assert_eq!(Key::from_bits(key.to_bits()), key);
    }

    proptest! {
        #[test]
        fn behaves_as_a_map_of_keys(capacity in 0usize..8, steps in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 0..200)) {
            let mut slots = Slots::new(capacity).unwrap();
            let mut model: HashMap<Key, usize> = HashMap::new();
            let mut issued: Vec<Key> = Vec::new();
            for (number, (insert, pick)) in steps.into_iter().enumerate() {
                if insert || issued.is_empty() {
                    match slots.insert_with(|_| number) {
                        Some(key) => {
                            prop_assert!(!issued.contains(&key), "a key was issued twice");
                            issued.push(key);
                            model.insert(key, number);
                        }
                        None => prop_assert_eq!(model.len(), capacity),
                    }
                } else {
                    let key = issued[pick.index(issued.len())];
                    prop_assert_eq!(slots.remove(key), model.remove(&key));
                }
                prop_assert_eq!(slots.len(), model.len());
                for key in &issued {
                    prop_assert_eq!(slots.get_mut(*key).copied(), model.get(key).copied());
                }
                prop_assert_eq!(slots.keys().len(), model.len());
            }
        }
    }
}
