use expect_test::expect;

use super::*;

#[test]
fn a_profile_is_shown_with_all_that_it_opens() {
    let shown = Profile::all()
        .iter()
        .filter(|profile| ["gemini", "git"].contains(&profile.name.as_str()));
    let text: Vec<String> = shown.map(|profile| render(profile, Style::plain())).collect();
    expect![[r#"
        gemini  Gemini CLI, for gemini
           login, read and written: ~/.gemini/google_accounts.json, ~/.gemini/oauth_creds.json
           settings, read: ~/.gemini
           state, read and written: ~/.gemini/history, ~/.gemini/installation_id, ~/.gemini/state.json, ~/.gemini/tmp
           also read: git configuration
           domains: **.cloudcode-pa.googleapis.com, **.generativelanguage.googleapis.com, **.oauth2.googleapis.com
        git  git, for git
           also read: git configuration
    "#]].assert_eq(&text.concat());
}
