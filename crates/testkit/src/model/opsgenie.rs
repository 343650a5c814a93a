//! A opsgenie service.
