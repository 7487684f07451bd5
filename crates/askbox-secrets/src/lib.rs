//! Where secrets of Askbox are kept.
#![forbid(unsafe_code)]
