//! Which files a program is made of, by what the kernel says of its memory (`proc_pid_maps(5)`). Owns that text's form; reads no
//! file.

use std::collections::BTreeSet;

/// The files of a list of mappings, each once: its last column, where that is a path.
pub fn files(maps: &str) -> BTreeSet<&str> {
    maps.lines()
        .filter_map(|line| line.find('/').map(|start| &line[start..]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(maps: &str, expected: &[&str]) {
        assert_eq!(files(maps).into_iter().collect::<Vec<_>>(), expected, "{maps}");
    }

    #[test]
    fn each_mapped_file_is_named_once_with_its_whole_path() {
        let page = "55d0a0000000-55d0a0001000 r--p 00000000 fe:01 1234                       ";
        check("", &[]);
        check(&format!("{page}/usr/lib/libb.so\n"), &["/usr/lib/libb.so"]);
        check(
            &format!("{page}/usr/lib/libb.so\n{page}/usr/lib/libb.so\n{page}/usr/bin/a\n"),
            &["/usr/bin/a", "/usr/lib/libb.so"],
        );
        check(&format!("{page}/opt/a b/lib c.so\n"), &["/opt/a b/lib c.so"]);
        // Memory that is no file's.
        let own = "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          ";
        check(&format!("{own}[stack]\n{own}\n{own}[vdso]\n"), &[]);
    }
}
