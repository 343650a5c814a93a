use tidegate_exposition::Part;
use wildmatch::WildMatch;

use super::ReaderOptions;

/// Which metrics pass, by name.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// Empty: all.
    include: Vec<WildMatch>,
    buckets: Vec<WildMatch>,
    exclude: Vec<WildMatch>,
}

impl Filter {
    pub(crate) fn new(options: &ReaderOptions) -> Self {
        let patterns = |patterns: &[String], wanted: &dyn Fn(&str) -> bool| {
            patterns.iter().filter(|pattern| wanted(pattern)).map(|pattern| WildMatch::new(pattern)).collect()
        };
        Self {
            include: patterns(&options.include, &|_| true),
            buckets: patterns(&options.include, &|pattern| pattern.ends_with("_bucket")),
            exclude: patterns(&options.exclude, &|_| true),
        }
    }

    /// Whether the metric `name` passes, a `part` of its family.
    pub(crate) fn takes(&self, name: &str, part: Part) -> bool {
        let matches = |patterns: &[WildMatch]| patterns.iter().any(|pattern| pattern.matches(name));
        let is_included = match part {
            Part::Bucket => matches(&self.buckets),
            _ => self.include.is_empty() || matches(&self.include),
        };
        is_included && !matches(&self.exclude)
    }
}

#[cfg(test)]
mod tests {
    use tidegate_event::Resource;

    use super::*;

    fn takes(include: &[&str], exclude: &[&str], name: &str) -> bool {
        let options = ReaderOptions::new(Resource::new());
        let options = options.with_include(include.iter().copied()).with_exclude(exclude.iter().copied());
        let part = if name.ends_with("_bucket") { Part::Bucket } else { Part::Value };
        Filter::new(&options).takes(name, part)
    }

    #[test]
    fn patterns_say_what_passes() {
        let name = "kurrentdb.io_bytes";
        for (include, exclude, passes) in [
            (&[][..], &[][..], true),
            (&["*"], &[], true),
            (&["kurrentdb.io_*"], &[], true),
            (&["kurrentdb.i?_bytes"], &[], true),
            (&["kurrentdb.gc_*"], &[], false),
            (&["kurrentdb.gc_*", "kurrentdb.io_*"], &[], true),
            (&[], &["*.io_*"], false),
            (&["kurrentdb.io_*"], &["*"], false),
            (&["io_bytes"], &[], false),
        ] {
            assert_eq!(takes(include, exclude, name), passes, "{include:?} {exclude:?}");
        }
    }

    #[test]
    fn buckets_need_a_pattern_of_their_own() {
        let name = "kurrentdb.gossip_latency_seconds_bucket";
        for (include, exclude, passes) in [
            (&[][..], &[][..], false),
            (&["*"], &[], false),
            (&["kurrentdb.gossip*"], &[], false),
            (&["kurrentdb.gossip*_bucket"], &[], true),
            (&["*_bucket"], &["*latency*"], false),
        ] {
            assert_eq!(takes(include, exclude, name), passes, "{include:?} {exclude:?}");
        }
    }
}
