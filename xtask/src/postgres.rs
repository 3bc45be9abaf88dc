//! Whether tests find a PostgreSQL to start.

use std::env;

use crate::step::skip;

/// Says it in one line.
pub fn tell() {
    match sluice_test_postgres::missing() {
        None => eprintln!("xtask: PostgreSQL for tests … found"),
        Some(reason) => skip("PostgreSQL tests", &reason),
    }
}

/// Before tests: nothing to say when PostgreSQL is there. CI must not leave a part of the promises unproven.
///
/// # Errors
/// Tests would be skipped in CI.
pub fn require_in_ci() -> anyhow::Result<()> {
    let Some(reason) = sluice_test_postgres::missing() else { return Ok(()) };
    if let Some(error) = refusal(&reason, env::var_os("CI").is_some()) {
        anyhow::bail!(error);
    }
    skip("PostgreSQL tests", &reason);
    Ok(())
}

fn refusal(reason: &str, ci: bool) -> Option<String> {
    ci.then(|| format!("PostgreSQL tests would be skipped, and CI is set: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_an_error_in_ci_only() {
        assert_eq!(refusal("nobody", false), None);
        let error = refusal("nobody", true).unwrap();
        assert_eq!(error, "PostgreSQL tests would be skipped, and CI is set: nobody");
    }
}
