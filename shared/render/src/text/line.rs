//! Lines of texts.

use std::borrow::Cow;

use unicode_bidi::Level;

use super::measure::{Length, TextStyle, line_width};

/// A text on one line, with the direction of the paragraph that it is a part of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TextLine<'a> {
    pub(crate) text: Cow<'a, str>,
    /// The level of the paragraph (UAX 9, P2 and P3); a text that is no part of a longer one finds its own.
    pub(crate) base: Option<Level>,
}

impl TextLine<'_> {
    pub(crate) fn width(&self, style: TextStyle) -> Length {
        line_width(&self.text, style, self.base)
    }

    pub(crate) fn into_owned(self) -> TextLine<'static> {
        TextLine { text: Cow::Owned(self.text.into_owned()), base: self.base }
    }
}

impl<'a> From<Cow<'a, str>> for TextLine<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self { text, base: None }
    }
}

impl<'a> From<&'a str> for TextLine<'a> {
    fn from(text: &'a str) -> Self {
        Cow::Borrowed(text).into()
    }
}

impl From<String> for TextLine<'_> {
    fn from(text: String) -> Self {
        Cow::<str>::Owned(text).into()
    }
}
