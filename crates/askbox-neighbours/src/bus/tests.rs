//! What is decided before a proxy starts, and what becomes of one that does not. Proxies with a bus are tested by functional
//! tests.

use tokio::io::AsyncReadExt;

use super::*;
use crate::testing::Place;

const NAME: &str = "org.example.Named";

struct World {
    place: Place,
    _serving: Serving,
}

impl World {
    /// A session whose rules have this effect on the service, and which has another one that it is asked about.
    fn new(effect: &str, program: &'static str) -> Self {
        let rule = format!("[[rule]]\neffect = \"{effect}\"\nneighbour = \"dbus {NAME}\"\n");
        let place = Place::new(&rule, true);
        let bus = Bus {
            address: "unix:path=/nonexistent/bus".to_owned(),
            services: vec![NAME.parse().unwrap(), "org.example.Other".parse().unwrap()],
            program,
        };
        let directory = place.directory.path().to_owned();
        let serving = serve_bus(
            place.listener(),
            (bus, directory),
            place.asking(),
            &Places::default(),
        );
        Self {
            _serving: serving.unwrap(),
            place,
        }
    }

    /// Connects, answers the question about the other service, and waits for the end.
    async fn connect(&self, allow: bool) {
        let mut stream = self.place.connect().await;
        let asked = self.place.answer(allow).await;
        assert_eq!(asked, "the service org.example.Other of your session bus");
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn no_proxy_starts_where_every_service_is_denied() {
    let world = World::new("deny", "/nonexistent/proxy");
    world.connect(false).await;
    world.place.was("deny", "dbus org.example.Named", "");
    world.place.was("deny", "dbus org.example.Other", "");
    assert!(!world.place.has_logged("deny", "dbus", "proxy"));
}

#[tokio::test]
async fn a_proxy_that_cannot_start_is_an_event() {
    let world = World::new("allow", "/nonexistent/proxy");
    world.connect(false).await;
    world.place.was("allow", "dbus org.example.Named", "");
    world
        .place
        .was("deny", "dbus org.example.Named", "its proxy cannot be started");
}

#[tokio::test]
async fn a_connection_is_cut_when_its_refusal_is_in_the_log() {
    let place = Place::new(
        &format!("[[rule]]\neffect = \"allow\"\nneighbour = \"dbus {NAME}\"\n"),
        false,
    );
    let bus = Bus {
        address: "unix:path=/nonexistent/bus".to_owned(),
        services: vec![NAME.parse().unwrap()],
        program: "/nonexistent/proxy",
    };
    let directory = place.directory.path().to_owned();
    let (asking, watched) = place.watching();
    let _serving = serve_bus(place.listener(), (bus, directory), asking, &Places::default()).unwrap();
    // When it came, and when it was refused.
    assert_eq!(watched.until_it_is_cut(&place).await, [true, true]);
    place.was("deny", "dbus org.example.Named", "its proxy cannot be started");
}

#[tokio::test]
async fn a_proxy_that_ends_at_once_is_an_event() {
    let world = World::new("deny", "/bin/false");
    world.connect(true).await;
    world
        .place
        .was("deny", "dbus org.example.Other", "its proxy does not begin");
}
