use super::*;

#[test]
fn executables_are_named_by_artifacts_alone() {
    let artifact = |executable: &str| {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"p","target":{{"name":"t","kind":["test"],"crate_types":["bin"],"src_path":"/s","edition":"2024","doctest":false,"test":true,"doc":false}},"profile":{{"opt_level":"0","debuginfo":0,"debug_assertions":true,"overflow_checks":true,"test":true}},"features":[],"filenames":[],"executable":{executable},"fresh":true}}"#
        )
    };
    let messages = [
        artifact(r#""/with \"quotes\"/functional-1""#),
        artifact("null"),
        r#"{"reason":"build-finished","success":true}"#.to_owned(),
    ];
    assert_eq!(
        executables(&messages.join("\n")),
        [PathBuf::from("/with \"quotes\"/functional-1")]
    );
}
