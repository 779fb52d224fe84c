"""`dust bench recompute`: what late readings cost, and whether it grows with history."""
