//! The `scripts` of a package.json: where in the text they are, what they say, and other ones in their place. The rest of
//! the file is ordinary work and stays as it is, to the byte. Pure.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Manifest<'a> {
    #[serde(borrow)]
    scripts: Option<&'a RawValue>,
}

/// Where the scripts are; `None` without any. Fails for what is no JSON that npm would read.
pub(super) fn find(manifest: &str) -> Result<Option<Range<usize>>, serde_json::Error> {
    let Manifest { scripts } = serde_json::from_str(manifest)?;
    // The value is a part of the text, so the distance of their starts is its place.
    Ok(scripts.map(|scripts| {
        let start = scripts.get().as_ptr().addr() - manifest.as_ptr().addr();
        start..start + scripts.get().len()
    }))
}

/// The same scripts in one form, however they are indented and sorted.
pub(super) fn canonical(scripts: &str) -> String {
    // As serde_json has no `preserve_order` here, keys come out sorted.
    serde_json::from_str::<Value>(scripts).map_or_else(|_none| scripts.to_owned(), |value| value.to_string())
}

/// The manifest with these scripts in the place of its own; `None` where it has none.
pub(super) fn replace(manifest: &str, scripts: &str) -> Option<String> {
    let range = find(manifest).ok()??;
    let mut changed = manifest.to_owned();
    changed.replace_range(range, scripts);
    Some(changed)
}
