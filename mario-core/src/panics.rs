//! Panics of what users wrote: caught whole, with what they say.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic said.
pub(crate) struct Panic(Option<String>);

/// Calls what may panic. Whoever goes on after that knows that what `call` changed may be half done.
#[inline]
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(call)).map_err(Panic::new)
}

impl Panic {
    #[cold]
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let text = payload.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            // Its drop may panic too, and so on; a leak ends this.
            std::mem::forget(another);
        }
        Panic(text)
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("(a value that is no text)"))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    #[test]
    fn it_tells_what_was_said() {
        let text = |call: fn()| caught(call).err().map(|panic| panic.to_string());
        assert_eq!(text(|| ()), None);
        assert_eq!(text(|| panic!("plain")).as_deref(), Some("plain"));
        assert_eq!(text(|| panic!("number {}", std::hint::black_box(7))).as_deref(), Some("number 7"));
        assert_eq!(text(|| panic_any(7)).as_deref(), Some("(a value that is no text)"));
    }

    #[test]
    fn a_payload_may_panic_as_it_is_dropped_and_so_may_that_ones() {
        struct Grenade(u32);
        impl Drop for Grenade {
            fn drop(&mut self) {
                if let Some(left) = self.0.checked_sub(1) {
                    panic_any(Grenade(left));
                }
            }
        }
        assert!(caught(|| panic_any(Grenade(3))).is_err());
    }
}
