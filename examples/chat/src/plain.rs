//! Without a terminal: says the lines of the input, and prints what is heard until that ends.

use std::io::stdin;
use std::sync::mpsc::{TryRecvError, channel};
use std::thread;
use std::time::Duration;

use crate::client::Visitor;
use crate::packets::Line;

/// How long to listen after the last line of the input.
const REST: Duration = Duration::from_millis(500);

pub fn run(mut visitor: Visitor) -> anyhow::Result<()> {
    let (sender, said) = channel();
    thread::spawn(move || stdin().lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    loop {
        match said.try_recv() {
            Ok(text) => {
                if let Err(error) = visitor.say(&text) {
                    eprintln!("not said: {error}");
                }
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => break,
        }
        print(&visitor.hear(Duration::from_millis(20))?);
    }
    print(&visitor.hear(REST)?);
    Ok(())
}

fn print(lines: &[Line]) {
    for Line { name, text, .. } in lines {
        if name.is_empty() {
            println!("* {text}");
        } else {
            println!("{name}: {text}");
        }
    }
}
