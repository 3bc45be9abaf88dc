//! A server of HTTP over TLS that answers what a test tells it to. One request per connection.

use crate::authority::{Certified, HOST};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Longest head of a request, in bytes.
const HEAD_BYTES: usize = 16 << 10;
/// Longest time that a client may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// What a client asks for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Path with its query.
    pub path: String,
    /// The lines of the head behind the first.
    pub headers: Vec<String>,
}

/// What it is told.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Lines such as `Location: …`.
    pub headers: Vec<String>,
    /// What follows.
    pub body: Vec<u8>,
    /// The length that is told; more than there is: the connection breaks off. None: it is not told.
    pub told_length: Option<usize>,
}

impl Answer {
    /// A file.
    #[must_use]
    pub fn file(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { status: 200, headers: Vec::new(), told_length: Some(body.len()), body }
    }

    /// A status and nothing else.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::file([]) }
    }

    /// Somewhere else.
    #[must_use]
    pub fn redirect(to: &str) -> Self {
        Self { status: 302, headers: vec![format!("Location: {to}")], ..Self::file([]) }
    }
}

/// A running server.
pub struct HttpsServer {
    port: u16,
}

impl HttpsServer {
    /// Starts one; its threads end with the process.
    ///
    /// # Errors
    /// When no port is free, or the certificate is unfit.
    pub fn start(
        certified: &Certified,
        answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(certified.key.clone()));
        let chain = vec![CertificateDer::from(certified.certificate.clone())];
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(io::Error::other)?;
        let (config, answer) = (Arc::new(config), Arc::new(answer));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (config, answer) = (config.clone(), answer.clone());
                // a client that goes away in the middle is its own matter
                thread::spawn(move || drop(serve(client, config, &*answer)));
            }
        });
        Ok(Self { port })
    }

    /// The address of a path that begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.port)
    }
}

fn serve(
    client: TcpStream,
    config: Arc<ServerConfig>,
    answer: &(impl Fn(&Request) -> Answer + ?Sized),
) -> io::Result<()> {
    client.set_read_timeout(Some(SILENCE))?;
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, client);
    let request = read(&mut stream)?;
    let answer = answer(&request);
    let mut head = format!("HTTP/1.1 {} x\r\nConnection: close\r\n", answer.status);
    answer.headers.iter().for_each(|line| head.extend([line, "\r\n"]));
    if let Some(length) = answer.told_length {
        head.push_str(&format!("Content-Length: {length}\r\n"));
    }
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(&answer.body)?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn read(stream: &mut impl Read) -> io::Result<Request> {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut part)?;
        if count == 0 || head.len() > HEAD_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend(part.iter().take(count));
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
    Ok(Request { path, headers: lines.map(str::to_owned).collect() })
}
