//! What cleans up after a test that was killed: a shell that waits for the end of its input.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::{other, while_doing};

/// Its argument is the server's folder. While we live it is told which process to end; when we are gone, its input
/// ends. A paused server has to go on to be able to stop, and is given 10 s for it.
const SCRIPT: &str = r#"
pid=
while read -r word number; do
  case $word in
    watch) pid=$number ;;
    leave) pid= ;;
    done) exit 0 ;;
  esac
done
if [ -n "$pid" ]; then
  for stat in /proc/[0-9]*/stat; do
    read -r child _ _ parent _ <"$stat" && [ "$parent" = "$pid" ] && kill -CONT "$child"
  done
  kill -CONT "$pid"
  kill -QUIT "$pid"
  tries=0
  while kill -0 "$pid" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL "$pid"
fi
rm -rf -- "$1"
"#;

/// The shell. Dropped without [`Guard::dismiss`] it cleans up as after a kill.
pub struct Guard {
    shell: Child,
    input: ChildStdin,
}

impl Guard {
    /// Begins to look after the folder.
    pub fn start(folder: &Path) -> io::Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "guard"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own: Ctrl-C and a test runner that ends the test's whole group do not reach it.
            .process_group(0)
            .current_dir("/")
            .spawn()
            .map_err(while_doing("cannot run sh"))?;
        let input = shell.stdin.take().ok_or_else(|| other("sh has no input"))?;
        Ok(Self { shell, input })
    }

    /// The process to end as well.
    pub fn watch(&mut self, pid: i32) -> io::Result<()> {
        self.tell(&format!("watch {pid}\n"))
    }

    /// That process has ended.
    pub fn leave(&mut self) -> io::Result<()> {
        self.tell("leave\n")
    }

    /// Nothing is left to clean up.
    pub fn dismiss(mut self) -> io::Result<()> {
        self.tell("done\n")?;
        self.shell.wait().map(drop)
    }

    fn tell(&mut self, line: &str) -> io::Result<()> {
        self.input.write_all(line.as_bytes()).map_err(while_doing("cannot tell the guard"))
    }
}
