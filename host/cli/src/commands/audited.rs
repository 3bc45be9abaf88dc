//! Work outside the database whose beginning and end the audit log tells.

use crate::home::Home;
use crate::output;
use crate::signals;
use anyhow::Context;
use serde_json::{Value, json};
use sluice_market::ImportSummary;
use sluice_store::{AuditAction, AuditEntry, Store};

/// What the audit log says of the work, beside its end.
#[derive(Debug, Clone)]
pub struct Account {
    /// What it is about.
    pub subject: String,
    /// What is to be done.
    pub plan: Value,
}

/// Changes the bar set with `work` between the rows "import begun" and "import finished" or "import failed". After a
/// signal `tidy` cleans up, and the log says that the work was interrupted.
///
/// # Errors
/// Those of `work`, and of a database that takes no rows. A set that was changed stays changed.
pub fn import(
    home: &Home,
    account: Account,
    tidy: impl FnOnce() + Send + 'static,
    work: impl FnOnce() -> anyhow::Result<ImportSummary>,
) -> anyhow::Result<ImportSummary> {
    let runtime = super::tokio()?;
    let store = runtime.block_on(home.store())?;
    let before = state(home);
    runtime.block_on(store.record(&AuditEntry {
        action: AuditAction::ImportBegun,
        subject: account.subject.clone(),
        before_json: None,
        after_json: Some(account.plan.to_string()),
    }))?;
    let interrupted = {
        let (home, subject, before) = (home.clone(), account.subject.clone(), before.clone());
        move || {
            tidy();
            record_interrupt(home, subject, before);
        }
    };
    let done = signals::tidy_on_signal(interrupted, work)?;
    match &done {
        Ok(summary) => {
            let row = AuditEntry {
                action: AuditAction::ImportFinished,
                subject: account.subject,
                before_json: Some(before.to_string()),
                after_json: Some(outcome(summary).to_string()),
            };
            let recorded = runtime.block_on(store.record(&row));
            recorded.context("the bars are imported, but the audit log does not say so")?;
        }
        Err(error) => {
            // the error of the work is what the user needs to know
            let row = failure(home, account.subject, &before, &output::one_line(error));
            if let Err(error) = runtime.block_on(store.record(&row)) {
                tracing::error!("the audit log does not say that the import failed: {error}");
            }
        }
    }
    // folds SQLite's log into the file: after a change of bars somebody may want to copy it
    runtime.block_on(store.close());
    done
}

/// What the log keeps of a summary.
fn outcome(summary: &ImportSummary) -> Value {
    json!({
        "digest": summary.digest,
        "rows": summary.rows,
        "bars_added": summary.bars_added,
        "bars_replaced": summary.bars_replaced,
        "bars_unchanged": summary.bars_unchanged,
        "instruments": summary.instruments,
        "instruments_added": summary.instruments_added,
        "instruments_changed": summary.instruments_changed,
        "first_date": summary.first_date,
        "last_date": summary.last_date,
        "faults": summary.faults.iter().map(|fault| fault.count).sum::<u64>(),
    })
}

/// Which bars there are.
fn state(home: &Home) -> Value {
    match home.market() {
        Ok(market) if market.is_empty() => json!({ "digest": null }),
        Ok(market) => json!({ "digest": market.digest() }),
        Err(error) => json!({ "digest": null, "error": format!("{error:#}") }),
    }
}

fn failure(home: &Home, subject: String, before: &Value, error: &str) -> AuditEntry {
    // a signal may come after the set was switched: the digest tells
    let mut after = state(home);
    if let Some(after) = after.as_object_mut() {
        after.insert("error".to_owned(), json!(error));
    }
    AuditEntry {
        action: AuditAction::ImportFailed,
        subject,
        before_json: Some(before.to_string()),
        after_json: Some(after.to_string()),
    }
}

/// Opens the database anew: the thread that a signal wakes has no part in what the others do.
fn record_interrupt(home: Home, subject: String, before: Value) {
    let record = move || -> anyhow::Result<()> {
        super::tokio()?.block_on(async {
            let store: Store = home.store().await?;
            store.record(&failure(&home, subject, &before, "interrupted by the user")).await?;
            Ok(())
        })
    };
    match std::thread::spawn(record).join() {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!("the audit log does not say that the import was interrupted: {error:#}")
        }
        Err(_) => tracing::error!("the audit log does not say that the import was interrupted"),
    }
}
