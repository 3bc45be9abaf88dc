//! Signatures of audit rows: each is made with the key over the row and the signature of the row before, so that none
//! can be changed, removed or put between without the key.

use hmac::Mac;

use crate::hex;
use crate::key::{self, Key, Use};
use crate::rows::{AuditEnd, AuditRow};

/// What the first row of a log is chained to.
pub(super) const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What the signature behind the last row begins with; a row's own begins with another signature.
const END: &str = "end of the log";

/// What signs rows.
pub(super) struct Signer {
    key: zeroize::Zeroizing<[u8; 32]>,
    /// Name of the key.
    pub(super) name: String,
}

impl Signer {
    pub(super) fn new(key: &Key) -> Self {
        Self { key: key.derive(Use::Audit), name: key.name() }
    }

    /// The signature of a row, over that of the row before and every column but its own.
    pub(super) fn sign(&self, before: &str, row: &AuditRow) -> String {
        let AuditRow {
            number,
            at,
            actor,
            host,
            action,
            subject,
            before_json,
            after_json,
            operation,
            key_name,
            mac: _,
        } = row;
        let (number, at) = (number.to_string(), at.to_string());
        let [number, at, actor, host, action, subject, operation, key_name] =
            [&number, &at, actor, host, action, subject, operation, key_name].map(|text| Some(text.as_str()));
        let (json_before, json_after) = (before_json.as_deref(), after_json.as_deref());
        self.over(&[
            Some(before),
            number,
            at,
            actor,
            host,
            action,
            subject,
            json_before,
            json_after,
            operation,
            key_name,
        ])
    }

    /// The signature behind the last row, of this number and signature.
    pub(super) fn sign_end(&self, newest: i64, mac: &str) -> AuditEnd {
        AuditEnd { newest, mac: self.over(&[Some(END), Some(&newest.to_string()), Some(mac)]) }
    }

    /// HMAC-SHA-256. Each part goes in with its length, so that none can flow into the next; NULL has a length that no
    /// text has.
    fn over(&self, parts: &[Option<&str>]) -> String {
        let mut mac = key::keyed(&self.key[..]);
        for text in parts {
            let length = text.map_or(u64::MAX, |text| text.len() as u64);
            mac.update(&length.to_le_bytes());
            mac.update(text.unwrap_or_default().as_bytes());
        }
        hex::encode(&mac.finalize().into_bytes())
    }
}
