use mario_macros::Packet;

mod users {
    pub struct User;
}

#[derive(Packet)]
#[mario(crate = mario_proto)]
struct Users<'a> {
    all: Vec<users::User>,
    pair: [users::User; 2],
    maybe: Option<Vec<users::User>>,
    lazy: mario_proto::List<'a, users::User>,
    one: users::User,
}

fn main() {}
