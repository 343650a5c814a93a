//! The Prometheus text format and OpenMetrics, read without copying.
