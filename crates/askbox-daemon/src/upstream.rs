//! Name and password for the proxy of policy.toml: in a file of their own, so that nobody shows or shares them with the rules.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use askbox_network::{Proxies, ProxyEnvironment};
use askbox_paths::{Paths, own_file};

use crate::limits::CREDENTIALS_BYTES;

/// The proxies of this environment, and of policy.toml with the credentials of this user.
pub(crate) fn proxies(paths: &Paths, environment: ProxyEnvironment) -> Proxies {
    let file = paths.proxy_credentials();
    Proxies {
        environment,
        credentials: Arc::new(move || read(&file)),
    }
}

/// `NAME:PASSWORD`, where there is such a file. Read anew each time: who changes it need not start anything anew.
fn read(file: &Path) -> Result<Option<String>, String> {
    let name = || file.file_name().unwrap_or_default().to_string_lossy();
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", name());
    let Some(content) = own_file::read(file, CREDENTIALS_BYTES).map_err(failed)? else {
        return Ok(None);
    };
    let mode = fs::metadata(file).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!("others may read {}: chmod 600", name()));
    }
    let text = String::from_utf8(content).map_err(|_bytes| format!("{} is not text", name()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.contains(['\r', '\n']) || !text.contains(':') {
        return Err(format!("{} must be one line, NAME:PASSWORD", name()));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests;
