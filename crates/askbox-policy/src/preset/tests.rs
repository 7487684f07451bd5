use super::*;

fn name(text: &str) -> HostName {
    HostName::parse(text).unwrap()
}

#[test]
fn the_data_file_parses_to_the_last_line() {
    let text = include_str!("../presets.toml");
    let read = Preset::Moderate.data().families.len();
    assert_eq!(read, text.matches("family = \"").count());
    assert_eq!(read, text.matches("reason = \"").count());
    assert!(30 <= read);
    assert!(!text.contains("reason = \"\""));
}

#[test]
fn every_family_is_a_whole_registrable_domain() {
    for family in &Preset::Moderate.data().families {
        // A family that is a public suffix itself has no registrable domain: everybody's files are below it.
        let name = name(family);
        let domain = name.registrable_domain();
        assert!(domain.is_none_or(|domain| domain == &**family), "{family}");
    }
}

#[test]
fn presets_open_step_by_step() {
    use Kind::{Execute, Network, Read, Write};
    let approved = |preset: Preset| [Network, Read, Write, Execute].map(|kind| preset.approves(kind));
    assert_eq!(approved(Preset::Minimal), [false; 4]);
    assert_eq!(approved(Preset::Moderate), [false, true, false, false]);
    assert_eq!(approved(Preset::Development), [true; 4]);
}

#[test]
fn a_family_is_the_domain_and_everything_below() {
    let moderate = Preset::Moderate;
    assert!(moderate.allows_name(&name("github.com")));
    assert!(moderate.allows_name(&name("a.b.github.com")));
    assert!(!moderate.allows_name(&name("notgithub.com")));
    assert!(!moderate.allows_name(&name("github.com.example.com")));
    assert!(!Preset::Minimal.allows_name(&name("github.com")));
}

#[test]
fn names_survive_as_text() {
    for preset in Preset::ALL {
        assert_eq!(preset.to_string().parse(), Ok(preset));
    }
    assert_eq!("Minimal".parse::<Preset>(), Err(UnknownPreset));
    assert!(Preset::Minimal < Preset::Moderate && Preset::Moderate < Preset::Development);
}
