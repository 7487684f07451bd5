use super::*;
use crate::resolve::{Resolver, Upstream};

#[test]
fn a_look_up_that_failed_does_not_say_that_the_network_does_not_translate() {
    let answers = vec!["2001:db8:64::c000:aa".parse().unwrap()];
    let prefix = ("2001:db8:64::".parse().unwrap(), 96);
    assert_eq!(told(Ok(answers)), Ok(vec![prefix]));
    assert_eq!(told(Err(LookupError::NoName)), Ok(Vec::new()));
    assert_eq!(told(Err(LookupError::Failed)), Err(LookupError::Failed));
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_only_what_may_be_translated_is_not_judged() {
    let upstream = Arc::new(Upstream::default());
    let slot = Arc::clone(&upstream.translation.slot);
    let _busy = slot.acquire_owned().await.unwrap();
    let resolver = Resolver::new(Arc::clone(&upstream));
    let network = async |text: &str| {
        let address: IpAddr = text.parse().unwrap();
        resolver
            .network(&[address])
            .await
            .map(|network| network.nat64.clone())
    };
    for text in ["192.0.2.1", "::1", "fd00::1", "::ffff:192.0.2.1"] {
        assert_eq!(network(text).await, Ok(Vec::new()), "{text}");
    }
    assert_eq!(network("2001:db8::1").await, Err(LookupError::Failed));
    let own = HostNetwork {
        own: upstream.network().unwrap().own.clone(),
        ..HostNetwork::default()
    };
    assert_eq!(upstream.translation.known(&own), None);
}
