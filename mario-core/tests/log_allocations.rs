//! From its second line on, a thread allocates nothing to log, nor does the log thread: counted, alone in its process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use mario::log::{self, Config};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: each call is passed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, SeqCst);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System`, as all are passed on to it.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, SeqCst);
        // SAFETY: the pointer came from `System`, and the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_line_allocates_nothing() {
    log::init(Config::new().writer(std::io::sink()).line_limit(1_000).queue_size(1 << 20)).unwrap();
    let log = |lines: u32| {
        for line in 0..lines {
            log::info!("line {line} of {lines}, {:?}, {:>300}", "quoted\n", "wide");
            log::warn!("{:>2000}", "too long");
        }
        assert!(log::flush());
    };
    // What is kept for its memory grows up to what one batch needs.
    log(1_000);
    let before = ALLOCATIONS.load(SeqCst);
    (0..100).for_each(|_| log(10));
    assert_eq!(ALLOCATIONS.load(SeqCst) - before, 0);
    assert_eq!(log::dropped(), 0);
}
