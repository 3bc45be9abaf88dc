//! A port that stays ours while the server is stopped.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::{io, process};

use crate::{other, while_doing};

/// Below the ports that Linux, macOS and IANA give to outgoing connections: a client that tries a stopped server
/// again and again could otherwise be given that very port and meet itself.
const FIRST: u16 = 24_000;
const COUNT: u16 = 2_000;

/// A port of 127.0.0.1. No other test takes it while this lives: each locks a file of that name.
pub struct Port {
    pub number: u16,
    _lock: File,
}

impl Port {
    /// The first free one from a random start.
    pub fn reserve(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder).map_err(while_doing(&format!("cannot make {}", folder.display())))?;
        let start = RandomState::new().hash_one(process::id()) % u64::from(COUNT);
        let start = u16::try_from(start).unwrap_or_default();
        for step in 0..COUNT {
            let number = FIRST + (start + step) % COUNT;
            if let Some(port) = Self::take(folder, number)? {
                return Ok(port);
            }
        }
        Err(other(format!("none of the ports {FIRST} to {} is free", FIRST + COUNT - 1)))
    }

    fn take(folder: &Path, number: u16) -> io::Result<Option<Self>> {
        let file = folder.join(format!("port-{number}"));
        let lock = File::create(&file).map_err(while_doing(&format!("cannot make {}", file.display())))?;
        let ours = lock.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok();
        Ok(ours.then_some(Self { number, _lock: lock }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_taken_once_and_can_be_taken_again_when_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let port = Port::reserve(folder.path()).unwrap();
        assert!(Port::take(folder.path(), port.number).unwrap().is_none());
        let number = port.number;
        drop(port);
        assert_eq!(Port::take(folder.path(), number).unwrap().map(|port| port.number), Some(number));
    }

    #[test]
    fn a_port_that_another_program_listens_on_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let number = other.local_addr().unwrap().port();
        assert!(Port::take(folder.path(), number).unwrap().is_none());
    }
}
