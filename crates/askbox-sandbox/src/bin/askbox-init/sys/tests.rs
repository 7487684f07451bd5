use std::fs::File;
use std::os::fd::IntoRawFd as _;

use super::*;

#[test]
fn only_an_open_descriptor_above_the_standard_ones_is_adopted() {
    for number in [0, 1, 2, 1_000_000, i32::MAX.cast_unsigned(), u32::MAX] {
        let refused = adopt(number).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput, "{number}: {refused}");
    }
    let number = File::open("/dev/null").unwrap().into_raw_fd();
    let adopted = adopt(number.cast_unsigned()).unwrap();
    assert_eq!(adopted.as_raw_fd(), number);
    assert_eq!(fcntl(&adopted, FcntlArg::F_GETFD), Ok(FdFlag::FD_CLOEXEC.bits()));
}
