use super::*;

#[test]
fn a_name_is_whole_and_without_wildcards() {
    for (text, is_one) in [
        ("org.example.Service", true),
        ("org.example.with-dash_and2", true),
        ("a.b", true),
        ("", false),
        ("org", false),
        ("org.", false),
        (".org.example", false),
        ("org..example", false),
        ("org.example.*", false),
        ("*", false),
        ("org.7zip.Archiver", false),
        (":1.42", false),
        ("org.example.Service=x", false),
        ("org.example.a b", false),
        ("--own=org.example", false),
        ("org.example.\u{fc}", false),
    ] {
        assert_eq!(text.parse::<ServiceName>().is_ok(), is_one, "{text}");
    }
    assert!(format!("a.{}", "b".repeat(253)).parse::<ServiceName>().is_ok());
    assert!(format!("a.{}", "b".repeat(254)).parse::<ServiceName>().is_err());
}

#[test]
fn what_gives_everything_away_is_refused() {
    for (text, reason) in [
        ("org.freedesktop.systemd1", Some("commands")),
        ("org.freedesktop.DBus", Some("bus")),
        ("org.freedesktop.portal.Desktop", Some("desktop asks")),
        ("org.freedesktop.impl.portal.desktop.gtk", Some("desktop asks")),
        ("org.freedesktop.Flatpak", Some("commands")),
        ("org.freedesktop.secrets", Some("passwords")),
        ("org.kde.kwalletd6", Some("passwords")),
        ("org.gnome.Shell", Some("screen")),
        ("org.gnome.Shell.Screencast", Some("screen")),
        ("org.gnome.shell", Some("screen")),
        ("ca.desrt.dconf", Some("settings")),
        ("org.freedesktop.Notifications", Some("answers for you")),
        ("org.kde.StatusNotifierItem-7-1", Some("answers for you")),
        ("org.a11y.Bus", Some("screen")),
        ("org.freedesktop.DBusx", None),
        ("org.gnome.Shells", None),
        ("org.freedesktop.Tracker3.Miner.Files", Some("files")),
        ("org.mpris.MediaPlayer2.vlc", None),
        ("org.example.Service", None),
    ] {
        let refusal = text.parse::<ServiceName>().unwrap().refusal();
        match (refusal, reason) {
            (None, None) => {}
            (Some(refusal), Some(word)) => assert!(refusal.reason.contains(word), "{text}: {refusal:?}"),
            (refusal, _) => panic!("{text}: {refusal:?}"),
        }
    }
}
