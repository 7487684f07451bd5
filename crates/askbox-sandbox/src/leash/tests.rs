use nix::unistd::pipe;

use super::*;

#[test]
fn what_is_sent_is_heard_and_the_end_too() {
    let (inside, outside) = pipe().unwrap();
    for order in [Order::Terminate, Order::Freeze, Order::Thaw] {
        order.send(&outside).unwrap();
        assert_eq!(hear(&inside).unwrap(), Heard::Order(order));
    }
    write(&outside, b"?").unwrap();
    assert_eq!(hear(&inside).unwrap(), Heard::Nothing);
    drop(outside);
    assert_eq!(hear(&inside).unwrap(), Heard::Released);
}
