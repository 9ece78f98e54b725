//! Real faults over real sockets: whatever some do, or the machine lacks, the others see every byte that they should.
//!
//! The server of each test is a process of its own, so that its descriptors and its memory are counted alone. Beside the
//! fault there are always innocents, who compare all that they get. The same at full size, with figures: `mario-bench faults`.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod book;
mod floods;
mod full_disk;
mod handlers;
mod innocents;
mod process;
mod served;
mod slow_peers;
mod stopping;
