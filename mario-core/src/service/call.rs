//! What other threads want done on the worker of a connection, with all that a handler has.

use crate::service::conn::Conn;
use crate::service::dispatch::Handled;

/// A call for a connection of the service `S`: what travels in a [`Call`](crate::mail::call::Call).
pub(crate) type CallFor<S> = Box<dyn FnOnce(&mut Conn<'_, S>) -> Handled + Send>;
