use std::sync::atomic::{AtomicBool, Ordering};

/// Whether something is out of order, so that the log tells it once when it begins and once when it is over.
#[derive(Debug, Default)]
pub struct Outage(AtomicBool);

impl Outage {
    /// Notes that it is out of order. `true` the first time.
    pub fn begins(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }

    /// Notes that it is in order. `true` where it was not.
    pub fn ends(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::Outage;

    #[test]
    fn only_changes_are_told() {
        let outage = Outage::default();
        assert!(!outage.ends(), "it is in order at first");
        assert_eq!([outage.begins(), outage.begins(), outage.ends(), outage.ends()], [true, false, true, false]);
    }
}
