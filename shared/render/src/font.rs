//! The faces, and the parts of them that go into a document.

mod east_asian;
mod face;
mod subset;
mod usage;

pub use east_asian::east_asian_fonts_in;
pub(crate) use face::{Face, FaceId, HanForms, Weight, face_for};
pub(crate) use subset::FontProgram;
pub(crate) use usage::FontUsage;
