//! Which version of a layer a pipeline calls, of those at hand.
//!
//! The one that was activated there. Where nobody activated one: the newest that fits among the bundled one, the first
//! that was installed, and those that were installed before versions could be activated; when none of them fits, the
//! first installed that does. So what is installed beside a version that is called changes nothing.

use super::Origin;
use semver::VersionReq;
use sluice_store::{ActivationRow, VersionKey};

/// When something was installed: UTC milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub i64);

/// A version of a layer that can be chosen.
pub trait AtHand {
    /// None when nobody knows it yet.
    fn semver(&self) -> Option<semver::Version>;
    /// Where it comes from.
    fn origin(&self) -> Origin;
    /// SHA-256 of the component, lower-case hex.
    fn digest(&self) -> &str;
    /// Since when it waits for being activated; none: it need not be.
    fn waits(&self) -> Option<Place>;

    /// Whether it is this version.
    fn is_version(&self, key: &VersionKey) -> bool {
        match key {
            VersionKey::Bundled => self.origin() == Origin::Bundled,
            VersionKey::Installed(digest) => self.origin() == Origin::Installed && self.digest() == digest,
        }
    }

    /// What the store calls it.
    fn key(&self) -> VersionKey {
        self.origin().key(self.digest())
    }

    /// Whether it meets a requirement; one whose version nobody knows does.
    fn fits(&self, wanted: &VersionReq) -> bool {
        self.semver().is_none_or(|version| wanted.matches(&version))
    }
}

/// What a pipeline calls.
pub enum Picked<'a, T> {
    /// This version.
    One(&'a T),
    /// This version is the active one, but the pipeline requires another.
    Unfit(&'a T),
    /// The active version is not at hand.
    Missing(VersionKey),
    /// None of the versions at hand fits, or there are none.
    None,
}

/// Chooses among the versions of one layer. `row`: what was decided on it in the pipeline.
pub fn pick<'a, T: AtHand>(
    row: Option<&ActivationRow>,
    versions: impl Iterator<Item = &'a T> + Clone,
    wanted: &VersionReq,
) -> Picked<'a, T> {
    if let Some(active) = row.and_then(|row| row.active.as_ref()) {
        return match versions.clone().find(|version| version.is_version(active)) {
            Some(found) if found.fits(wanted) => Picked::One(found),
            Some(found) => Picked::Unfit(found),
            None => Picked::Missing(active.clone()),
        };
    }
    let fitting = versions.filter(|version| version.fits(wanted));
    let free = fitting.clone().filter(|version| version.waits().is_none());
    // among equal versions the installed one; one whose version nobody knows only when there is no other
    let newest = free.max_by(|a, b| a.semver().cmp(&b.semver()).then_with(|| a.origin().cmp(&b.origin())));
    let first = || fitting.min_by(|a, b| (a.waits(), a.semver()).cmp(&(b.waits(), b.semver())));
    newest.or_else(first).map_or(Picked::None, Picked::One)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Version(&'static str, Origin, Option<i64>);

    impl AtHand for Version {
        fn semver(&self) -> Option<semver::Version> {
            semver::Version::parse(self.0).ok()
        }
        fn origin(&self) -> Origin {
            self.1
        }
        fn digest(&self) -> &str {
            self.0
        }
        fn waits(&self) -> Option<Place> {
            self.2.map(Place)
        }
    }

    fn picked(row: Option<&ActivationRow>, versions: &[Version], wanted: &str) -> String {
        match pick(row, versions.iter(), &VersionReq::parse(wanted).unwrap()) {
            Picked::One(version) => version.0.to_owned(),
            Picked::Unfit(version) => format!("unfit {}", version.0),
            Picked::Missing(key) => format!("missing {key}"),
            Picked::None => "none".to_owned(),
        }
    }

    const BUNDLED: Version = Version("1.0.0", Origin::Bundled, None);

    fn installed(version: &'static str, waits: Option<i64>) -> Version {
        Version(version, Origin::Installed, waits)
    }

    #[test]
    fn without_a_decision_the_bundled_or_the_first_installed_version_is_called() {
        assert_eq!(picked(None, &[installed("2.0.0", Some(5)), BUNDLED], "*"), "1.0.0");
        let two = [installed("1.5.0", None), installed("2.0.0", Some(5))];
        assert_eq!(picked(None, &two, "*"), "1.5.0");
        assert_eq!(picked(None, &[], "*"), "none");
    }

    #[test]
    fn what_was_installed_before_versions_could_be_activated_goes_on_by_the_newest_that_fits() {
        let old = [installed("1.5.0", None), installed("2.0.0", None), BUNDLED];
        assert_eq!(picked(None, &old, "*"), "2.0.0");
        assert_eq!(picked(None, &old, "^1"), "1.5.0");
        let equal = [BUNDLED, installed("1.0.0", None)];
        assert!(matches!(
            pick(None, equal.iter(), &VersionReq::STAR),
            Picked::One(Version(_, Origin::Installed, _))
        ));
    }

    #[test]
    fn one_that_waits_is_called_where_no_other_fits_the_first_installed_of_them() {
        let all = [installed("2.1.0", Some(9)), installed("2.0.0", Some(5)), BUNDLED];
        assert_eq!(picked(None, &all, "^2"), "2.0.0");
        assert_eq!(picked(None, &all, "^3"), "none");
        // the first one was removed: those that are left waited for nothing
        assert_eq!(picked(None, &all[..2], "*"), "2.0.0");
    }

    #[test]
    fn what_was_activated_is_called_or_nothing() {
        let all = [installed("2.0.0", Some(5)), BUNDLED];
        let row = |key: VersionKey| ActivationRow { active: Some(key), ..ActivationRow::none("p", "a/b") };
        let new = row(VersionKey::Installed("2.0.0".to_owned()));
        assert_eq!(picked(Some(&new), &all, "*"), "2.0.0");
        assert_eq!(picked(Some(&new), &all, "^1"), "unfit 2.0.0");
        assert_eq!(picked(Some(&new), &all[1..], "*"), "missing 2.0.0");
        assert_eq!(picked(Some(&row(VersionKey::Bundled)), &all, "*"), "1.0.0");
        let undecided = ActivationRow { enabled: false, ..ActivationRow::none("p", "a/b") };
        assert_eq!(picked(Some(&undecided), &all, "*"), "1.0.0");
    }
}
