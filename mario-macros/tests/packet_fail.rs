//! The text of each compile error of `#[derive(Packet)]`: one case a rule.
//!
//! After a change of the texts: `TRYBUILD=overwrite cargo test -p mario-macros --test packet_fail`, then read the
//! difference.

#[rustversion::attr(not(stable(1.95)), ignore = "other compilers word their messages in other ways")]
#[test]
fn every_mistake_is_told_once_and_at_its_token() {
    trybuild::TestCases::new().compile_fail("tests/packet_fail/*.rs");
}
