use std::any::Any;
use std::fmt;

use super::Breach;

/// What a [`Suite`](super::Suite) found: each rule and whether it was kept. Prints as a list.
#[derive(Debug, Clone, Default)]
#[must_use = "a report fails no test until it is asserted"]
pub struct Report {
    rules: Vec<(&'static str, Verdict)>,
}

/// How a rule went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is kept.
    Passed,
    /// It is not, and this was seen.
    Broken(String),
    /// It was not looked at, for this reason.
    Skipped(&'static str),
}

impl Verdict {
    pub(super) fn of(kept: Result<Result<(), Breach>, Box<dyn Any + Send>>) -> Self {
        match kept {
            Ok(Ok(())) => Self::Passed,
            Ok(Err(Breach::Broken(seen))) => Self::Broken(seen),
            Ok(Err(Breach::Skipped(why))) => Self::Skipped(why),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
                Self::Broken(format!("it panicked: {text}"))
            }
        }
    }
}

impl Report {
    pub(super) fn add(&mut self, rule: &'static str, verdict: Verdict) {
        self.rules.push((rule, verdict));
    }

    /// Each rule by name, and how it went.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, &Verdict)> {
        self.rules.iter().map(|(rule, verdict)| (*rule, verdict))
    }

    /// The names of the rules that are broken.
    pub fn broken(&self) -> Vec<&'static str> {
        self.rules().filter(|(_, verdict)| matches!(verdict, Verdict::Broken(_))).map(|(rule, _)| rule).collect()
    }

    /// Passes when no rule is broken.
    ///
    /// # Panics
    /// When one is; the message names each, and what was seen.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.broken().is_empty(), "the sink breaks rules:\n{self}");
    }
}

/// A line for each rule: `passed`, `BROKEN` or `skipped`, its name, and what was seen.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (rule, verdict) in self.rules() {
            match verdict {
                Verdict::Passed => writeln!(f, "passed   {rule}")?,
                Verdict::Broken(seen) => writeln!(f, "BROKEN   {rule}: {seen}")?,
                Verdict::Skipped(why) => writeln!(f, "skipped  {rule}: {why}")?,
            }
        }
        Ok(())
    }
}
