//! What becomes of a connection to a display that is of no use. Displays are tested by functional tests.

use super::*;
use crate::testing::Place;

/// A display that is gone, for a session whose rules have this effect on one that shows everything.
fn gone(effect: &str) -> (Place, Display) {
    let rule = format!("[[rule]]\neffect = \"{effect}\"\nneighbour = \"x11-trusted\"\n");
    let place = Place::new(&rule, false);
    let display = Display {
        number: 0,
        socket: SocketPath::new(&place.at("gone")).unwrap(),
        authority: None,
    };
    (place, display)
}

#[tokio::test]
async fn a_connection_is_cut_when_its_refusal_is_in_the_log() {
    let (place, display) = gone("allow");
    let (asking, watched) = place.watching();
    let _serving = serve_display(place.listener(), display, asking, &Places::default()).unwrap();
    // When it came, and when it was refused.
    assert_eq!(watched.until_it_is_cut(&place).await, [true, true]);
    place.was("deny", "x11-trusted", "your display: ");
}

#[tokio::test]
async fn one_that_cannot_be_asked_about_is_cut_when_that_is_in_the_log() {
    let (place, display) = gone("deny");
    let (asking, watched) = place.watching();
    let _serving = serve_display(place.listener(), display, asking, &Places::default()).unwrap();
    // The display is looked at before it is known what to ask about.
    assert_eq!(watched.until_it_is_cut(&place).await, [true]);
    place.was("deny", "x11", "your display: ");
}
