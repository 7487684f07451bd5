//! To which protocols a connection may change with a request (RFC 9110, section 7.8). Pure.

use hyper::HeaderMap;
use hyper::header::{CONNECTION, HeaderName, HeaderValue, UPGRADE};

/// What goes with an offer of HTTP/2 (RFC 7540, section 3.2.1).
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");

/// Takes HTTP/2 out of what a request offers: what followed would be requests for any host, which nobody here reads. A server
/// answers by HTTP/1.1 then, as one does that knows no better. Other protocols stay: they are of this server alone.
pub(super) fn offer_no_http2(headers: &mut HeaderMap) {
    let offered = tokens(headers, &UPGRADE);
    let others = || offered.iter().filter(|protocol| !is_http2(protocol)).cloned();
    if others().count() == offered.len() && !headers.contains_key(HTTP2_SETTINGS) {
        return;
    }
    headers.remove(HTTP2_SETTINGS);
    let mut options = tokens(headers, &CONNECTION);
    let is_gone = |option: &str, name: &HeaderName| option.eq_ignore_ascii_case(name.as_str());
    options.retain(|option| !is_gone(option, &HTTP2_SETTINGS));
    if others().count() == 0 {
        options.retain(|option| !is_gone(option, &UPGRADE));
    }
    set(headers, UPGRADE, others());
    set(headers, CONNECTION, options.into_iter());
}

/// A name of HTTP/2, also of its drafts (`h2c`, `h2c-14`, `HTTP/2.0`).
fn is_http2(protocol: &str) -> bool {
    let protocol = protocol.to_ascii_lowercase();
    protocol.starts_with("h2") || protocol.starts_with("http/2")
}

/// The items of a list that may be spread over several fields.
fn tokens(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let fields = headers.get_all(name).iter();
    let items = fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b','));
    let items = items.map(|item| String::from_utf8_lossy(item).trim().to_owned());
    items.filter(|item| !item.is_empty()).collect()
}

fn set(headers: &mut HeaderMap, name: HeaderName, items: impl Iterator<Item = String>) {
    headers.remove(&name);
    let list = items.collect::<Vec<_>>().join(", ");
    if let Some(list) = HeaderValue::from_str(&list).ok().filter(|list| !list.is_empty()) {
        headers.insert(name, list);
    }
}

#[cfg(test)]
mod tests;
