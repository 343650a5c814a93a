//! Log files as a tidegate source, without a gap.
