//! The `salus` command.
fn main() {}
