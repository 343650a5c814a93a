use crate::bytes::{metric_name_end, skip_blanks, token_end};

/// What a comment says of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comment<'a> {
    /// `# TYPE`, `# UNIT` or `# HELP`, the metric, and what stands behind it.
    Of(Topic, &'a str, &'a str),
    /// `# EOF`
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    Type,
    Unit,
    Help,
}

impl<'a> Comment<'a> {
    /// `None` where it is for people. `line` begins with `#`.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let bytes = line.as_bytes();
        let start = skip_blanks(bytes, 1);
        let end = token_end(bytes, start);
        let topic = match line.get(start..end)? {
            "TYPE" => Topic::Type,
            "UNIT" => Topic::Unit,
            "HELP" => Topic::Help,
            "EOF" => return (skip_blanks(bytes, end) == bytes.len()).then_some(Self::End),
            _ => return None,
        };
        let start = skip_blanks(bytes, end);
        let end = metric_name_end(bytes, start);
        let rest = skip_blanks(bytes, end);
        let is_whole = end > start && (rest > end || end == bytes.len());
        is_whole.then_some(Self::Of(topic, line.get(start..end)?, line.get(rest..)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_for_machines_or_for_people() {
        for (line, comment) in [
            ("# TYPE a gauge", Some(Comment::Of(Topic::Type, "a", "gauge"))),
            ("#\tUNIT  a:b   seconds", Some(Comment::Of(Topic::Unit, "a:b", "seconds"))),
            ("# HELP a", Some(Comment::Of(Topic::Help, "a", ""))),
            ("# HELP a of é", Some(Comment::Of(Topic::Help, "a", "of é"))),
            ("# EOF", Some(Comment::End)),
            ("#EOF ", Some(Comment::End)),
            ("# EOF or not", None),
            ("# TYPE", None),
            ("# TYPE a-b gauge", None),
            ("# type a gauge", None),
            ("#", None),
        ] {
            assert_eq!(Comment::parse(line), comment, "{line}");
        }
    }
}
