//! The Opsgenie sink of tidegate: one alert for each issue.
