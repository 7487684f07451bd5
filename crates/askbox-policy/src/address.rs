//! Which addresses a name may lead to. Pure; what the host's own addresses and routes are is passed in.
