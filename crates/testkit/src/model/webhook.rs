//! A webhook service.
