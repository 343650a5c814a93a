//! What a node says of itself in numbers.
