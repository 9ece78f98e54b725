//! The one shim between the atomics and loom, which replaces them to try every order of their effects.

#[cfg(not(all(test, mario_loom)))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering, fence};

#[cfg(all(test, mario_loom))]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering, fence};

/// A value with cache lines of its own, so that writing its neighbours does not slow those who read it. Processors
/// fetch lines of 64 bytes in pairs.
#[repr(align(128))]
pub(crate) struct CachePadded<T>(pub(crate) T);
