/// In which of the two formats a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// The Prometheus text format, 0.0.4. Times are in milliseconds.
    #[default]
    Text,
    /// OpenMetrics 1.0. Times are in seconds, and exemplars may follow a sample.
    OpenMetrics,
}

impl Format {
    /// What a `Content-Type` names, whatever its parameters: `text/plain` or `application/openmetrics-text`. `None` for
    /// anything else, such as the page of a proxy.
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let formats = [("text/plain", Self::Text), ("application/openmetrics-text", Self::OpenMetrics)];
        formats.into_iter().find(|(name, _)| essence.eq_ignore_ascii_case(name)).map(|(_, format)| format)
    }
}

/// How much a line may be. What is over is an error of its line, and the next line is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The bytes of a line. Default: 64 KiB.
    pub line_bytes: usize,
    /// The labels of a sample. Default: 64.
    pub labels: usize,
    /// The bytes of a label's name, and of its value as it is written. Default: 4 KiB.
    pub label_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line_bytes: 64 << 10, labels: 64, label_bytes: 4 << 10 }
    }
}

impl Limits {
    /// The same with lines of at most `bytes`.
    pub fn with_line_bytes(mut self, bytes: usize) -> Self {
        self.line_bytes = bytes;
        self
    }

    /// The same with at most `labels` to a sample.
    pub fn with_labels(mut self, labels: usize) -> Self {
        self.labels = labels;
        self
    }

    /// The same with names and values of labels of at most `bytes`.
    pub fn with_label_bytes(mut self, bytes: usize) -> Self {
        self.label_bytes = bytes;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_names_the_format() {
        for (header, format) in [
            ("text/plain; charset=utf-8; version=0.0.4", Some(Format::Text)),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", Some(Format::OpenMetrics)),
            (" Text/Plain ", Some(Format::Text)),
            ("text/html", None),
            ("application/json", None),
            ("", None),
        ] {
            assert_eq!(Format::of_content_type(header), format, "{header}");
        }
    }
}
