//! What the daemon keeps in memory while it idles: what its allocator freed (`mallopt(3)`, `malloc_trim(3)`), and the pages of its
//! own program (`madvise(2)`). glibc is made for programs that use again what they free, and the kernel for memory that is not
//! scarce; the daemon idles after its sessions.
#![expect(
    unsafe_code,
    reason = "mallopt and malloc_trim, which nix does not wrap, and madvise"
)]

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::ptr::NonNull;

use nix::libc::{self, c_int, c_void};
use nix::sys::mman::{MmapAdvise, madvise};

/// Allocations of this size and more are mappings of their own: pages that nobody touches take no memory, and what is freed
/// goes back at once. It is what glibc begins with; unless it is set, freeing a larger one raises it, up to 32 MiB. fuser
/// reads into 16 MiB for each of a session's threads, and those would be cleared, kept and counted in every arena.
const MAPPED_FROM: c_int = 128 * 1024;

/// One arena for all threads, which keep small allocations of their own besides. glibc would make up to eight for each
/// processor, and each keeps what its busiest moment took.
const ARENAS: c_int = 1;

/// Makes large allocations go back to the system when they are freed. Wants to be called before there is a second thread.
pub(super) fn set_up() {
    for (parameter, value) in [(libc::M_MMAP_THRESHOLD, MAPPED_FROM), (libc::M_ARENA_MAX, ARENAS)] {
        // SAFETY: mallopt takes two integers and may be called at any time by any thread.
        let set = unsafe { libc::mallopt(parameter, value) };
        debug_assert_eq!(set, 1, "glibc knows both");
    }
}

/// Gives back every page that is free, also below those that are in use: without it the heap stays as large as the busiest
/// moment made it (3,000 open connections: 85 MiB). Then unmaps the program's code, of which a session's start and end touch most
/// (8 MiB) and an idle daemon little (1 MiB): what is used again comes back from the page cache, 64 KiB at a time.
pub(super) fn give_back() {
    // SAFETY: malloc_trim takes the bytes to keep at the top and may be called at any time by any thread.
    unsafe { libc::malloc_trim(0) };
    if let Err(error) = unmap_code() {
        tracing::debug!(%error, "the program's code stays mapped");
    }
}

fn unmap_code() -> io::Result<()> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    for range in code(&maps, &fs::read_link("/proc/self/exe")?) {
        let Some(start) = NonNull::new(range.start as *mut c_void) else {
            continue;
        };
        // SAFETY: the kernel says that the range is code of this program, mapped from its file and never written (it has no text
        // relocations: they would make the mapping writable for a while and the linker refuses them). Pages of such a mapping
        // that are dropped are read from the file again when they are touched, by whichever thread.
        let advised = unsafe { madvise(start, range.len(), MmapAdvise::MADV_DONTNEED) };
        advised.map_err(io::Error::from)?;
    }
    Ok(())
}

/// Where a program's code is mapped. Nothing else of it: what was relocated or written is there once only.
fn code(maps: &str, program: &Path) -> Vec<Range<usize>> {
    let range = |line: &str| {
        let (place, rest) = line.split_once(' ')?;
        let (permissions, rest) = rest.split_once(' ')?;
        // Offset, device, inode, and the path behind blanks (proc_pid_maps(5)).
        let path = rest.splitn(4, ' ').nth(3)?.trim_start();
        let (start, end) = place.split_once('-')?;
        let number = |text| usize::from_str_radix(text, 16).ok();
        (permissions == "r-xp" && Path::new(path) == program).then_some(number(start)?..number(end)?)
    };
    maps.lines().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;

    #[test]
    fn only_code_of_the_program_is_unmapped() {
        let maps = "\
            55d0170e0000-55d0173f1000 r--p 00000000 fe:00 846037                     /opt/a b/askbox\n\
            55d0173f1000-55d017e6b000 r-xp 00310000 fe:00 846037                     /opt/a b/askbox\n\
            55d017e6b000-55d017ecd000 r--p 00d89000 fe:00 846037                     /opt/a b/askbox\n\
            55d017ecd000-55d017ece000 rwxp 00d89000 fe:00 846037                     /opt/a b/askbox\n\
            55d02a47a000-55d02a554000 rw-p 00000000 00:00 0                          [heap]\n\
            7f1bcd757000-7f1bcd7b1000 r-xp 00084000 fe:00 326603                     /usr/lib/libm.so.6\n\
            7f1bcd800000-7f1bcd801000 r-xp 00000000 00:00 0 \n\
            7ffc0a5f1000-7ffc0a5f3000 r-xp 00000000 00:00 0                          [vdso]\n";
        let only = 0x55d0_173f_1000..0x55d0_17e6_b000;
        let found = code(maps, Path::new("/opt/a b/askbox"));
        assert_eq!(found, std::slice::from_ref(&only));
        assert_eq!(code(maps, Path::new("/opt/a")), []);
    }

    #[test]
    fn code_is_unmapped_and_there_again_when_it_is_used() {
        let program = fs::read_link("/proc/self/exe").unwrap();
        let resident = || {
            let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
            let lines = smaps.lines().skip_while(|line| code(line, &program).is_empty());
            let figure = lines
                .take_while(|line| !line.starts_with("VmFlags"))
                .find_map(|line| line.strip_prefix("Rss:")?.trim().strip_suffix(" kB"));
            figure.unwrap().parse::<u64>().unwrap()
        };
        use_all_code(&program);
        let before = resident();
        unmap_code().unwrap();
        let after = resident();
        assert!(after < before / 2, "{before} KiB, then {after} KiB");
        use_all_code(&program);
        assert!(after < resident());
    }

    /// Has a byte of each page read, as whoever runs it would.
    fn use_all_code(program: &Path) {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let memory = fs::File::open("/proc/self/mem").unwrap();
        for place in code(&maps, program).into_iter().flatten().step_by(4096) {
            memory.read_exact_at(&mut [0], place as u64).unwrap();
        }
    }
}
