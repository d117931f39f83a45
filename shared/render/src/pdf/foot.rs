//! The foot of each page: the legal data of the seller beside the page's number, and what the user adds under them.

use super::geometry::{Geometry, SMALL};
use crate::facts::Facts;
use crate::text::{Length, TextLine, first_line, points, width, wrap};

/// The distance of baselines at the foot.
pub(super) const FOOT_LEADING: Length = points(10);
/// The empty space between the legal data and the page's number.
const NUMBER_GAP: Length = points(20);
/// What the law asks for is a few lines. More than this, on each page, would leave too little of it to the invoice.
const MOST_LEGAL_LINES: usize = 12;

/// The lines at the foot, which each page repeats.
pub(super) struct Foot<'a> {
    lines: Vec<TextLine<'a>>,
}

impl<'a> Foot<'a> {
    /// The foot of a document whose number of pages has `digits` digits.
    pub(super) fn new(facts: &'a Facts<'a>, geometry: &Geometry, digits: usize) -> Self {
        let legal = legal_text(facts);
        let room = legal_room(facts, geometry, digits);
        let mut lines: Vec<TextLine<'a>> = if holds_legal_data(facts, geometry) {
            wrap(&legal, SMALL, room).into_iter().map(TextLine::into_owned).collect()
        } else {
            vec![first_line(&legal, SMALL, room).into()]
        };
        if !facts.footer.is_empty() {
            lines.extend(wrap(facts.footer, SMALL, geometry.measure()));
        }
        Self { lines }
    }

    pub(super) fn lines(&self) -> &[TextLine<'a>] {
        &self.lines
    }

    /// What the lines after the first one take from the body of each page.
    pub(super) fn height(&self) -> Length {
        self.lines.iter().skip(1).map(|_| FOOT_LEADING).sum()
    }
}

/// Whether the foot has room for all legal data of the seller. Otherwise it only begins with them, and they stand in
/// full at the end of the document.
pub(super) fn holds_legal_data(facts: &Facts<'_>, geometry: &Geometry) -> bool {
    wrap(&legal_text(facts), SMALL, legal_room(facts, geometry, 1)).len() <= MOST_LEGAL_LINES
}

/// The number of a page as it stands at its foot.
pub(super) fn page_label(facts: &Facts<'_>, number: &str, count: &str) -> String {
    facts.wording.page.fill(&[("page", number), ("count", count)])
}

fn legal_text(facts: &Facts<'_>) -> String {
    let name = std::iter::once(facts.seller.name);
    name.chain(facts.legal.iter().map(|line| &**line)).collect::<Vec<_>>().join("  ·  ")
}

/// The room beside the page's number; all digits are of one width.
fn legal_room(facts: &Facts<'_>, geometry: &Geometry, digits: usize) -> Length {
    let number = "0".repeat(digits);
    geometry.measure() - width(&page_label(facts, &number, &number), SMALL) - NUMBER_GAP
}
