//! A call on its way to a connection's worker, of whatever type: mail does not know of services.

use std::any::Any;
use std::fmt;

use crate::panics::caught;

/// A call for a connection.
pub(crate) struct Call(Option<Box<dyn Any + Send>>);

impl Call {
    pub(crate) fn new<C: Any + Send>(call: C) -> Self {
        Call(Some(Box::new(call)))
    }

    /// The call itself, if it is one of this type.
    pub(crate) fn into<C: Any>(mut self) -> Option<C> {
        self.0.take()?.downcast().ok().map(|call| *call)
    }
}

impl Drop for Call {
    /// What a call that is never made has taken along is the user's, whose fault is not to cost the worker.
    fn drop(&mut self) {
        if let Some(call) = self.0.take()
            && let Err(panic) = caught(|| drop(call))
        {
            log::error!("the drop of a call that was not made panicked: {panic}");
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Call")
    }
}
