//! Licences of everything that is linked.

use cargo_metadata::MetadataCommand;

use super::root;

/// One of these must be among the choices of every dependency.
const ACCEPTED: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "MIT-0",
    "MPL-2.0",
    "Unlicense",
    "blessing",
];

#[test]
fn every_dependency_has_an_accepted_licence() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .exec()
        .unwrap();
    let mut refused = Vec::new();
    for package in &metadata.packages {
        let licence = package.license.clone().unwrap_or_default();
        let choices = licence.split(['/']).flat_map(|part| part.split(" OR "));
        let fine = choices.into_iter().any(|choice| {
            choice.split(" AND ").all(|one| {
                ACCEPTED.contains(
                    &one.trim()
                        .trim_matches(['(', ')'])
                        .split(" WITH ")
                        .next()
                        .unwrap()
                        .trim(),
                )
            })
        });
        if !fine {
            refused.push(format!("{} {licence}", package.name));
        }
    }
    assert_eq!(refused, Vec::<String>::new());
}
