//! What other threads want done on the worker of a connection, with all that a handler has.

use std::any::Any;
use std::fmt;

use crate::panics::caught;
use crate::service::Service;
use crate::service::conn::Conn;
use crate::service::dispatch::Handled;

/// A call for a connection of whatever service: mail does not know of services.
pub(crate) struct Call(Option<Box<dyn Any + Send>>);

/// A call for a connection of the service `S`.
pub(crate) type CallFor<S> = Box<dyn FnOnce(&mut Conn<'_, S>) -> Handled + Send>;

impl Call {
    pub(crate) fn new<S: Service>(call: CallFor<S>) -> Self {
        Call(Some(Box::new(call)))
    }

    /// The call itself, if it is one for this service.
    pub(crate) fn of<S: Service>(mut self) -> Option<CallFor<S>> {
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
