//! The rules that every store keeps, as tests.
