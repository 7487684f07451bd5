//! The limits of planning and launching, each with its reason. What a program inside can make grow has one.

use std::time::Duration;

/// How long the launch child may be silent between two of its words. It makes namespaces and some hundred mounts in
/// milliseconds; a mount from a file system that does not answer, or a machine that swaps, takes its time.
pub(crate) const LAUNCH_WAIT: Duration = Duration::from_mins(1);

/// Longest message of the launch child: an error text.
pub(crate) const MESSAGE_BYTES: usize = 4096;

/// Processes of Askbox that count like those of a session: bwrap outside its pid namespace, and askbox-init.
pub(crate) const OWN_PROCESSES: u64 = 2;

/// How readily the kernel ends a session's programs when the machine runs out of memory, at least (`oom_score_adj`): before
/// desktop programs, which have 0 to 300, and as if they had half of the machine's memory more.
pub(crate) const OUT_OF_MEMORY_SCORE: i32 = 500;

/// Names that one look at what a project holds reads: with what the kernel has in memory, two seconds of work.
pub(crate) const GROWTH_NAMES: usize = 1_000_000;

/// Most mounts of a plan, without guards: start time grows with the square of them.
pub(crate) const MAX_MOUNTS: usize = 200;

/// Most link targets of ~/.local/bin that are mounted for themselves.
pub(crate) const LINK_TARGETS: usize = 10;

/// Most git directories that are guarded beside the project's own.
pub(crate) const REPOSITORIES: usize = 16;

/// Most guards: each is a mount, and start time grows with them.
pub(crate) const GUARDS: usize = 128;

/// Most configuration files of one git directory that are read, with those that they include: people write one for each employer or
/// machine, and one that is small costs 20 us.
pub(crate) const CONFIGURATIONS: usize = 24;

/// Most names in configurations that are looked for: a program inside may have written the repository.
pub(crate) const NAMED: usize = 200;

/// The same for the user's own configuration, which nothing inside writes: some write one for each employer.
pub(crate) const USERS_CONFIGURATIONS: usize = 32;

/// Names in the user's own configuration that are looked for in one work tree: its aliases have many words.
pub(crate) const USERS_NAMED: usize = 2000;

/// Longest `.git` file, `gitdir` file or config that is read: they hold a line or a page.
pub(crate) const GIT_FILE_BYTES: u64 = 64 * 1024;

/// Bytes of git indices that one launch reads to find links in them, at most: 300,000 files, and less than 0.1 s. Twice as much is read
/// when a session has ended.
pub(crate) const INDEX_BYTES: u64 = 32 << 20;

/// Most links of indices that one launch follows: each costs two system calls. Large projects have a hundred submodules.
pub(crate) const GITLINKS: usize = 1000;

/// Names that are read to find the repositories of a project. With [`SEARCHED_DIRECTORIES`], one look costs a millisecond.
pub(crate) const SEARCHED_NAMES: usize = 2000;

/// Directories that are looked into to find the repositories of a project.
pub(crate) const SEARCHED_DIRECTORIES: usize = 300;

/// How many times as much is looked at when a session has ended.
pub(crate) const THOROUGH: usize = 20;

/// How deep in `modules` a submodule's git directory is looked for: its name may have slashes, and it may have submodules.
pub(crate) const MODULE_DEPTH: usize = 6;

/// Names of the project directory that are compared with guarded endings: as many as a look for repositories reads.
pub(crate) const PROJECT_NAMES: usize = 2000;

/// Characters of a refusal in a notice: two paths and the words around them.
pub(crate) const REFUSAL_SHOWN: usize = 600;

/// Largest file whose content is kept for a review, so that it can be shown and put back: settings and hooks are smaller.
pub(crate) const REVIEW_FILE_BYTES: u64 = 64 * 1024;

/// What is kept for the review of one session, all together.
pub(crate) const REVIEW_BYTES: usize = 4 << 20;

/// Largest file that is compared by what is in it; a larger one by its inode and times.
pub(crate) const REVIEW_DIGEST_BYTES: u64 = 1 << 20;

/// Bytes that are read for one side of a review: 50 ms of work. What comes then is compared by inode and times.
pub(crate) const REVIEW_READ_BYTES: u64 = 16 << 20;

/// Most names below one guarded directory that are looked at, and most programs of one directory.
pub(crate) const REVIEW_ROOT_NAMES: usize = 2048;

/// Most names of one side of a review.
pub(crate) const REVIEW_NAMES: usize = 16 * 1024;

/// How deep below a guarded directory is looked.
pub(crate) const REVIEW_DEPTH: usize = 8;

/// Longest record of a review that is read: both sides of every name, and what is kept, as JSON.
pub(crate) const REVIEW_RECORD_BYTES: u64 = 64 << 20;

/// Directories of one session that are watched for guarded names. The kernel lets a user watch some thousands at least
/// (`fs.inotify.max_user_watches`), and other programs watch too.
pub(crate) const WATCHES: usize = 512;

/// Names of one session that are flagged while it runs, each once; what comes then is seen at its end.
pub(crate) const FLAGGED: usize = 256;

/// Names that one look for guarded names of a running session reads: programs inside can make many, and have it done anew.
pub(crate) const WATCH_NAMES: usize = 20_000;

/// How long the process in a session's network may take to answer: it makes one system call. Only one that was stopped takes
/// longer.
pub(crate) const INSIDE_WAIT_SECONDS: i64 = 5;

/// How many seconds the kernel is to remember where a flow of datagrams leads on which nothing moves: longer than the daemon keeps
/// one, which would otherwise send answers that the kernel takes for something new.
pub(crate) const FLOW_REMEMBERED_SECONDS: u32 = 180;

/// Interpreters of one start that are named: the kernel follows as many (`exec_binprm`, fs/exec.c).
pub(crate) const INTERPRETERS: usize = 5;

/// How much of a script the kernel reads to find its interpreter (`BINPRM_BUF_SIZE`, linux/binfmts.h).
pub(crate) const SCRIPT_HEAD: usize = 256;

/// How often a path is resolved anew because something was renamed on the way.
pub(crate) const RESOLVE_TRIES: usize = 16;
