//! The server as tests see it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::account::Account;
use crate::guard::Guard;
use crate::port::Port;
use crate::postmaster::{Postmaster, Refused, Stop};
use crate::programs::Programs;
use crate::template::{self, NAME};
#[cfg(feature = "tls")]
use crate::tls::{self, Certificates};
use crate::{missing, other};

/// Another program may take a port between our look at it and the start.
const PORTS_TRIED: usize = 5;

/// A PostgreSQL server with one empty database, `sluice`, whose owner may do everything and needs no password.
///
/// All of its functions may be called from any thread. Dropping it stops the server at once and removes its folder.
pub struct Server {
    programs: Programs,
    account: Account,
    port: Port,
    lasting: PathBuf,
    #[cfg(feature = "tls")]
    certificates: Option<Certificates>,
    settings: Vec<String>,
    run: Mutex<Run>,
    /// Last: it is removed when everything else is gone.
    folder: TempDir,
}

/// What changes.
struct Run {
    /// `None` while it is stopped.
    postmaster: Option<Postmaster>,
    /// `None` once the server is dropped.
    guard: Option<Guard>,
}

impl Server {
    /// Starts a server that accepts connections without TLS only.
    ///
    /// # Errors
    /// [`missing`] has a reason, or a program or file fails; the text quotes the end of the server's log.
    pub fn start() -> io::Result<Self> {
        Self::start_in(&template::lasting())
    }

    /// The same, with what is kept between runs in another folder than `target/postgres`.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_in(lasting: &Path) -> io::Result<Self> {
        let (mut server, guard) = Self::prepare(lasting)?;
        server.begin(guard)?;
        Ok(server)
    }

    /// Starts a server that accepts connections with TLS only. Its certificate is for `localhost`, signed by a CA of
    /// its own, so that `sslmode=verify-full` holds for that name and not for 127.0.0.1.
    ///
    /// # Errors
    /// As [`Server::start`].
    #[cfg(feature = "tls")]
    pub fn start_tls() -> io::Result<Self> {
        let (mut server, guard) = Self::prepare(&template::lasting())?;
        let certificates = Certificates::make(server.account, server.folder.path())?;
        server.settings = certificates.settings(server.folder.path())?;
        server.certificates = Some(certificates);
        server.begin(guard)?;
        Ok(server)
    }

    /// Everything but the running process.
    fn prepare(lasting: &Path) -> io::Result<(Self, Guard)> {
        if let Some(reason) = missing() {
            return Err(io::Error::new(io::ErrorKind::NotFound, reason));
        }
        let (programs, account) = (Programs::find().map_err(other)?, Account::find().map_err(other)?);
        let template = template::template(lasting, &programs, account)?;
        let folder = account.folder()?;
        let guard = Guard::start(folder.path())?;
        template::copy_for(account, &template, &folder.path().join("data"))?;
        let server = Self {
            programs,
            account,
            port: Port::reserve(lasting)?,
            lasting: lasting.to_owned(),
            #[cfg(feature = "tls")]
            certificates: None,
            settings: Vec::new(),
            run: Mutex::new(Run { postmaster: None, guard: None }),
            folder,
        };
        Ok((server, guard))
    }

    /// The first start chooses its port; later ones keep it.
    fn begin(&mut self, guard: Guard) -> io::Result<()> {
        self.run().guard = Some(guard);
        for _ in 1..PORTS_TRIED {
            let launched = self.launch(&mut self.run());
            match launched {
                Ok(()) => return Ok(()),
                Err(Refused::PortTaken) => self.port = Port::reserve(&self.lasting)?,
                Err(Refused::Other(error)) => return Err(error),
            }
        }
        self.start_again()
    }

    /// `postgres://sluice@HOST:PORT/sluice`, where the host is 127.0.0.1, or `localhost` with TLS.
    #[must_use]
    pub fn url(&self) -> String {
        #[cfg(feature = "tls")]
        if self.certificates.is_some() {
            return self.url_at(tls::HOST);
        }
        self.url_at("127.0.0.1")
    }

    /// The same with options, such as `sslmode=verify-full&sslrootcert=/tmp/ca.pem`.
    #[must_use]
    pub fn url_with(&self, options: &str) -> String {
        format!("{}?{options}", self.url())
    }

    /// The same under another name of this machine.
    #[must_use]
    pub fn url_at(&self, host: &str) -> String {
        format!("postgres://{NAME}@{host}:{}/{NAME}", self.port.number)
    }

    /// The CA whose certificate the server shows; `None` without TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.certificates.as_ref().map(|files| files.ca.as_path())
    }

    /// A CA that has signed nothing of this server; `None` without TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn other_ca_file(&self) -> Option<&Path> {
        self.certificates.as_ref().map(|files| files.stranger.as_path())
    }

    /// The server's log, all runs of it.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Cuts every connection and stops in good order. Nothing happens when it is stopped already.
    ///
    /// # Errors
    /// It does not stop and had to be killed.
    pub fn stop(&self) -> io::Result<()> {
        self.end(Stop::Fast)
    }

    /// Stops as in a crash: connections break, the next start recovers. Nothing happens when it is stopped already.
    ///
    /// # Errors
    /// It does not stop and had to be killed.
    pub fn stop_at_once(&self) -> io::Result<()> {
        self.end(Stop::Immediate)
    }

    /// Starts it again with the same data on the same port. Nothing happens when it runs.
    ///
    /// # Errors
    /// It does not start, such as when another program has taken the port.
    pub fn start_again(&self) -> io::Result<()> {
        let mut run = self.run();
        if run.postmaster.is_some() {
            return Ok(());
        }
        self.launch(&mut run).map_err(|refused| match refused {
            Refused::PortTaken => other(format!("port {} was taken by another program", self.port.number)),
            Refused::Other(error) => error,
        })
    }

    /// Halts every process of the server where it is: connections stay open and nothing answers.
    ///
    /// # Errors
    /// It is stopped, or this machine has no `/proc`.
    pub fn pause(&self) -> io::Result<()> {
        self.run().running()?.pause()
    }

    /// Lets a paused server go on.
    ///
    /// # Errors
    /// As [`Server::pause`].
    pub fn resume(&self) -> io::Result<()> {
        self.run().running()?.resume()
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn launch(&self, run: &mut Run) -> Result<(), Refused> {
        let (data, log) = (self.folder.path().join("data"), self.log_file());
        let mut postmaster = Postmaster::spawn(&mut self.command(&data), &log)?;
        run.guard()?.watch(postmaster.pid())?;
        match postmaster.ready(&data, &log) {
            Ok(()) => {
                run.postmaster = Some(postmaster);
                Ok(())
            }
            Err(refused) => {
                postmaster.stop(Stop::Immediate)?;
                run.guard()?.leave()?;
                Err(refused)
            }
        }
    }

    fn command(&self, data: &Path) -> Command {
        let mut command = self.account.command(&self.programs.postgres, self.folder.path());
        command.args(["-h", "127.0.0.1", "-p"]).arg(self.port.number.to_string());
        command.arg("-k").arg(self.folder.path()).arg("-D").arg(data);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        command
    }

    fn end(&self, how: Stop) -> io::Result<()> {
        self.run().end(how)
    }
}

impl Run {
    fn running(&mut self) -> io::Result<&mut Postmaster> {
        self.postmaster.as_mut().ok_or_else(|| other("the server is stopped"))
    }

    fn guard(&mut self) -> io::Result<&mut Guard> {
        self.guard.as_mut().ok_or_else(|| other("the server is gone"))
    }

    fn end(&mut self, how: Stop) -> io::Result<()> {
        let Some(postmaster) = self.postmaster.take() else { return Ok(()) };
        postmaster.stop(how)?;
        self.guard()?.leave()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut run = self.run();
        // Where stopping fails, the guard is left to try: it is not told that all is well.
        if run.end(Stop::Immediate).is_ok()
            && let Some(guard) = run.guard.take()
        {
            guard.dismiss().ok();
        }
    }
}
