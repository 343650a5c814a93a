//! The PagerDuty sink of tidegate: one alert for each issue, by the Events API v2.
