//! Each rule of the state machine but those for answers, with only that wrong. `World::apply` also
//! checks that every refused transaction changed nothing.
#![allow(clippy::unwrap_used)]

#[path = "../world/mod.rs"]
mod world;

/// Asserts that a result is one named rejection.
macro_rules! refused {
    ($result:expr, $rule:pat) => {
        match $result {
            Err($rule) => {}
            other => panic!("expected {}, got {other:?}", stringify!($rule)),
        }
    };
}

mod envelope;
mod party;
mod record;
mod study;

use salus_ledger::state::{Event, Standing};
use world::*;

#[test]
fn the_whole_path_is_accepted() {
    let mut world = World::ready();
    let index = world.enrol(1);
    let study = world.study();
    world.seal();
    assert_eq!(
        world.state.standing(world.state.study(&study).unwrap()),
        Standing::Open
    );
    let answer = world.answer(&study, 1);
    let event = world.apply(answer, &stranger()).unwrap();
    assert_eq!(event, Event::AnswerEntered { study, place: 0 });
    world.seal();
    assert_eq!(
        world.state.membership(index).unwrap().leaf(),
        world.state.leaves()[0]
    );
    assert_eq!(world.state.study(&study).unwrap().answers.len(), 1);
}
