//! Every order in which threads can post while the worker takes, opens and closes connections, and ends. The queue itself
//! is not loom's: what is tried is what stands around it.

use loom::sync::Arc;
use loom::thread;
use mario_proto::Overflow;

use super::*;
use crate::mail::mailbox::Mailbox;

const KEY: Key = Key { index: 0, generation: 0 };
const NEXT: Key = Key { index: 0, generation: 1 };
const ASKED: Asked = Asked { command: 1, correlation: None };

#[test]
fn loom_each_letter_is_taken_or_counted() {
    const PRODUCERS: u64 = 2;
    loom::model(|| {
        let mailbox = Arc::new(Mailbox::new(thread::current(), Room { slots: 1, letters: 2, answers: 0 }));
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|_| {
                let mailbox = Arc::clone(&mailbox);
                let message = Message::new(1, Overflow::Close, Box::new([]));
                thread::spawn(move || assert_eq!(mailbox.post(Letter::Push(KEY, message)), Ok(())))
            })
            .collect();
        let taken = u64::from(mailbox.mail.next().is_some());
        mailbox.mail.end();
        producers.into_iter().for_each(|producer| producer.join().unwrap());
        assert_eq!(taken + mailbox.mail.lost(), PRODUCERS);
    });
}

#[test]
fn loom_what_is_not_refused_has_its_place() {
    loom::model(|| {
        let mail = Arc::new(Mail::new(Room { slots: 1, letters: 1, answers: 1 }));
        let producers: Vec<_> = (0..2)
            .map(|_| {
                let mail = Arc::clone(&mail);
                thread::spawn(move || usize::from(mail.post(Letter::Close(KEY)).is_ok()))
            })
            .collect();
        let early = usize::from(mail.next().is_some());
        mail.post_reserved(Letter::Answer(Answered { key: KEY, request: ASKED, answer: Answer::None }));
        let posted: usize = producers.into_iter().map(|producer| producer.join().unwrap()).sum();
        let late = std::iter::from_fn(|| mail.next()).count();
        assert_eq!((early + late, mail.len()), (posted + 1, 0));
        assert_eq!(mail.refused() as usize, 2 - posted);
    });
}

#[test]
fn loom_who_has_gone_is_not_open_again() {
    loom::model(|| {
        let mail = Arc::new(Mail::new(Room { slots: 1, letters: 1, answers: 0 }));
        mail.opened(KEY);
        let worker = {
            let mail = Arc::clone(&mail);
            thread::spawn(move || {
                mail.closed(KEY.index);
                mail.opened(NEXT);
            })
        };
        let looks = [KEY, KEY, NEXT, KEY].map(|key| mail.is_open(key));
        let [first, second, next, last] = looks;
        assert!(first >= second && second >= last && !(next && last), "{looks:?}");
        worker.join().unwrap();
        assert_eq!((mail.is_open(KEY), mail.is_open(NEXT)), (false, true));
    });
}
