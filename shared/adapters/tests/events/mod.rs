//! Random interleavings for the model of the ledger.

use adapters::contract::ledger_model::Event;
use proptest::prelude::*;

/// Up to 60 events.
pub(crate) fn events() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(event(), 1..60)
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Accept),
        6 => any::<usize>().prop_map(Event::DeliverDocument),
        3 => any::<usize>().prop_map(Event::DeliverMail),
        6 => (any::<usize>(), any::<u8>()).prop_map(|(which, how)| Event::FinishDocument(which, how)),
        3 => (any::<usize>(), any::<u8>()).prop_map(|(which, how)| Event::FinishMail(which, how)),
        2 => any::<usize>().prop_map(Event::HandOver),
        1 => any::<usize>().prop_map(Event::Renew),
        2 => Just(Event::Expire),
        3 => Just(Event::Republish),
        1 => Just(Event::Lose),
        1 => Just(Event::DeliverTwice),
        2 => Just(Event::Redrive),
        1 => any::<usize>().prop_map(Event::Delete),
        1 => any::<u16>().prop_map(Event::Retire),
        4 => prop_oneof![0_u16..20, 55_u16..70, any::<u16>()].prop_map(Event::Pass),
    ]
}
