use super::*;

#[test]
fn the_target_directory_is_the_one_that_this_test_was_built_in() {
    let own = std::env::current_exe().unwrap();
    assert!(own.starts_with(target().unwrap()), "{own:?}");
}
