//! Reading JSON so that every fault is found and has its place: numbers as their text, keys once, depth limited.

mod object;
mod path;
mod reader;
mod tree;
mod values;

pub(crate) use object::json_object;
pub(crate) use path::Path;
pub(crate) use reader::{FromJson, Reader};
pub(crate) use tree::{Member, Node, parse_tree};
pub(crate) use values::Required;
