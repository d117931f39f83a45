//! QR codes (ISO/IEC 18004), drawn as areas.

use fast_qr::{ECL, Mode, QRBuilder};

use crate::text::Length;

/// A rectangle of dark modules, in thousandths of the symbol's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) left: usize,
    pub(super) row: usize,
    pub(super) length: usize,
}

/// A symbol.
#[derive(Debug)]
pub(super) struct Symbol {
    /// How many modules a side has.
    pub(super) size: usize,
    /// Its dark modules, those that touch each other in a row as one.
    pub(super) bars: Vec<Bar>,
}

impl Symbol {
    /// The symbol of a text in UTF-8 with error correction M, as EPC069-12 asks for; none where the text is too long.
    pub(super) fn of(content: &str) -> Option<Self> {
        let code = QRBuilder::new(content).mode(Mode::Byte).ecl(ECL::M).build().ok()?;
        let mut bars = Vec::new();
        for row in 0..code.size {
            let modules = &code[row][..code.size];
            let mut left = 0;
            for run in modules.chunk_by(|one, next| one.value() == next.value()) {
                if run.first().is_some_and(|module| module.value()) {
                    bars.push(Bar { left, row, length: run.len() });
                }
                left += run.len();
            }
        }
        Some(Self { size: code.size, bars })
    }

    /// The place of the edge of a module in a symbol whose side has a length.
    pub(super) fn edge(&self, module: usize, side: Length) -> Length {
        let (module, size) = (i64::try_from(module).unwrap_or_default(), i64::try_from(self.size).unwrap_or(1));
        Length::try_from(i64::from(side) * module / size.max(1)).unwrap_or_default()
    }
}
