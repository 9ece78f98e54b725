//! What a worker keeps for its service, within reach of each handler and hook.

use crate::connections::Connections;
use crate::service::Service;
use crate::timers::Timers;

pub(crate) struct Locals<S: Service> {
    pub(crate) state: S::Worker,
    pub(crate) timers: Timers<S>,
    pub(crate) connections: Connections,
}

impl<S: Service> Locals<S> {
    pub(crate) fn new(timers: Timers<S>, connections: Connections) -> Self {
        Locals { state: S::Worker::default(), timers, connections }
    }
}
