use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// One setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// The environment variable.
    pub name: &'static str,
    /// What is wrong or was expected. Never the value: it may be a secret.
    pub reason: String,
}

/// All settings that are wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError(pub Vec<SettingFault>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrong settings:")?;
        self.0.iter().try_for_each(|SettingFault { name, reason }| write!(f, "\n  {name}: {reason}"))
    }
}

impl std::error::Error for SettingsError {}

type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Reads variables and gathers what is wrong with them, so that all of it is told at once.
pub struct Variables<'a> {
    lookup: Box<Lookup<'a>>,
    faults: Vec<SettingFault>,
}

impl<'a> Variables<'a> {
    /// Variables that this function knows. An empty value counts as none.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self { lookup: Box::new(lookup), faults: Vec::new() }
    }

    /// Notes that a variable is wrong.
    pub fn fault(&mut self, name: &'static str, reason: impl Into<String>) {
        self.faults.push(SettingFault { name, reason: reason.into() });
    }

    pub(super) fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn text(&self, name: &str, default: &str) -> String {
        self.optional(name).unwrap_or_else(|| default.to_owned())
    }

    /// The default must be right: it stands in for a wrong value, so that reading goes on.
    pub(super) fn parsed<T: FromStr>(&mut self, name: &'static str, default: &str, expected: &str) -> T {
        self.parsed_optional(name, expected)
            .or_else(|| default.parse().ok())
            .unwrap_or_else(|| unreachable!("the default of {name} is right"))
    }

    pub(super) fn parsed_optional<T: FromStr>(&mut self, name: &'static str, expected: &str) -> Option<T> {
        let value = self.optional(name)?.parse().ok();
        if value.is_none() {
            self.fault(name, format!("expected {expected}"));
        }
        value
    }

    /// A number within a range.
    pub(super) fn within<T>(&mut self, name: &'static str, default: &str, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + fmt::Display + Copy,
    {
        let found = self.within_optional(name, range);
        found.or_else(|| default.parse().ok()).unwrap_or_else(|| unreachable!("the default of {name} is right"))
    }

    pub(super) fn within_optional<T>(&mut self, name: &'static str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + fmt::Display + Copy,
    {
        let number = self.optional(name)?.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.fault(name, format!("expected a number from {} to {}", range.start(), range.end()));
        }
        number
    }

    pub(super) fn list<T: FromStr>(&mut self, name: &'static str, expected: &str) -> Vec<T> {
        let text = self.text(name, "");
        let items: Result<Vec<T>, T::Err> =
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::parse).collect();
        items.unwrap_or_else(|_| {
            self.fault(name, format!("expected {expected}, separated by commas"));
            Vec::new()
        })
    }

    pub(super) fn duration(&mut self, name: &'static str, default: &str) -> Duration {
        let time: Duration =
            self.parsed::<humantime::Duration>(name, default, "a time such as 30s, 15min, 24h or 7days").into();
        if time.is_zero() {
            self.fault(name, "expected a time longer than none");
        }
        time
    }

    pub(super) fn durations(&mut self, name: &'static str, default: &str) -> Vec<Duration> {
        let given = self.optional(name).is_some();
        let text = self.text(name, default);
        let durations: Result<Vec<Duration>, _> =
            text.split(',').map(|item| humantime::parse_duration(item.trim())).collect();
        durations.unwrap_or_else(|_| {
            debug_assert!(given, "the default of {name} is right");
            self.fault(name, "expected times such as 5s,30s,2min");
            Vec::new()
        })
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, SettingsError> {
        if self.faults.is_empty() { Ok(value) } else { Err(SettingsError(self.faults)) }
    }
}
