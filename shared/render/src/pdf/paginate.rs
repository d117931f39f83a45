//! Where pages begin.

use std::ops::Range;

use super::sheet::{Band, Sheet};
use crate::text::Length;

/// The bands of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) bands: Range<usize>,
    /// The table goes on from the page before: its head and the sum so far stand on top.
    pub(super) brought_forward: Option<i128>,
    /// The table goes on on the next page: the sum so far stands below it.
    pub(super) carried_forward: Option<i128>,
}

/// What a page has room for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// From the head of the page to its foot.
    pub(super) height: Length,
    /// The repeated head of the table with the sum brought forward.
    pub(super) continuation: Length,
    /// The sum carried forward.
    pub(super) carry: Length,
}

/// Fills pages from above. Bands that keep each other move together, unless they need more than a page: those begin on
/// the page that is being filled.
pub(super) fn paginate(sheet: &Sheet<'_>, room: Room) -> Vec<Page> {
    let bands = sheet.bands();
    let mut filler = Filler { bands, room, pages: Vec::new(), start: 0, used: 0, top: 0 };
    let mut next = 0;
    while next < bands.len() {
        let end = chunk_end(bands, next);
        filler.place(next, end);
        next = end;
    }
    filler.close(bands.len());
    filler.pages
}

/// Where bands that belong together need more than a page, at least this number of them stand together at the beginning
/// and at the end.
const FEWEST_TOGETHER: usize = 3;

fn chunk_end(bands: &[Band], start: usize) -> usize {
    bands[start..].iter().position(|band| !band.keeps_next).map_or(bands.len(), |length| start + length + 1)
}

struct Filler<'a> {
    bands: &'a [Band],
    room: Room,
    pages: Vec<Page>,
    /// The first band of the page that is being filled.
    start: usize,
    used: Length,
    /// What of `used` the continued head of the table takes.
    top: Length,
}

impl Filler<'_> {
    fn place(&mut self, start: usize, end: usize) {
        let height: i64 = self.bands[start..end].iter().map(|band| i64::from(band.height)).sum();
        if !self.fits(height, end) {
            if !self.fits_on_a_page(height, start, end) {
                self.place_one_by_one(start, end);
                return;
            }
            self.break_before(start);
        }
        let skips_space = self.used == self.top && self.bands[start].is_space();
        let skipped = if skips_space { self.bands[start].height } else { 0 };
        self.used += Length::try_from(height).unwrap_or(Length::MAX / 2) - skipped;
    }

    fn place_one_by_one(&mut self, start: usize, end: usize) {
        for index in start..end {
            let height = self.bands[index].height;
            // The first and the last bands stay together: a heading does not stand alone.
            let stay_together = index == start || index + FEWEST_TOGETHER == end;
            let ahead = if stay_together { (index + FEWEST_TOGETHER).min(end) } else { index + 1 };
            let needed = self.bands[index..ahead].iter().map(|band| i64::from(band.height)).sum();
            if !self.fits(needed, ahead) && self.used > self.top {
                self.break_before(index);
            }
            self.used += height;
        }
    }

    /// Whether so much fits on the page; where the table goes on after it, its sum must fit too.
    fn fits(&self, height: i64, end: usize) -> bool {
        self.fits_under(self.used, height, end)
    }

    /// Whether so much fits on a page that begins with it.
    fn fits_on_a_page(&self, height: i64, start: usize, end: usize) -> bool {
        self.fits_under(self.top_before(start), height, end)
    }

    fn fits_under(&self, used: Length, height: i64, end: usize) -> bool {
        let goes_on = self.bands.get(end).is_some_and(|band| band.is_table);
        let carry = if goes_on { self.room.carry } else { 0 };
        i64::from(used) + height + i64::from(carry) <= i64::from(self.room.height)
    }

    /// What the continued head of the table takes on a page that begins with that band.
    fn top_before(&self, index: usize) -> Length {
        if self.splits_table(index) { self.room.continuation } else { 0 }
    }

    fn break_before(&mut self, index: usize) {
        self.close(index);
        self.start = index;
        self.top = self.top_before(index);
        self.used = self.top;
    }

    fn close(&mut self, end: usize) {
        let brought_forward = self.splits_table(self.start).then(|| self.bands[self.start - 1].running_sum);
        let carried_forward = self.splits_table(end).then(|| self.bands[end - 1].running_sum);
        self.pages.push(Page { bands: self.start..end, brought_forward, carried_forward });
    }

    fn splits_table(&self, index: usize) -> bool {
        let is_table = |index: usize| self.bands.get(index).is_some_and(|band| band.is_table);
        index > 0 && is_table(index) && is_table(index - 1)
    }
}
