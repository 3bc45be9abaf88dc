//! Instruments: written when they are new or changed, otherwise only looked up.

use std::collections::HashMap;

use super::Store;
use crate::check::Check;
use crate::error::StoreError;
use crate::fingerprint;
use crate::records::InstrumentRecord;
use crate::sql::{self, Insert, Lock, Stop, Transaction, query};

/// The key stays when a known instrument changes.
const UPSERT: Insert<'static> = Insert {
    table: "instruments",
    columns: &[
        "ident",
        "symbol",
        "name",
        "mic",
        "kind",
        "status",
        "currency",
        "sector",
        "industry",
        "fingerprint",
    ],
    tail: "ON CONFLICT (ident) DO UPDATE SET symbol = excluded.symbol, name = excluded.name, \
         mic = excluded.mic, kind = excluded.kind, status = excluded.status, currency = excluded.currency, \
         sector = excluded.sector, industry = excluded.industry, fingerprint = excluded.fingerprint",
};

/// Every key with its fingerprint in one text: one row instead of one hop per instrument.
const KEYS: &str = "SELECT coalesce(string_agg(fingerprint || id, ' '), '') FROM instruments";

/// The keys of instruments by their fingerprints, in the text that the database gave.
type Keys<'a> = HashMap<&'a str, i64>;

impl Store {
    /// Writes the instruments that are new or changed; returns how many. Instruments that are not named stay.
    ///
    /// # Errors
    /// When a record cannot be stored as it is, an ident occurs twice, or the database fails.
    pub async fn upsert_instruments(&self, instruments: &[InstrumentRecord]) -> Result<u64, StoreError> {
        let doing = "store instruments";
        Check::new(doing).instruments(instruments)?;
        let prints: Vec<String> = instruments.iter().map(fingerprint::of).collect();
        self.patiently(doing, || async {
            let mut transaction = self.pool.begin().await?;
            let all = load(&mut transaction).await?;
            let changed = write_changed(&mut transaction, instruments, &prints, &all).await?;
            transaction.commit().await?;
            Ok(changed as u64)
        })
        .await
    }
}

/// The keys of the given instruments, in their order, after writing those that are new or changed.
pub(super) async fn keys_of(
    transaction: &mut Transaction,
    instruments: &[InstrumentRecord],
    prints: &[String],
) -> Result<Vec<i64>, Stop> {
    if instruments.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = load(&mut *transaction).await?;
    if write_changed(&mut *transaction, instruments, prints, &all).await? > 0 {
        all = load(transaction).await?;
    }
    let keys = index(&all)?;
    let key = |print: &String| keys.get(print.as_str()).copied().ok_or(sqlx::Error::RowNotFound);
    Ok(prints.iter().map(key).collect::<Result<_, _>>()?)
}

/// Writes the instruments that are new or changed, going by what was loaded; returns how many are not as they were then.
async fn write_changed(
    transaction: &mut Transaction,
    instruments: &[InstrumentRecord],
    prints: &[String],
    all: &str,
) -> Result<usize, sqlx::Error> {
    let expected = missing(instruments, prints, &index(all)?).len();
    if expected == 0 {
        return Ok(0);
    }
    transaction.lock(Lock::Instruments).await?;
    // another transaction may have changed others, or the same, before it gave the lock back
    let all = load(&mut *transaction).await?;
    write(transaction, &missing(instruments, prints, &index(&all)?)).await?;
    Ok(expected)
}

/// Those that the database does not have as they are given.
fn missing<'a>(
    instruments: &'a [InstrumentRecord],
    prints: &'a [String],
    keys: &Keys<'_>,
) -> Vec<(&'a InstrumentRecord, &'a String)> {
    instruments.iter().zip(prints).filter(|(_, print)| !keys.contains_key(print.as_str())).collect()
}

async fn write(
    transaction: &mut Transaction,
    missing: &[(&InstrumentRecord, &String)],
) -> Result<(), sqlx::Error> {
    sql::insert(transaction, &UPSERT, missing.len(), |row, values| {
        let Some((instrument, print)) = missing.get(row) else { return Ok(()) };
        let texts = [
            &instrument.ident,
            &instrument.symbol,
            &instrument.name,
            &instrument.mic,
            &instrument.kind,
            &instrument.status,
            &instrument.currency,
        ];
        texts.into_iter().try_for_each(|text| values.add(text.as_str()))?;
        values.add(instrument.sector.as_deref())?;
        values.add(instrument.industry.as_deref())?;
        values.add(print.as_str())
    })
    .await
}

async fn load(transaction: &mut Transaction) -> Result<String, sqlx::Error> {
    query(KEYS).value(transaction).await
}

fn index(all: &str) -> Result<Keys<'_>, sqlx::Error> {
    let key = |item| {
        let (print, id) = str::split_at_checked(item, fingerprint::LENGTH)?;
        Some((print, id.parse().ok()?))
    };
    let mut keys = Keys::with_capacity(all.len() / (fingerprint::LENGTH + 1));
    for item in all.split_ascii_whitespace() {
        let (print, id) =
            key(item).ok_or_else(|| sqlx::Error::Decode(format!("{item:?} is no key").into()))?;
        keys.insert(print, id);
    }
    Ok(keys)
}
