//! Servers in processes of their own: signals, exit codes, and what systemd has to do with it.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod interrupted_take_overs;
mod load;
mod process;
mod served;
mod stops;
mod systemd;
mod take_overs;
