//! Who each node sees as what.
