//! An authority, and the certificates that it gives.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use std::io;

/// The only name that a certificate is for; 127.0.0.1 is another one.
pub const HOST: &str = "localhost";

/// Somebody whose word on servers is taken by whoever trusts it.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate for [`HOST`] with its key.
pub struct Certified {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// Its key, PEM.
    pub key_pem: String,
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Authority {
    /// A new one. What it signs is valid at any time that a clock may show.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new(name: &str) -> io::Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        CertifiedIssuer::self_signed(params, key).map(Self).map_err(io::Error::other)
    }

    /// Its own certificate, PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a server.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn certify(&self) -> io::Result<Certified> {
        let mut params = CertificateParams::new(vec![HOST.to_owned()]).map_err(io::Error::other)?;
        params.distinguished_name.push(DnType::CommonName, HOST);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.0).map_err(io::Error::other)?;
        Ok(Certified {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().to_vec(),
            key: key.serialize_der(),
        })
    }
}
