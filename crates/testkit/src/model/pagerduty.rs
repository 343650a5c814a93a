//! A pagerduty service.
