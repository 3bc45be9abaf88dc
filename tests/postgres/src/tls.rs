//! Certificates for a server that speaks TLS: a CA of its own, and one that nobody asked for.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

use crate::account::Account;

/// The only name that the certificate is for; 127.0.0.1 is another one.
pub const HOST: &str = "localhost";

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
        let ca = authority("Sluice test CA").map_err(io::Error::other)?;
        let stranger = authority("Another test CA").map_err(io::Error::other)?;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate =
            server().and_then(|params| params.signed_by(&key, &ca)).map_err(io::Error::other)?;
        fs::write(&files.ca, ca.pem())?;
        fs::write(&files.stranger, stranger.pem())?;
        fs::write(&files.certificate, certificate.pem())?;
        fs::write(&files.key, "")?;
        // PostgreSQL refuses a key that others can read.
        fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600))?;
        fs::write(&files.key, key.serialize_pem())?;
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

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn server() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(vec![HOST.to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, HOST);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}
