//! The shim for loom.
