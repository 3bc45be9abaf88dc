//! Certificates for a server that speaks TLS: a CA of its own, and one that nobody asked for.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sluice_test_web::Authority;
pub use sluice_test_web::HOST;

use crate::account::Account;

/// Where the files are, in the server's folder.
pub struct Certificates {
    pub ca: PathBuf,
    pub stranger: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificates {
    /// Makes them. They are valid at any time that a clock may show.
    pub fn make(account: Account, folder: &Path) -> io::Result<Self> {
        let file = |name: &str| folder.join(name);
        let files = Self {
            ca: file("ca.pem"),
            stranger: file("other-ca.pem"),
            certificate: file("server.pem"),
            key: file("server.key"),
        };
        let ca = Authority::new("Sluice test CA")?;
        let stranger = Authority::new("Another test CA")?;
        let certified = ca.certify()?;
        fs::write(&files.ca, ca.pem())?;
        fs::write(&files.stranger, stranger.pem())?;
        fs::write(&files.certificate, &certified.certificate_pem)?;
        fs::write(&files.key, "")?;
        // PostgreSQL refuses a key that others can read.
        fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600))?;
        fs::write(&files.key, &certified.key_pem)?;
        account.give(&files.key)?;
        Ok(files)
    }

    /// Settings of the server: only connections with TLS.
    pub fn settings(&self, folder: &Path) -> io::Result<Vec<String>> {
        let rules = folder.join("hba.conf");
        fs::write(&rules, "hostssl all all 127.0.0.1/32 trust\n")?;
        Ok(vec![
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", self.certificate.display()),
            format!("ssl_key_file={}", self.key.display()),
            format!("hba_file={}", rules.display()),
        ])
    }
}
