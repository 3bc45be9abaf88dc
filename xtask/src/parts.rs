//! Whether tests find what they start for themselves: a PostgreSQL, a registry of components.

use std::env;

use crate::step::skip;

/// What tests are called that need a part, and why it is missing here.
type Part = (&'static str, fn() -> Option<String>);

const PARTS: [Part; 2] =
    [("PostgreSQL tests", sluice_test_postgres::missing), ("registry tests", sluice_test_web::missing)];

/// Says it in one line each.
pub fn tell() {
    for (tests, missing) in PARTS {
        match missing() {
            None => eprintln!("xtask: what {tests} need … found"),
            Some(reason) => skip(tests, &reason),
        }
    }
}

/// Before tests: nothing to say when all is there. CI must not leave a part of the promises unproven.
///
/// # Errors
/// Tests would be skipped in CI.
pub fn require_in_ci() -> anyhow::Result<()> {
    for (tests, missing) in PARTS {
        let Some(reason) = missing() else { continue };
        if let Some(error) = refusal(tests, &reason, env::var_os("CI").is_some()) {
            anyhow::bail!(error);
        }
        skip(tests, &reason);
    }
    Ok(())
}

fn refusal(tests: &str, reason: &str, ci: bool) -> Option<String> {
    ci.then(|| format!("{tests} would be skipped, and CI is set: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_an_error_in_ci_only() {
        assert_eq!(refusal("PostgreSQL tests", "nobody", false), None);
        let error = refusal("PostgreSQL tests", "nobody", true).unwrap();
        assert_eq!(error, "PostgreSQL tests would be skipped, and CI is set: nobody");
    }
}
