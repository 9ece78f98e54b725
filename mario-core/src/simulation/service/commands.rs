//! The commands of a simulation, and what is sent without being asked for.

pub(in crate::simulation) const LOGIN: u16 = 0x0100;
pub(in crate::simulation) const ECHO: u16 = 0x0101;
pub(in crate::simulation) const MANY: u16 = 0x0102;
pub(in crate::simulation) const QUIET: u16 = 0x0103;
pub(in crate::simulation) const LEAVE: u16 = 0x0104;
pub(in crate::simulation) const QUIT: u16 = 0x0105;
pub(in crate::simulation) const PANIC: u16 = 0x0106;
pub(in crate::simulation) const LATER: u16 = 0x0107;
pub(in crate::simulation) const FLAG: u16 = 0x0108;
pub(in crate::simulation) const MEMBERS: u16 = 0x0109;
pub(in crate::simulation) const UNSENDABLE: u16 = 0x010a;
pub(in crate::simulation) const CANCEL: u16 = 0x010b;

/// Their answers come later: in order, or by number.
pub(in crate::simulation) const ASK: u16 = 0x0110;
pub(in crate::simulation) const FREE: u16 = 0x0111;
/// The same, from the pool.
pub(in crate::simulation) const WORK: u16 = 0x0112;

/// Users, groups, and pushes to others.
pub(in crate::simulation) const BIND: u16 = 0x0120;
pub(in crate::simulation) const UNBIND: u16 = 0x0121;
pub(in crate::simulation) const ENTER: u16 = 0x0122;
pub(in crate::simulation) const EXIT: u16 = 0x0123;
pub(in crate::simulation) const SHOUT: u16 = 0x0124;

/// No handler takes these; the service answers to the first, and not to the second.
pub(in crate::simulation) const UNKNOWN: u16 = 0x0200;
pub(in crate::simulation) const REFUSED: u16 = 0x0201;

/// The service answers to this one, but no handler may run.
pub(in crate::simulation) const DENIED: u16 = 0x0202;

/// What is sent without being asked for: when it connects, when it has to go, and by timers.
pub(in crate::simulation) const HELLO: u16 = 0x0300;
pub(in crate::simulation) const GO_AWAY: u16 = 0x0301;
pub(in crate::simulation) const NEWS: u16 = 0x0302;

/// By this a silent client is asked whether it is there.
pub(in crate::simulation) const PING: u16 = 0x0304;

/// What is pushed: all of it, what a peer keeps up with, and the latest, of which there are two kinds.
pub(in crate::simulation) const PUSH: u16 = 0x0303;
pub(in crate::simulation) const DROP: u16 = 0x0305;
pub(in crate::simulation) const KEEP: u16 = 0x0306;
pub(in crate::simulation) const KEEP_TOO: u16 = 0x0307;

/// What it says by number of what nobody answers.
pub(in crate::simulation) const NO_ANSWER: u32 = u32::MAX;

/// What the service answers to what it does not take, but forgives.
pub(in crate::simulation) const FORGIVEN: &[u8] = b"forgiven";
