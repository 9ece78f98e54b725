//! What a client is at: it has a connection, waits for the next one, or is over.

use std::sync::Arc;

use super::error::{Disconnect, Error, Result};

pub(super) enum Phase<C> {
    /// The connection that calls take. It may have ended since: then it tells why.
    Up(Arc<C>),
    /// There will be another one.
    Down(Disconnect),
    /// There will be none any more.
    Over(Disconnect),
}

impl<C> Phase<C> {
    /// Before the first connection.
    pub(super) fn begin() -> Self {
        Phase::Down(Disconnect::ByClient)
    }

    /// The connection, if there is one that is not the one which has `ended`; otherwise why there is none.
    pub(super) fn connection(&self, ended: Option<&(Arc<C>, Disconnect)>) -> Result<Arc<C>, Disconnect> {
        match (self, ended) {
            (Phase::Up(connection), Some((ended, cause))) if Arc::ptr_eq(connection, ended) => {
                Err(cause.clone())
            }
            (Phase::Up(connection), _) => Ok(Arc::clone(connection)),
            (Phase::Down(cause) | Phase::Over(cause), _) => Err(cause.clone()),
        }
    }

    /// The connection of the moment, if there is one.
    pub(super) fn up(&self) -> Option<Arc<C>> {
        match self {
            Phase::Up(connection) => Some(Arc::clone(connection)),
            _ => None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self, Phase::Over(_))
    }

    /// Lets calls take a connection, unless the client is over.
    pub(super) fn publish(&mut self, connection: &Arc<C>) -> Result<()> {
        if let Phase::Over(cause) = self {
            return Err(Error::NotConnected { cause: cause.clone() });
        }
        *self = Phase::Up(Arc::clone(connection));
        Ok(())
    }

    /// The connection has ended, and is to be replaced, unless the client is over.
    pub(super) fn ended(&mut self, cause: Disconnect) -> bool {
        let is_on = !self.is_over();
        if is_on {
            *self = Phase::Down(cause);
        }
        is_on
    }

    /// An attempt to replace the connection failed.
    pub(super) fn failed(&mut self, error: Error) {
        if let Phase::Down(cause) = self {
            *cause = Disconnect::Unreachable(Arc::new(error));
        }
    }

    /// There is no further attempt: why the last one failed, if the client was still waiting for one.
    pub(super) fn give_up(&self) -> Option<Disconnect> {
        match self {
            Phase::Down(cause) => Some(cause.clone()),
            _ => None,
        }
    }

    /// There will be no connection any more; the phase until now, if that is news.
    pub(super) fn over(&mut self, cause: Disconnect) -> Option<Self> {
        (!self.is_over()).then(|| std::mem::replace(self, Phase::Over(cause)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_has_ended_is_not_taken_again_but_the_next_one_is() {
        let (first, second) = (Arc::new(1), Arc::new(2));
        let mut phase = Phase::begin();
        phase.publish(&first).unwrap();
        assert_eq!(*phase.connection(None).unwrap(), 1);
        let ended = (first, Disconnect::ByServer);
        assert!(matches!(phase.connection(Some(&ended)), Err(Disconnect::ByServer)));
        assert!(phase.ended(Disconnect::ByServer));
        phase.failed(Error::Refused { address: "there".to_owned() });
        assert!(matches!(phase.connection(Some(&ended)), Err(Disconnect::Unreachable(_))));
        phase.publish(&second).unwrap();
        assert_eq!(*phase.connection(Some(&ended)).unwrap(), 2);
    }

    #[test]
    fn over_is_for_good() {
        let connection = Arc::new(1);
        let mut phase = Phase::begin();
        phase.publish(&connection).unwrap();
        assert!(matches!(phase.over(Disconnect::ByClient), Some(Phase::Up(_))));
        assert!(phase.over(Disconnect::ByServer).is_none());
        assert!(!phase.ended(Disconnect::ByServer));
        assert!(phase.give_up().is_none());
        let refused = phase.publish(&connection).unwrap_err();
        assert!(matches!(refused, Error::NotConnected { cause: Disconnect::ByClient }));
        assert!(phase.up().is_none() && phase.is_over());
    }
}
