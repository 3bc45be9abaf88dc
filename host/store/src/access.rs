//! Who acts on the database, and with which key.

use std::fs;

use nix::unistd::{Uid, User};

use crate::error::one_line;
use crate::key::KeySource;

/// Kernel's own name of this machine.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// Longest name that is kept of a user or a machine, in characters.
const LONGEST_NAME: usize = 100;

/// Who opens a database, and with which key.
#[derive(Debug, Clone)]
pub struct Access {
    /// Whose deeds the audit log tells.
    pub actor: Actor,
    /// The key that signs the audit log and seals secrets.
    pub key: KeySource,
}

/// Somebody whose deeds the audit log tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Name of the user.
    pub name: String,
    /// Name of the machine.
    pub host: String,
}

impl Actor {
    /// The operating system's user of this process, by its effective number: environment variables can say anything.
    #[must_use]
    pub fn current() -> Self {
        let uid = Uid::effective();
        let name = match User::from_uid(uid) {
            Ok(Some(user)) => user.name,
            _ => format!("uid {uid}"),
        };
        Self { name: kept(&name), host: kept(&host_name()) }
    }
}

/// Name of this machine; "" when the system does not tell.
pub(crate) fn host_name() -> String {
    fs::read_to_string(HOST_NAME).map(|name| name.trim().to_owned()).unwrap_or_default()
}

fn kept(name: &str) -> String {
    one_line(name).chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_actor_is_the_user_of_the_process_whatever_the_environment_says() {
        let actor = Actor::current();
        let uid = Uid::effective();
        let known = User::from_uid(uid).ok().flatten().map(|user| user.name);
        assert_eq!(actor.name, known.unwrap_or_else(|| format!("uid {uid}")));
    }

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        assert_eq!(kept("a\nb"), "a b");
        assert_eq!(kept(&"x".repeat(1_000)).len(), LONGEST_NAME);
    }
}
