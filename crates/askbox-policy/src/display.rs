//! Text that a sandboxed program chose, made harmless for people's eyes and terminals.
