//! A cluster that is made once for each version of PostgreSQL and copied for each server: a copy takes a tenth of
//! the time of `initdb`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use crate::account::Account;
use crate::programs::Programs;
use crate::{other, while_doing};

/// Name of the database, and of the user who owns everything.
pub const NAME: &str = "sluice";

/// Write-ahead log in files of 1 MB, so that there is little to copy.
const INITDB: [&str; 9] = [
    "--username=sluice",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--wal-segsize=1",
    "--text-search-config=simple",
    "--no-clean",
    "-D",
];

/// The machine does not fail while a test runs, so nothing waits for the disk; everything else is as it ships, save
/// for size and for what would work in the background.
const SETTINGS: &str = "
fsync = off
full_page_writes = off
shared_buffers = 16MB
max_connections = 100
max_wal_size = 256MB
min_wal_size = 2MB
wal_level = minimal
max_wal_senders = 0
max_logical_replication_workers = 0
autovacuum = off
huge_pages = off
dynamic_shared_memory_type = mmap
timezone = 'UTC'
log_timezone = 'UTC'
";

/// Statements of a server that serves nobody yet. Two databases are left, since a third of the files is then not
/// copied: ours, and the template of those that a test makes.
const STATEMENTS: &str = "\
UPDATE pg_database SET datistemplate = false WHERE datname = 'template0';
DROP DATABASE template0;
ALTER DATABASE postgres RENAME TO sluice;
";

/// Maps of free and of visible space, a quarter of the files. A server without them makes its own when it needs them.
const LEFT_OUT: [&str; 2] = ["_fsm", "_vm"];

/// What tests of this repository keep between runs: templates, locks of ports.
pub fn lasting() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).join("target/postgres")
}

/// The template's folder, made now if need be. Processes that need it at the same time wait for the first.
pub fn template(lasting: &Path, programs: &Programs, account: Account) -> io::Result<PathBuf> {
    let folder = lasting.join(format!("{}-{:016x}", programs.version()?, recipe()));
    if folder.exists() {
        return Ok(folder);
    }
    fs::create_dir_all(lasting).map_err(while_doing(&format!("cannot make {}", lasting.display())))?;
    let lock = File::create(lasting.join("lock"))?;
    lock.lock()?;
    if !folder.exists() {
        make(programs, account, &folder)?;
    }
    Ok(folder)
}

/// Another recipe is another template.
fn recipe() -> u64 {
    let mut hasher = DefaultHasher::new();
    (INITDB, SETTINGS, STATEMENTS, LEFT_OUT).hash(&mut hasher);
    hasher.finish()
}

/// Made where the server's user may write, then moved to its place whole.
fn make(programs: &Programs, account: Account, folder: &Path) -> io::Result<()> {
    let room = account.folder()?;
    let data = room.path().join("data");
    output(account.command(&programs.initdb, room.path()).args(INITDB).arg(&data), "")?;
    let mut settings = OpenOptions::new().append(true).open(data.join("postgresql.conf"))?;
    settings.write_all(SETTINGS.as_bytes())?;
    let alone = ["--single", "-D"];
    let told = output(
        account.command(&programs.postgres, room.path()).args(alone).arg(&data).arg("template1"),
        STATEMENTS,
    )?;
    if let Some(line) = told.lines().find(|line| line.contains("ERROR:")) {
        return Err(other(format!("postgres --single: {line}")));
    }
    let unfinished = folder.with_extension(format!("{}.new", process::id()));
    copy(&data, &unfinished, &|_| Ok(()))?;
    fs::rename(&unfinished, folder).map_err(while_doing(&format!("cannot make {}", folder.display())))
}

/// Runs a program with this input; gives what it wrote to stderr.
fn output(command: &mut Command, input: &str) -> io::Result<String> {
    let name = Path::new(command.get_program()).display().to_string();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(while_doing(&format!("cannot run {name}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(told)
    } else {
        Err(other(format!("{name}: {}: {}", output.status, told.trim())))
    }
}

/// Copies the template for a server.
pub fn copy_for(account: Account, template: &Path, data: &Path) -> io::Result<()> {
    copy(template, data, &|path| account.give(path))
}

/// Folders are the owner's alone, as PostgreSQL demands; files keep their modes.
fn copy(from: &Path, to: &Path, give: &dyn Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let name = |error| while_doing(&format!("cannot copy {} to {}", from.display(), to.display()))(error);
    DirBuilder::new().mode(0o700).create(to).map_err(name)?;
    give(to)?;
    for entry in fs::read_dir(from).map_err(name)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&source, &target, give)?;
        } else if !LEFT_OUT.iter().any(|end| entry.file_name().to_string_lossy().ends_with(end)) {
            fs::copy(&source, &target).map_err(name)?;
            give(&target)?;
        }
    }
    Ok(())
}
