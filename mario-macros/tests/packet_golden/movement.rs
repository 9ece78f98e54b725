#[derive(Packet)]
struct Move {
    unit: u32,
    to: Position,
    speed: f32,
    path: Vec<Position>,
    hurry: bool,
}
