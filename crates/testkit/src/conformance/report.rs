use std::any::Any;
use std::fmt;

use super::Breach;

/// What a [`Suite`](super::Suite) found: each rule and whether it was kept. Prints as a list.
///
/// ```text
/// passed   an_empty_batch_has_no_outcome
/// BROKEN   a_second_close_does_no_harm: one item, of kind issue, was not accepted: Some(Rejected(…))
///          expected: a close that is told again is accepted
///          hint: let the service's `closed already` count as accepted
/// skipped  nothing_tells_a_secret: no secret is known; name those of the sink by `Suite::with_secrets`
/// 1 rule is kept, 1 broken, 1 skipped
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a report fails no test until it is asserted"]
pub struct Report {
    rules: Vec<(Rule, Verdict)>,
}

/// A rule, and what an author reads of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// What is right, in plain words.
    pub(super) expects: &'static str,
    /// What to do where it is broken.
    pub(super) hint: &'static str,
}

/// How a rule went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is kept.
    Passed,
    /// It is not, and this was seen.
    Broken(String),
    /// It was not looked at, for this reason: it is not about such a sink, or the suite must be told more.
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
    pub(super) fn add(&mut self, rule: Rule, verdict: Verdict) {
        self.rules.push((rule, verdict));
    }

    /// Each rule by name, and how it went.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, &Verdict)> {
        self.rules.iter().map(|(rule, verdict)| (rule.name, verdict))
    }

    /// The names of the rules that are broken.
    pub fn broken(&self) -> Vec<&'static str> {
        self.rules().filter(|(_, verdict)| matches!(verdict, Verdict::Broken(_))).map(|(rule, _)| rule).collect()
    }

    /// The names of the rules that were not looked at.
    pub fn skipped(&self) -> Vec<&'static str> {
        self.rules().filter(|(_, verdict)| matches!(verdict, Verdict::Skipped(_))).map(|(rule, _)| rule).collect()
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

/// A line for each rule: `passed`, `BROKEN` or `skipped`, its name, and what was seen; under a broken one, what is right and
/// what helps. The last line counts them.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (Rule { name, expects, hint }, verdict) in &self.rules {
            match verdict {
                Verdict::Passed => writeln!(f, "passed   {name}")?,
                Verdict::Broken(seen) => {
                    writeln!(f, "BROKEN   {name}: {seen}")?;
                    writeln!(f, "         expected: {expects}\n         hint: {hint}")?;
                }
                Verdict::Skipped(why) => writeln!(f, "skipped  {name}: {why}")?,
            }
        }
        let (broken, skipped) = (self.broken().len(), self.skipped().len());
        let kept = self.rules.len() - broken - skipped;
        let rules = if kept == 1 { "rule is" } else { "rules are" };
        writeln!(f, "{kept} {rules} kept, {broken} broken, {skipped} skipped")
    }
}
