//! Attacks that must fail, each beside a twin that must work.
