//! What other threads do with connections, and handlers with those of others: at any time, whether or not they are there.

use mario_proto::{Overflow, Payload};

use super::dice::Dice;
use super::expected::frame;
use super::groups::GROUPS;
use super::mail::{Letter, Push};
use super::service::Theatre;
use super::service::calls::{Called, Work};
use super::service::commands::{DROP, KEEP, KEEP_TOO, PUSH};
use super::surveys;
use super::world::{State, World};
use crate::link::message::Message;
use crate::{Conn, Connections, PushError};

/// So many users there are.
pub(super) const USERS: usize = 3;

/// Something to do, and for whom. Clients have numbers.
pub(super) enum Deed {
    Push(usize, Style),
    PushToEach(Vec<usize>, Style),
    PushToUser(u64, Style),
    PushToGroup(usize, Style),
    PushToAll(Style),
    Join(usize, usize),
    Leave(usize, usize),
    Close(usize),
    With(usize, Work),
    /// Asks for so many of the slowest.
    Survey(usize),
}

/// How something is pushed.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// What a slow peer costs it.
    overflow: Overflow,
    /// What it is about.
    topic: usize,
    /// How much is behind it.
    more: usize,
}

/// So many things there are of which the latest can be kept: two of each command.
pub(super) const TOPICS: usize = 4;

impl Deed {
    pub(super) fn new(dice: &mut Dice, clients: usize) -> Self {
        let overflow = match dice.below(6) {
            0 | 1 => Overflow::Close,
            2 => Overflow::DropNewest,
            _ => Overflow::KeepLatest,
        };
        let (topic, more) = (dice.below(TOPICS), dice.pick(&[0, 0, 0, 100, 3000]));
        let style = Style { overflow, topic, more };
        let (client, group) = (dice.below(clients), dice.below(GROUPS));
        match dice.below(26) {
            0..6 => Deed::Push(client, style),
            6..8 => {
                let count = dice.within(1..9);
                Deed::PushToEach((0..count).map(|_| dice.below(clients)).collect(), style)
            }
            8..10 => Deed::PushToUser(dice.below(USERS) as u64, style),
            10..14 => Deed::PushToGroup(group, style),
            14 | 15 => Deed::PushToAll(style),
            16 => Deed::Join(client, group),
            17 | 18 => Deed::Leave(client, group),
            19 => Deed::Close(client),
            20 | 21 => Deed::Survey(dice.pick(&[0, 1, 2, 100])),
            _ => Deed::With(client, Work::new(dice)),
        }
    }

    /// Does it, and writes down what must come of it.
    pub(super) fn perform(self, world: &World, connections: &Connections) {
        match self {
            Deed::Push(client, style) => {
                let (push, message) = world.message(connections, style);
                one(
                    world,
                    client,
                    |id| connections.push_message(id, &message),
                    Letter::Push(vec![client], push),
                );
            }
            Deed::Join(client, group) => {
                one(world, client, |id| connections.join(id, group as u64), Letter::Join(client, group));
            }
            Deed::Leave(client, group) => {
                one(world, client, |id| connections.leave(id, group as u64), Letter::Leave(client, group));
            }
            Deed::Close(client) => {
                if one(world, client, |id| connections.close(id), Letter::Close(client)) {
                    world.lock().wires[client].life.closed = true;
                }
            }
            Deed::With(client, work) => {
                let number = {
                    let calls = &mut world.lock().wires[client].life.calls;
                    calls.push(Called::default());
                    calls.len() - 1
                };
                let call = move |conn: &mut Conn<'_, Theatre>| work.perform(conn, number);
                one(world, client, |id| connections.with(id, call), Letter::Call(client, number));
            }
            Deed::Survey(most) => surveys::ask(world, connections, most),
            Deed::PushToEach(clients, style) => {
                let ids: Vec<_> = {
                    let state = world.lock();
                    clients.iter().filter_map(|client| state.wires[*client].id()).collect()
                };
                let act = |message: &Message| connections.push_to_each(ids, message);
                many(world, connections, style, clients, None, act, |pushed, reach| {
                    pushed.queued == reach.told && pushed.queued + pushed.refused == reach.all
                });
            }
            Deed::PushToUser(user, style) => {
                let clients = world.lock().users.get(&user).cloned().unwrap_or_default();
                let act = |message: &Message| connections.push_message_to_user(user, message);
                many(world, connections, style, clients, Some(user), act, |result, reach| match result {
                    Ok(()) => reach.all > 0 && reach.letters == reach.workers,
                    Err(PushError::Partly { refused, workers }) => {
                        *workers == reach.workers && *refused == reach.workers - reach.letters && *refused > 0
                    }
                    Err(PushError::Offline(_)) => reach.all == 0,
                    Err(_) => false,
                });
            }
            Deed::PushToGroup(group, style) => {
                broadcast(
                    world,
                    connections,
                    style,
                    |message| connections.push_message_to_group(group as u64, message),
                    |push| Letter::PushToGroup(group, push),
                );
            }
            Deed::PushToAll(style) => {
                broadcast(
                    world,
                    connections,
                    style,
                    |message| connections.push_message_to_all(message),
                    Letter::PushToAll,
                );
            }
        }
    }
}

/// Leaves a letter for one; whether it is taken.
fn one(
    world: &World,
    client: usize,
    act: impl FnOnce(crate::ConnId) -> Result<(), PushError>,
    letter: Letter,
) -> bool {
    let (id, is_open) = {
        let state = world.lock();
        (state.wires[client].id(), state.is_open(client))
    };
    let Some(id) = id else { return false };
    let (result, posted) = world.posting(|| act(id));
    let mut state = world.lock();
    state.note(format_args!("client {client}: {}: {result:?}", letter.name()));
    let is_right = match result {
        Ok(()) => is_open,
        Err(PushError::Full(_)) => is_open,
        Err(PushError::Gone(_) | PushError::ShutDown) => !is_open,
        Err(_) => false,
    };
    let count = usize::from(result.is_ok());
    if !is_right || posted.iter().sum::<usize>() != count || posted[id.worker()] != count {
        state.violated(format!(
            "client {client}: {}: {result:?}, {posted:?} letters, and it is open: {is_open}",
            letter.name()
        ));
    } else if result.is_ok() {
        state.posted(id.worker(), letter);
    }
    result.is_ok()
}

/// How far a push to some has come.
#[derive(Debug)]
struct Reach {
    /// So many open connections are on the way of a letter, of all that it is for.
    told: usize,
    all: usize,
    /// So many workers have a letter, of those that have one of the connections.
    letters: usize,
    workers: usize,
}

/// Pushes to some; what `act` answers has to fit how far that has come.
fn many<R: std::fmt::Debug>(
    world: &World,
    connections: &Connections,
    style: Style,
    mut clients: Vec<usize>,
    user: Option<u64>,
    act: impl FnOnce(&Message) -> R,
    fits: impl FnOnce(&R, &Reach) -> bool,
) {
    let (push, message) = world.message(connections, style);
    clients.retain(|client| world.lock().is_open(*client));
    let (result, posted) = world.posting(|| act(&message));
    let mut state = world.lock();
    state.note(format_args!("push {} to clients {clients:?}: {result:?}", push.serial));
    let is_on = |worker| clients.iter().any(|client| state.wires[*client].is_of(worker));
    let workers = (0..posted.len()).filter(|worker| is_on(*worker)).count();
    let mut reach = Reach { told: 0, all: clients.len(), letters: 0, workers };
    for (worker, letters) in posted.into_iter().enumerate().filter(|(_, letters)| *letters > 0) {
        let to: Vec<_> =
            clients.iter().copied().filter(|client| state.wires[*client].is_of(worker)).collect();
        reach.told += to.len();
        reach.letters += 1;
        if letters > 1 || to.is_empty() {
            state.violated(format!("worker {worker} gets {letters} letters to {to:?}"));
        }
        let letter = match user {
            None => Letter::Push(to, push.clone()),
            Some(user) => Letter::PushToUser(to, user, push.clone()),
        };
        state.posted(worker, letter);
    }
    if !fits(&result, &reach) {
        state.violated(format!("a push to clients {clients:?}: {result:?}, {reach:?}"));
    }
}

/// Pushes to all of a kind.
fn broadcast(
    world: &World,
    connections: &Connections,
    style: Style,
    act: impl FnOnce(&Message) -> Result<(), PushError>,
    letter: impl Fn(Push) -> Letter,
) {
    let (push, message) = world.message(connections, style);
    let (result, posted) = world.posting(|| act(&message));
    let mut state = world.lock();
    state.note(format_args!("{} {}: {result:?}", letter(push.clone()).name(), push.serial));
    let got = posted.iter().filter(|letters| **letters == 1).count();
    let takes =
        state.posts.iter().filter_map(|post| post.mail.as_ref()).filter(|mail| !mail.is_over()).count();
    let is_right = match result {
        Ok(()) => got == takes && takes > 0,
        Err(PushError::Partly { refused, workers }) => workers == takes && got + refused == takes,
        Err(PushError::ShutDown) => takes == 0,
        Err(_) => false,
    };
    if !is_right {
        state.violated(format!("a push to many: {result:?}, {posted:?} letters of {takes}"));
    }
    for (worker, _) in posted.into_iter().enumerate().filter(|(_, letters)| *letters == 1) {
        state.posted(worker, letter(push.clone()));
    }
}

impl World {
    /// A message that is like no other.
    fn message(&self, connections: &Connections, style: Style) -> (Push, Message) {
        let Style { overflow, topic, more } = style;
        let (serial, stx) = {
            let mut state = self.lock();
            (state.next_serial(), state.settings.wording.stx)
        };
        let command = match overflow {
            Overflow::Close => PUSH,
            Overflow::DropNewest => DROP,
            Overflow::KeepLatest => [KEEP, KEEP_TOO][topic / 2],
        };
        let text = [&serial.to_le_bytes()[..], &vec![serial as u8; more]].concat();
        let message = connections.message(command, &Payload(&text)).expect("it can be encoded");
        let push = Push { serial, frame: frame(stx, command, &text).into(), overflow, topic };
        (push, message.on_overflow(overflow).keyed(topic as u64 % 2))
    }
}

impl Letter {
    fn name(&self) -> &'static str {
        match self {
            Letter::Push(..) => "push",
            Letter::PushToGroup(..) => "push to a group",
            Letter::PushToAll(_) => "push to all",
            Letter::Join(..) => "join",
            Letter::Leave(..) => "leave",
            Letter::Close(_) => "close",
            Letter::Call(..) => "call",
            Letter::Kick(..) => "kick",
            Letter::PushToUser(..) => "push to a user",
            Letter::Answer(..) => "answer",
            Letter::Survey => "survey",
            Letter::Die => "die",
        }
    }
}

impl State {
    /// A number that nothing else has.
    pub(super) fn next_serial(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }

    /// Something for a thread to do.
    pub(super) fn deed(&mut self) -> Deed {
        let clients = self.wires.len();
        Deed::new(&mut self.dice, clients)
    }
}
