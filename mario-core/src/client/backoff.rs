//! How long to wait before connecting again.

use std::iter;
use std::time::Duration;

/// How a client [connects again](crate::client::Builder::reconnect): after a wait that doubles with each attempt that
/// fails.
///
/// Each wait is shortened by up to a half at random, so that clients which a server has lost all at once do not all come
/// back at once.
///
/// ```
/// use std::time::Duration;
///
/// use mario::client::Backoff;
///
/// let patient = Backoff { most: Duration::from_secs(300), ..Backoff::default() };
/// # assert_eq!(patient.first, Duration::from_millis(100));
/// # assert_eq!(patient.attempts, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait before the first attempt: 1 ms to 12 days, by default 100 ms.
    pub first: Duration,
    /// The longest wait: 1 ms to 12 days, by default 30 s.
    pub most: Duration,
    /// How many attempts may fail one after the other before the client gives up; by default it never does.
    pub attempts: Option<u32>,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { first: Duration::from_millis(100), most: Duration::from_secs(30), attempts: None }
    }
}

impl Backoff {
    /// The waits before one attempt and the next.
    pub(super) fn waits(self) -> impl Iterator<Item = Duration> {
        let doubled = move |wait: &Duration| Some(wait.saturating_mul(2).min(self.most));
        let waits = iter::successors(Some(self.first.min(self.most)), doubled);
        let attempts = self.attempts.map_or(usize::MAX, |attempts| attempts as usize);
        waits.take(attempts).map(|wait| wait.mul_f64(0.5 + fastrand::f64() / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_shortened_by_half_at_most() {
        let backoff =
            Backoff { first: Duration::from_secs(1), most: Duration::from_secs(5), attempts: Some(5) };
        for _ in 0..100 {
            let waits: Vec<Duration> = backoff.waits().collect();
            let whole = [1, 2, 4, 5, 5].map(Duration::from_secs);
            assert_eq!(waits.len(), whole.len());
            for (wait, whole) in waits.into_iter().zip(whole) {
                assert!((whole / 2..=whole).contains(&wait), "{wait:?} of {whole:?}");
            }
        }
    }

    #[test]
    fn waits_differ_from_client_to_client() {
        let [one, other] = [Backoff::default(); 2].map(|backoff| backoff.waits().take(8).collect::<Vec<_>>());
        assert_ne!(one, other);
    }

    #[test]
    fn without_a_limit_there_is_always_one_more() {
        assert_eq!(Backoff::default().waits().take(1000).count(), 1000);
    }
}
