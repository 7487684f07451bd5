//! How notification servers differ. Read in the sources of GNOME Shell 45 to 47, Plasma 5.27 and 6, and dunst 1.9.

/// A kind of notification server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Three buttons, ten notifications of an app; a click beside the buttons without a default action clears all.
    Gnome,
    /// All buttons; refuses what repeats the last one within a second.
    Plasma,
    /// Says that it has actions, and shows no button: they are in a menu of its own. Tells only who asked.
    Dunst,
    /// No actions, no markup.
    Plain,
}

impl Profile {
    pub(super) fn capabilities(self) -> &'static [&'static str] {
        match self {
            Self::Gnome => &[
                "actions",
                "body",
                "body-markup",
                "icon-static",
                "persistence",
                "sound",
            ],
            Self::Plasma => &[
                "body",
                "body-hyperlinks",
                "body-markup",
                "body-images",
                "icon-static",
                "actions",
                "persistence",
                "inhibitions",
                "x-kde-urls",
            ],
            Self::Dunst => &[
                "actions",
                "body",
                "body-hyperlinks",
                "body-markup",
                "icon-static",
                "x-dunst-stack-tag",
            ],
            Self::Plain => &["body"],
        }
    }

    /// How many buttons can be seen.
    pub(super) fn buttons(self) -> usize {
        match self {
            Self::Gnome => 3,
            Self::Plasma => usize::MAX,
            Self::Dunst | Self::Plain => 0,
        }
    }

    /// The most notifications of one app.
    pub(super) fn most(self) -> usize {
        match self {
            Self::Gnome => 10,
            Self::Plasma | Self::Dunst | Self::Plain => usize::MAX,
        }
    }

    pub(super) fn refuses_repetition(self) -> bool {
        self == Self::Plasma
    }

    /// Whether signals go to the connection that showed the notification, and to no other.
    pub(super) fn tells_only_who_asked(self) -> bool {
        self == Self::Dunst
    }

    /// Whether a click comes with what lets a window come to the front.
    pub(super) fn gives_tokens(self) -> bool {
        matches!(self, Self::Gnome | Self::Plasma)
    }

    /// What a click beside the buttons does.
    pub(super) fn body_click(self, has_default: bool) -> BodyClick {
        match self {
            Self::Gnome | Self::Plasma if has_default => BodyClick::Default,
            Self::Gnome => BodyClick::ClearsAll,
            Self::Plasma | Self::Dunst | Self::Plain => BodyClick::Dismisses,
        }
    }
}

/// See [`Profile::body_click`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyClick {
    /// Invokes the default action.
    Default,
    /// Closes it.
    Dismisses,
    /// Closes everything of the app.
    ClearsAll,
}
