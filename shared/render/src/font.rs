//! The faces that are compiled in, and the parts of them that go into a document.

mod face;
mod subset;
mod usage;

pub(crate) use face::{Face, FaceId, HanForms, Weight, face_for};
pub(crate) use subset::FontProgram;
pub(crate) use usage::FontUsage;
