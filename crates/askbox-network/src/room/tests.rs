use super::*;

/// As many places as a session gets at once.
fn take_all(share: &Share) -> Vec<Place> {
    std::iter::from_fn(|| share.try_take()).collect()
}

fn room_for(connections: usize, sessions: usize) -> Room {
    Room::new(connections * CONNECTION_DESCRIPTORS + sessions * SESSION_DESCRIPTORS)
}

#[test]
fn one_session_leaves_half_of_the_room_and_two_a_third() {
    let room = room_for(600, 3);
    let [first, second, third] = [(); 3].map(|()| room.join().unwrap());
    let mut held = take_all(&first);
    assert_eq!(held.len(), 300);
    let others = take_all(&second);
    assert_eq!(others.len(), 150);
    // What the first one gives up is for the second one, until both hold the same.
    assert!(first.try_take().is_none());
    held.truncate(200);
    let more = take_all(&second);
    assert_eq!(others.len() + more.len(), 200);
    assert!(first.try_take().is_none());
    assert_eq!(take_all(&third).len(), 100);
}

#[test]
fn ten_thousand_connections_are_one_sessions_share_where_limits_are_usual() {
    let share = Room::new(1_048_576).join().unwrap();
    assert_eq!(take_all(&share).len(), CONNECTIONS);
    let share = Room::new(3_328).join().unwrap();
    assert!(500 < take_all(&share).len());
}

#[test]
fn a_session_without_room_for_a_connection_is_none() {
    let room = room_for(2, 1);
    let share = room.join().unwrap();
    assert!(room.join().is_none());
    let place = share.try_take().unwrap();
    assert!(share.try_take().is_none());
    drop((share, place));
    assert!(room.join().is_some());
}

#[tokio::test]
async fn who_waits_goes_on_when_a_connection_ends() {
    let room = room_for(10, 1);
    let share = room.join().unwrap();
    let mut held = take_all(&share);
    let waiting = tokio::spawn({
        let share = share.clone();
        async move { share.take().await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    held.pop();
    drop(waiting.await.unwrap());
    held.clear();
    share.until_empty().await;
}

#[tokio::test]
async fn a_closed_share_lets_nobody_in() {
    let share = room_for(10, 1).join().unwrap();
    share.close();
    let waiting = tokio::spawn({
        let share = share.clone();
        async move { drop(share.take().await) }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    waiting.abort();
    share.until_empty().await;
}

#[test]
fn a_full_session_is_told_of_once_in_a_while() {
    let share = room_for(10, 1).join().unwrap();
    let now = Instant::now();
    assert!(share.is_due(now));
    assert!(!share.is_due(now));
    assert!(share.is_due(now + FULL_EVENT_EVERY));
}
