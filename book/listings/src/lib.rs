//! The listings of the book and the README, a module a chapter. They are compiled, and run where they don't serve, as doctests:
//!
//! ```sh
//! cargo test -p mario-book --doc
//! ```

/// A chapter, of which each listing is a doctest.
macro_rules! chapters {
    ($($name:ident: $path:literal),* $(,)?) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($path)]
            mod $name {}
        )*
    };
}

chapters! {
    readme: "../../../README.md",
    introduction: "../../src/introduction.md",
    getting_started: "../../src/getting-started.md",
    packets: "../../src/packets.md",
    commands: "../../src/commands.md",
    connections: "../../src/connections.md",
    limits: "../../src/limits.md",
    stopping: "../../src/stopping.md",
    clients: "../../src/clients.md",
    pushing: "../../src/pushing.md",
    groups: "../../src/groups.md",
    answering_later: "../../src/answering-later.md",
    supervision: "../../src/supervision.md",
    observing: "../../src/observing.md",
    testing: "../../src/testing.md",
    logging: "../../src/logging.md",
    wire: "../../src/wire.md",
    measuring: "../../src/measuring.md",
    a_million_connections: "../../src/a-million-connections.md",
}
