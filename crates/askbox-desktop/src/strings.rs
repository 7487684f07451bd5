//! The words: the one Fluent catalog, which the pages of the windows load too, and values put into it.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// English, which is always complete: every file of its directory.
const ENGLISH: [&str; 3] = [
    include_str!("../../../strings/en/common.ftl"),
    include_str!("../../../strings/en/desktop.ftl"),
    include_str!("../../../strings/en/windows.ftl"),
];

/// A value in a message.
pub type Value<'a> = FluentValue<'a>;

/// A language's messages.
pub struct Strings {
    bundle: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Strings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Strings").finish_non_exhaustive()
    }
}

impl Default for Strings {
    fn default() -> Self {
        Self::english()
    }
}

impl Strings {
    /// The English ones.
    pub fn english() -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![unic_langid::langid!("en")]);
        // Values are harmless already, and marks around them would be seen where a server or a menu shows every character.
        bundle.set_use_isolating(false);
        for text in ENGLISH {
            let resource = match FluentResource::try_new(text.to_owned()) {
                Ok(resource) => resource,
                // What can be read of it serves; a test sees to it that it is all.
                Err((resource, _errors)) => resource,
            };
            bundle.add_resource_overriding(resource);
        }
        Self { bundle }
    }

    /// English with every text of the catalog changed, for tests: what is not changed did not come through it.
    #[cfg(test)]
    pub(crate) fn changed_by(change: fn(&str) -> std::borrow::Cow<'_, str>) -> Self {
        let mut strings = Self::english();
        strings.bundle.set_transform(Some(change));
        strings
    }

    /// A message without values. Its id where there is none, so that nothing looks empty.
    pub fn get(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// A message with values.
    pub fn with(&self, id: &str, values: &[(&str, Value<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(*name, value.clone());
        }
        let mut errors = Vec::new();
        self.bundle
            .format_pattern(pattern, Some(&arguments), &mut errors)
            .into_owned()
    }

    /// A length of time in the largest unit that it is a whole number of: `1 hour`, `90 minutes`.
    pub fn duration(&self, milliseconds: u64) -> String {
        let seconds = milliseconds / 1000;
        let (id, count) = match seconds {
            0 => ("span-seconds", 0),
            _ if seconds.is_multiple_of(86_400) => ("span-days", seconds / 86_400),
            _ if seconds.is_multiple_of(3_600) => ("span-hours", seconds / 3_600),
            _ if seconds.is_multiple_of(60) => ("span-minutes", seconds / 60),
            _ => ("span-seconds", seconds),
        };
        self.with(id, &[("n", count.into())])
    }
}

#[cfg(test)]
pub(crate) mod tests;
