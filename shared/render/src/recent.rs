//! What was made most recently, kept for the next document: limited in entries and bytes.

use std::sync::Arc;

/// The most recently used entry stands last; the first goes first.
pub(crate) struct Recent<K, V> {
    entries: Vec<Entry<K, V>>,
    most: usize,
    most_bytes: usize,
}

struct Entry<K, V> {
    key: K,
    value: Arc<V>,
    bytes: usize,
}

impl<K, V> Recent<K, V> {
    /// Keeps at most `most` entries of `most_bytes` together; the last one is kept whatever its size.
    pub(crate) const fn new(most: usize, most_bytes: usize) -> Self {
        Self { entries: Vec::new(), most, most_bytes }
    }

    pub(crate) fn find(&mut self, is_wanted: impl Fn(&K) -> bool) -> Option<Arc<V>> {
        let found = self.entries.iter().rposition(|entry| is_wanted(&entry.key))?;
        self.entries[found..].rotate_left(1);
        self.entries.last().map(|entry| Arc::clone(&entry.value))
    }

    pub(crate) fn keep(&mut self, key: K, value: &Arc<V>, bytes: usize) {
        self.entries.push(Entry { key, value: Arc::clone(value), bytes });
        let mut sum: usize = self.entries.iter().map(|entry| entry.bytes).sum();
        while self.entries.len() > self.most || (sum > self.most_bytes && self.entries.len() > 1) {
            sum -= self.entries.remove(0).bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut recent = Recent::new(2, 100);
        recent.keep(1, &Arc::new("one"), 1);
        recent.keep(2, &Arc::new("two"), 1);
        assert!(recent.find(|key| *key == 1).is_some());
        recent.keep(3, &Arc::new("three"), 1);
        assert!(recent.find(|key| *key == 2).is_none() && recent.find(|key| *key == 1).is_some());
        recent.keep(4, &Arc::new("large"), 1_000);
        assert!(recent.find(|key| *key == 1).is_none() && recent.find(|key| *key == 4).is_some());
    }
}
