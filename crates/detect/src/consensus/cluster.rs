use super::round::Judgement;

/// What is remembered of one cluster. Times in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    /// The time of the last round.
    pub(super) last: Option<i64>,
    /// When it came in, by the clock of the ticks; of an issue from before, when that clock began.
    pub(super) heard: Option<i64>,
    bad: u32,
    clean: u32,
    open: Option<Open>,
    /// Why nothing can be told, where that was said.
    unknown: Option<String>,
}

#[derive(Debug)]
struct Open {
    /// When the issue from before was last told of.
    at: i64,
    told: Option<Judgement>,
}

/// What a round means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing new.
    Same,
    Met,
    Cleared,
}

impl Cluster {
    /// With an issue that is open from before.
    pub(super) fn resumed(at: i64, now: Option<i64>) -> Self {
        Self { heard: now, open: Some(Open { at, told: None }), ..Self::default() }
    }

    pub(super) fn start_anew(&mut self) {
        (self.bad, self.clean) = (0, 0);
    }

    pub(super) fn judge(&mut self, judgement: &Judgement, open_rounds: u32, close_rounds: u32) -> Verdict {
        let was_unknown = self.unknown.take().is_some();
        if judgement.is_bad() {
            (self.bad, self.clean) = (self.bad.saturating_add(1), 0);
        } else {
            (self.bad, self.clean) = (0, self.clean.saturating_add(1));
        }
        let Some(open) = &mut self.open else {
            if self.bad < open_rounds {
                return Verdict::Same;
            }
            let at = self.last.unwrap_or_default();
            self.open = Some(Open { at, told: Some(judgement.clone()) });
            return Verdict::Met;
        };
        if self.clean >= close_rounds {
            self.open = None;
            return Verdict::Cleared;
        }
        if open.told.as_ref() == Some(judgement) && !was_unknown {
            return Verdict::Same;
        }
        open.told = Some(judgement.clone());
        Verdict::Met
    }

    /// Nothing could be measured. Tells whether that says something new.
    pub(super) fn lose(&mut self, why: &str) -> bool {
        self.start_anew();
        if self.unknown.as_deref() == Some(why) {
            return false;
        }
        self.unknown = Some(why.to_owned());
        true
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.unknown.is_some()
    }

    /// For how long there was no round at `now`.
    pub(super) fn silence(&mut self, now: i64) -> i64 {
        // Not in the future: the clock was set back, and silence counts from here.
        let heard = self.heard.map_or(now, |heard| heard.min(now));
        self.heard = Some(heard);
        now - heard
    }

    /// The time of the last news, by whatever clock there is.
    pub(super) fn latest(&self) -> i64 {
        self.last.or(self.open.as_ref().map(|open| open.at)).unwrap_or(0)
    }
}
