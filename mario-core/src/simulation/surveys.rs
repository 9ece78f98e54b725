//! Questions to all workers, which of their connections are slow: what they may answer.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use super::checks::{GRAIN, produced};
use super::mail::Letter;
use super::sockets::{SimBell, wire_of};
use super::world::{State, World};
use crate::Connections;
use crate::mail::connections::{SlowConnection, Survey};
use crate::mail::mailbox::Mailbox;

/// A question that one worker has not answered yet.
pub(super) struct Question {
    most: usize,
    answers: Receiver<Vec<SlowConnection>>,
    /// What has come, and was not looked at yet.
    answer: Option<Vec<SlowConnection>>,
    /// How many steps the worker has made since.
    steps: usize,
}

impl Question {
    fn hear(&mut self) -> Result<Vec<SlowConnection>, TryRecvError> {
        self.answer.take().map_or_else(|| self.answers.try_recv(), Ok)
    }
}

/// Asks all workers.
pub(super) fn ask(world: &World, connections: &Connections, most: usize) {
    let mut receivers = Vec::new();
    let ((), posted) = world.posting(|| {
        connections.survey(|| {
            let (answer, answers) = channel();
            receivers.push(answers);
            Survey { most, answer }
        });
    });
    let mut state = world.lock();
    state.note(format_args!("all are asked for their {most} slowest: {posted:?} letters"));
    for (worker, (answers, letters)) in receivers.into_iter().zip(posted).enumerate() {
        if letters > 0 {
            state.posts[worker].questions.push(Question { most, answers, answer: None, steps: 0 });
            state.posted(worker, Letter::Survey);
        } else if answers.try_recv() != Err(TryRecvError::Disconnected) {
            state.violated(format!("worker {worker}: it was not asked, and is waited for"));
        }
    }
}

impl State {
    /// A worker has made a step, in which it may have answered.
    pub(super) fn answers(&mut self, worker: usize) {
        let mut questions = std::mem::take(&mut self.posts[worker].questions);
        questions.retain_mut(|question| {
            question.steps += 1;
            match question.hear() {
                Ok(slowest) => {
                    self.note(format_args!("worker {worker}: slow are {slowest:?}"));
                    if let Err(fault) = self.is_right(worker, question, &slowest) {
                        self.violated(format!("worker {worker}: {fault}: {slowest:?}"));
                    }
                    false
                }
                Err(TryRecvError::Empty) => true,
                Err(TryRecvError::Disconnected) => {
                    if self.posts[worker].counters.deaths.get() == 0 {
                        self.violated(format!("worker {worker}: it does not answer which are slow"));
                    }
                    false
                }
            }
        });
        self.posts[worker].questions = questions;
    }

    /// All threads wait: nobody has a question yet that it could answer.
    ///
    /// # Errors
    /// If somebody has.
    pub(super) fn are_asked(&mut self, mailboxes: &[Arc<Mailbox<SimBell>>]) -> Result<(), String> {
        for (worker, (post, mailbox)) in self.posts.iter_mut().zip(mailboxes).enumerate() {
            if mailbox.is_resting() {
                continue;
            }
            for question in &mut post.questions {
                match question.hear() {
                    Ok(slowest) => question.answer = Some(slowest),
                    // That life of it is over.
                    Err(TryRecvError::Disconnected) if post.counters.deaths.get() > 0 => {}
                    Err(_) => {
                        return Err(format!(
                            "worker {worker}: it was asked which are slow, and does not answer"
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn is_right(&self, worker: usize, question: &Question, slowest: &[SlowConnection]) -> Result<(), String> {
        if !slowest.is_sorted_by(|one, next| one.waiting >= next.waiting) || slowest.len() > question.most {
            return Err(format!("these are not the {} slowest, the slowest first", question.most));
        }
        for slow in slowest {
            let number = wire_of(slow.peer);
            let wire = &self.wires[number];
            let user = wire.user.map(crate::Name::from);
            if wire.id() != Some(slow.id) || !wire.is_of(worker) {
                return Err(format!("client {number} has another id"));
            }
            if slow.waiting == 0 || slow.waiting > produced(self, wire) {
                return Err(format!("for client {number} so much can't wait"));
            }
            // Which may have been another's when it was looked at, in an earlier step.
            let is_its = wire.is_served() && !wire.rebound && question.steps == 1;
            if is_its && user != slow.user {
                return Err(format!("client {number} is {user:?}'s"));
            }
            let view = self.posts[worker].views.iter().find(|view| view.wire == number);
            // Its output may have left in this step, after it was looked at.
            let view = view.filter(|view| view.output > 0);
            if view.is_some_and(|view| slow.stalled_for > self.now - view.dry + GRAIN + self.late) {
                return Err(format!("client {number} has not waited for so long"));
            }
        }
        let is_full = slowest.len() == question.most;
        let least = slowest.last().map_or(usize::MAX, |slow| slow.waiting);
        for view in self.posts[worker].views.iter().filter(|view| view.output > 0) {
            let found = slowest.iter().find(|slow| wire_of(slow.peer) == view.wire);
            let is_right = match found {
                Some(slow) => slow.waiting == view.output,
                None => is_full && least >= view.output,
            };
            // What has changed meanwhile may be told as it was, or as it is.
            if view.steady >= question.steps && !is_right {
                return Err(format!("for client {} {} bytes wait", view.wire, view.output));
            }
        }
        Ok(())
    }
}
