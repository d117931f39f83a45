//! Texts on a line: how wide they are, where they break and which glyphs show them.

mod line;
mod measure;
mod shaping;
mod wrap;

pub(crate) use line::TextLine;
pub(crate) use measure::{Length, TextStyle, is_simple, line_width, points, width};
pub(crate) use shaping::{Run, is_covered, shape};
pub(crate) use wrap::{first_line, wrap};
