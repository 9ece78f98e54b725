//! Threads that ask who is online, of mario and of plain maps of the same users.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use mario::{ConnId, Connections, Name, Reply};

use crate::orders::{LookedUp, Lookup};

/// So many lookups are made between two looks at the clock.
const AT_ONCE: usize = 1024;

type Map = HashMap<Name, ConnId>;

/// Looks up for so long, on threads of its own, and answers then.
pub(super) fn start(
    connections: Connections,
    lookup: Lookup,
    threads: usize,
    duration: Duration,
    reply: Reply<LookedUp>,
) {
    thread::spawn(move || {
        let users = connections.users();
        let ids = users.iter().filter_map(|user| Some((*user, *connections.of_user(*user).first()?)));
        let map: Map = ids.collect();
        let locked = RwLock::new(map.clone());
        let read = || locked.read().unwrap_or_else(PoisonError::into_inner);
        let looked_up = together(threads, &users, |users| match lookup {
            Lookup::Map => again_and_again(users, duration, |user| map.contains_key(&user)),
            Lookup::LockedMap => again_and_again(users, duration, |user| read().contains_key(&user)),
            Lookup::IsOnline => again_and_again(users, duration, |user| connections.is_online(user)),
            Lookup::Online => again_and_again(users, duration, |_| connections.online()),
        });
        // Who has left does not want to know.
        let _ = reply.send(looked_up);
    });
}

/// What so many threads look up, each beginning with another user.
fn together(threads: usize, users: &[Name], look_up: impl Fn(&[Name]) -> LookedUp + Sync) -> LookedUp {
    let mut sum = LookedUp { lookups: 0, nanos: 0 };
    thread::scope(|scope| {
        let start = |thread: usize| {
            let mut turns = users.to_vec();
            turns.rotate_left(thread * users.len() / threads);
            let look_up = &look_up;
            scope.spawn(move || look_up(&turns))
        };
        let threads: Vec<_> = (0..threads).map(start).collect();
        for thread in threads {
            if let Ok(LookedUp { lookups, nanos }) = thread.join() {
                sum.lookups += lookups;
                sum.nanos += nanos;
            }
        }
    });
    sum.nanos /= threads.max(1) as u64;
    sum
}

fn again_and_again<T>(users: &[Name], duration: Duration, look_up: impl Fn(Name) -> T) -> LookedUp {
    let mut turns = users.iter().copied().cycle();
    let (began, mut lookups) = (Instant::now(), 0);
    while began.elapsed() < duration {
        for user in turns.by_ref().take(AT_ONCE) {
            black_box(look_up(black_box(user)));
            lookups += 1;
        }
    }
    LookedUp { lookups, nanos: began.elapsed().as_nanos() as u64 }
}
