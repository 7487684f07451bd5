//! A cookie for programs that are not trusted, which a display makes that has the SECURITY extension (Security Extension
//! Specification, X11R7): they see nothing that is in windows of others, and no key that is meant for others. What a display says
//! is bounded.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::authority::{Authorization, COOKIE};
use super::setup;

const NAME: &[u8; 8] = b"SECURITY";

/// `QueryExtension`, and of the extension `SecurityGenerateAuthorization`.
const QUERY_EXTENSION: u8 = 98;
const GENERATE: u8 = 1;

/// `XSecurityTimeout` and `XSecurityTrustLevel`: which values follow.
const TIMEOUT_AND_TRUST: u32 = 0b11;

/// So many seconds a cookie lasts that nobody uses.
const TIMEOUT: u32 = 60;

/// `XSecurityClientUntrusted`.
const UNTRUSTED: u32 = 1;

/// Most that a display says of itself, or as a cookie, in units of four bytes.
const LONGEST: u32 = 65_536;

/// Has a display make a cookie; `None` where it has no such extension, or will not. `own` is the user's.
pub(crate) async fn untrusted_cookie(
    mut display: UnixStream,
    own: &Authorization,
) -> io::Result<Option<Authorization>> {
    setup::write(&mut display, setup::OURS, own).await?;
    let mut head = [0; 8];
    display.read_exact(&mut head).await?;
    let [is_in, _, _, _, _, _, a, b] = head;
    skip(&mut display, u32::from(u16::from_le_bytes([a, b]))).await?;
    if is_in != 1 {
        return Err(io::Error::other("it takes no connection of yours"));
    }
    let mut query = vec![QUERY_EXTENSION, 0, 4, 0, 8, 0, 0, 0];
    query.extend(NAME);
    display.write_all(&query).await?;
    let Some([is_there, major, ..]) = reply(&mut display).await?.map(|(told, _)| told) else {
        return Ok(None);
    };
    if is_there == 0 {
        return Ok(None);
    }
    let mut generate = vec![major, GENERATE, 10, 0, 18, 0, 0, 0];
    generate.extend(TIMEOUT_AND_TRUST.to_le_bytes());
    generate.extend(COOKIE);
    generate.extend([0, 0]);
    generate.extend(TIMEOUT.to_le_bytes());
    generate.extend(UNTRUSTED.to_le_bytes());
    display.write_all(&generate).await?;
    let Some((told, mut data)) = reply(&mut display).await? else {
        return Ok(None);
    };
    let [_, _, _, _, a, b, ..] = told;
    data.truncate(usize::from(u16::from_le_bytes([a, b])));
    Ok((!data.is_empty()).then(|| Authorization {
        name: COOKIE.to_owned(),
        data,
    }))
}

/// The answer to the one request that waits for one: 24 bytes of its own, and what follows. `None` is a refusal.
async fn reply(display: &mut UnixStream) -> io::Result<Option<([u8; 24], Vec<u8>)>> {
    let mut head = [0; 8];
    display.read_exact(&mut head).await?;
    let mut told = [0; 24];
    display.read_exact(&mut told).await?;
    let [kind, _, _, _, a, b, c, d] = head;
    match kind {
        0 => Ok(None),
        1 => Ok(Some((
            told,
            skip(display, u32::from_le_bytes([a, b, c, d])).await?,
        ))),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

async fn skip(display: &mut UnixStream, units: u32) -> io::Result<Vec<u8>> {
    if LONGEST < units {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let length = usize::try_from(units).unwrap_or(usize::MAX).saturating_mul(4);
    let mut bytes = vec![0; length];
    display.read_exact(&mut bytes).await?;
    Ok(bytes)
}
