//! Servers that a test starts for itself, on free ports of this machine: HTTPS with a certificate of its
//! own authority, and a registry. They end with the test, also when it is killed.
//!
//! It may start the installed registry, and write below a temporary folder. It knows nothing of Sluice.

#[cfg(feature = "servers")]
mod authority;
mod found;
#[cfg(feature = "servers")]
mod https;
#[cfg(feature = "servers")]
mod registry;

#[cfg(feature = "servers")]
pub use authority::{Authority, Certified, HOST};
pub use found::{SWITCH, missing};
#[cfg(feature = "servers")]
pub use https::{Answer, HttpsServer, Request};
#[cfg(feature = "servers")]
pub use registry::Registry;
