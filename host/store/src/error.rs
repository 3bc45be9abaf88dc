//! What can go wrong, each in one line: what was being done, on which database, why, and what to do next.

use crate::rows::RevisionRow;

/// Why the store refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A URL that names no database.
    #[error(
        "{url:?} names no database: {why}; use sqlite:PATH, for example sqlite:/var/lib/sluice/sluice.db, or postgres://USER@HOST/DATABASE"
    )]
    BadUrl {
        /// As given, without secrets.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A URL of a server that makes no sense.
    #[error("{url} names no server: {why}; use postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full")]
    BadServerUrl {
        /// As given, without secrets.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A key file that cannot be used.
    #[error("cannot use the key file {place}: {why}; {advice}")]
    Key {
        /// The file.
        place: String,
        /// Why.
        why: String,
        /// What to do.
        advice: &'static str,
    },
    /// Something that is no key.
    #[error(
        "{place} is no key: a key is 64 hexadecimal digits; restore the right one, since nothing signed or sealed with it can be checked or opened otherwise"
    )]
    BadKey {
        /// Which key.
        place: String,
    },
    /// A key other than the one that the database was used with.
    #[error(
        "cannot {doing}: {what} of {database} was made with key {theirs}, this is key {ours}; name its key file with --key-file"
    )]
    OtherKey {
        /// What was being done.
        doing: String,
        /// What was made with the other key.
        what: String,
        /// Which database.
        database: Box<str>,
        /// Name of the key that it was made with.
        theirs: String,
        /// Name of the key at hand.
        ours: String,
    },
    /// The audit log lost rows that are known to have been written.
    #[error(
        "cannot {doing}: the audit log of {database} does not continue after row {number}, which was written here; nothing was written, `sluice audit verify` tells more, a backup can be restored with `sluice db restore FILE`"
    )]
    AuditCut {
        /// What was being done.
        doing: String,
        /// Which database.
        database: String,
        /// The newest row that is known to have been written.
        number: i64,
    },
    /// A change that others overtook.
    #[error(
        "the settings changed since revision {base}: {newest}; nothing was written, look at `sluice configure --show` and repeat the change if it still fits"
    )]
    StaleSettings {
        /// The revision that the change was based on.
        base: i64,
        /// The change that came between.
        newest: Box<RevisionRow>,
    },
    /// No such revision.
    #[error(
        "{database} has no settings of revision {revision}: they go from 0 (none set) to {newest}; `sluice configure --history` lists them"
    )]
    UnknownRevision {
        /// As asked for.
        revision: i64,
        /// The newest one.
        newest: i64,
        /// Which database.
        database: String,
    },
    /// A sealed secret that does not open.
    #[error(
        "the secret {name} of {database} does not open: it was changed, or belongs to another name; set it again with `sluice secret set {name}`"
    )]
    Sealed {
        /// Its name.
        name: String,
        /// Which database.
        database: String,
    },
    /// A name that no secret can have.
    #[error("{name:?} is no name for a secret: 1 to 64 of a-z, 0-9, dot, underscore and hyphen")]
    BadSecretName {
        /// As given.
        name: String,
    },
    /// The schema of a shared database is older than the program.
    #[error(
        "{database} has schema {found}, this program needs {known}: others may still use it, so stop them and run `sluice db migrate`"
    )]
    OlderSchema {
        /// Which database.
        database: String,
        /// Its schema.
        found: i64,
        /// The schema that this program needs.
        known: i64,
    },
    /// Scans run that would lose what they store into.
    #[error("cannot {doing}: {running} scan{} still running in {database}; wait for them or stop them", if *.running == 1 { " is" } else { "s are" })]
    ScansRunning {
        /// What was being done.
        doing: String,
        /// Which database.
        database: String,
        /// How many.
        running: u64,
    },
    /// The database was written by a newer program.
    #[error(
        "{database} has schema {found}, this program knows up to {known}; use the newer program, or another --db"
    )]
    NewerSchema {
        /// Which database.
        database: String,
        /// Its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// Others kept the database busy all the time; nothing was written.
    #[error(
        "cannot {doing}: {database} was in use by other processes for {waited_ms} ms; nothing was written, try again"
    )]
    Busy {
        /// What was being done.
        doing: String,
        /// Which database.
        database: String,
        /// How long it was tried.
        waited_ms: u64,
    },
    /// The database or its file does not work; nothing was written.
    #[error("cannot {doing} in {database}: {why}; {advice}")]
    Failed {
        /// What was being done.
        doing: String,
        /// Which database.
        database: String,
        /// What went wrong.
        why: String,
        /// What to do next.
        advice: &'static str,
    },
    /// A server could not be reached, or was lost, and did not come back in time.
    #[error(
        "cannot {doing}: {database} could not be reached for {waited_ms} ms ({why}); check that the server runs and the URL is right, then try again"
    )]
    Unreachable {
        /// What was being done.
        doing: String,
        /// Which database.
        database: String,
        /// How long it was tried.
        waited_ms: u64,
        /// What the last attempt met.
        why: String,
    },
    /// Something was done outside the database and cannot be undone, but the audit log does not tell of it.
    #[error("{done}, but the audit log does not tell of it: {why}")]
    Untold {
        /// What was done, as the first half of a sentence.
        done: String,
        /// Why its row was not written.
        why: Box<StoreError>,
    },
    /// A server was lost while it was told to make a restore last, and did not come back to tell whether it did.
    #[error(
        "whether {database} was restored is not known: it was lost at the very end and gave no answer since ({why}); when it is back, `sluice audit log --action database.restored` tells{}", kept_in(.kept)
    )]
    RestoreUnknown {
        /// Which database.
        database: String,
        /// What the last attempt to ask it met.
        why: String,
        /// The file with what was there before; "" when nothing was.
        kept: String,
    },
    /// A record that cannot be stored as it is; nothing was written.
    #[error("cannot {doing}: {field} {why}; nothing was written")]
    BadRecord {
        /// What was being done.
        doing: String,
        /// Which field of which record.
        field: String,
        /// What is wrong with it, with limit and actual value.
        why: String,
    },
    /// No scan has this identity.
    #[error("{database} has no scan {scan}; `sluice status` shows the newest one")]
    UnknownScan {
        /// The identity.
        scan: String,
        /// Which database.
        database: String,
    },
    /// The scan has ended before.
    #[error("scan {scan} is {status}, not running; nothing was written, scan again")]
    NotRunning {
        /// The scan.
        scan: String,
        /// Its status.
        status: String,
    },
    /// A layer run names a component that was neither installed nor registered.
    #[error(
        "cannot {doing}: layer {layer}@{version} ({digest}) is not in {database}; install or register it first"
    )]
    UnknownLayer {
        /// What was being done.
        doing: String,
        /// author/name.
        layer: String,
        /// Its version.
        version: String,
        /// Digest of its component.
        digest: String,
        /// Which database.
        database: Box<str>,
    },
    /// Somebody else changed which version is active.
    #[error(
        "somebody changed meanwhile which version of {layer} is active in pipeline {pipeline}; nothing was written, look at `sluice layer show {layer}` and try again"
    )]
    StaleActivation {
        /// author/name.
        layer: String,
        /// The pipeline.
        pipeline: String,
    },
    /// A version that was to become active was removed.
    #[error(
        "layer {layer} with digest {digest} is not installed any more; nothing was written, `sluice layer install FILE` brings it back"
    )]
    NotInstalled {
        /// author/name.
        layer: String,
        /// Digest of its component.
        digest: String,
    },
    /// A version that is in use cannot be removed.
    #[error(
        "layer {layer}@{version} stays: pipeline {pipeline} {}; `sluice layer activate {layer}@VERSION` makes another version the active one first",
        if *.tried { "tries it beside the active version" } else { "has it active" }
    )]
    ActiveLayer {
        /// author/name.
        layer: String,
        /// Its version.
        version: String,
        /// The pipeline that uses it.
        pipeline: String,
        /// It is not active yet but tried.
        tried: bool,
    },
    /// The same version of a layer is installed with another content.
    #[error(
        "layer {layer}@{version} is installed as {stored}, the given one is {given}; give it another version, or remove the installed one first"
    )]
    LayerConflict {
        /// author/name.
        layer: String,
        /// The version of both.
        version: String,
        /// Digest of the installed component.
        stored: String,
        /// Digest of the given component.
        given: String,
    },
    /// A trusted key has the name, the id or is the key itself.
    #[error(
        "key {key_id} cannot be trusted as {name}: key {known_id} of {known_name} is trusted already; choose another --name, or `sluice trust remove {known_id}` first"
    )]
    TrustConflict {
        /// The name asked for.
        name: String,
        /// The id of the key.
        key_id: String,
        /// Name of the trusted key that is in the way.
        known_name: String,
        /// Its id.
        known_id: String,
    },
}

fn kept_in(file: &str) -> String {
    if file.is_empty() { String::new() } else { format!(", and what was there before is in {file}") }
}

/// The text without line breaks and other control characters, so that a message stays one line.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
