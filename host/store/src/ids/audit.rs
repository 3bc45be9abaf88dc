//! Words of the audit log.

use std::fmt;
use std::str::FromStr;

use super::UnknownWord;

words!(
    /// What the audit log tells of.
    AuditAction, "audit action", "one of those that `sluice audit log --help` lists", {
        /// The database was made.
        DatabaseCreated = "database.created",
        /// Its schema was brought up to date.
        DatabaseMigrated = "database.migrated",
        /// Its content was replaced by a backup's.
        DatabaseRestored = "database.restored",
        /// Old scans, and perhaps old rows of this log, were removed.
        DatabasePruned = "database.pruned",
        /// Its content was copied into a file.
        DatabaseBackedUp = "database.backed-up",
        /// Unused space was given back.
        DatabaseVacuumed = "database.vacuumed",
        /// Somebody changed settings.
        SettingsChanged = "settings.changed",
        /// A file was found changed.
        FileChanged = "file.changed",
        /// A layer was installed.
        LayerInstalled = "layer.installed",
        /// An installed layer got a signature.
        LayerSigned = "layer.signed",
        /// A layer was removed.
        LayerRemoved = "layer.removed",
        /// A version of a layer became the active one.
        LayerActivated = "layer.activated",
        /// The version before became the active one again.
        LayerRolledBack = "layer.rolled-back",
        /// A version of a layer runs beside the active one for some scans.
        LayerShadowed = "layer.shadowed",
        /// A version that was tried is not tried any more, and did not become active.
        LayerWithdrawn = "layer.withdrawn",
        /// A layer is called again.
        LayerEnabled = "layer.enabled",
        /// A layer is not called until somebody enables it.
        LayerDisabled = "layer.disabled",
        /// An import began.
        ImportBegun = "import.begun",
        /// An import ended well.
        ImportFinished = "import.finished",
        /// An import failed; the bars are as before.
        ImportFailed = "import.failed",
        /// A scan was stored.
        ScanFinished = "scan.finished",
        /// A scan was given up.
        ScanInterrupted = "scan.interrupted",
        /// A secret was set.
        SecretSet = "secret.set",
        /// A secret was removed.
        SecretRemoved = "secret.removed",
        /// Somebody accepted that this log lost rows.
        AuditAccepted = "audit.accepted",
        /// A component faulted too often and is not called for a while.
        BreakerOpened = "breaker.opened",
        /// Somebody tries a component again.
        BreakerProbed = "breaker.probed",
        /// A component works again.
        BreakerClosed = "breaker.closed",
        /// A component is not called until an operator says so.
        BreakerQuarantined = "breaker.quarantined",
        /// An operator let a component be called again.
        BreakerReset = "breaker.reset",
        /// An operator kept a component from being called.
        BreakerTripped = "breaker.tripped",
        /// A list of instruments was made.
        ListCreated = "list.created",
        /// Instruments were put on a list or taken off it.
        ListChanged = "list.changed",
        /// A list of instruments was deleted.
        ListDeleted = "list.deleted",
        /// Answers that were kept for later scans were removed.
        CacheCleared = "cache.cleared",
        /// Somebody's signatures count from now on.
        TrustAdded = "trust.added",
        /// Somebody's signatures count no more.
        TrustRemoved = "trust.removed",
    }
);

impl AuditAction {
    /// All of them, in the order in which they are told here.
    pub const ALL: [Self; 37] = [
        Self::DatabaseCreated,
        Self::DatabaseMigrated,
        Self::DatabaseRestored,
        Self::DatabasePruned,
        Self::DatabaseBackedUp,
        Self::DatabaseVacuumed,
        Self::SettingsChanged,
        Self::FileChanged,
        Self::LayerInstalled,
        Self::LayerSigned,
        Self::LayerRemoved,
        Self::LayerActivated,
        Self::LayerRolledBack,
        Self::LayerShadowed,
        Self::LayerWithdrawn,
        Self::LayerEnabled,
        Self::LayerDisabled,
        Self::ImportBegun,
        Self::ImportFinished,
        Self::ImportFailed,
        Self::ScanFinished,
        Self::ScanInterrupted,
        Self::SecretSet,
        Self::SecretRemoved,
        Self::AuditAccepted,
        Self::BreakerOpened,
        Self::BreakerProbed,
        Self::BreakerClosed,
        Self::BreakerQuarantined,
        Self::BreakerReset,
        Self::BreakerTripped,
        Self::ListCreated,
        Self::ListChanged,
        Self::ListDeleted,
        Self::CacheCleared,
        Self::TrustAdded,
        Self::TrustRemoved,
    ];
}

words!(
    /// What is wrong with a row of the audit log.
    AuditFaultKind, "audit fault", "changed, removed, inserted, cut or other-key", {
        /// Its content is not what was signed.
        Changed = "changed",
        /// It is not there.
        Removed = "removed",
        /// It was put there by somebody without the key.
        Inserted = "inserted",
        /// It and whatever followed are not there.
        Cut = "cut",
        /// It was signed with another key than the one at hand.
        OtherKey = "other-key",
    }
);
