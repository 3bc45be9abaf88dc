//! `sluice scan --every`: one scan after the other, with an eye on what others change.

use super::Desk;
use super::notice::Notices;
use crate::args::{Format, Scan};
use crate::exit::{Exit, Usage};
use crate::output::{self, Output};
use anyhow::bail;
use sluice_market::AsOf;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::Instant;

/// Between two looks at what others changed: within a second, and no load for a database.
const LOOK: Duration = Duration::from_millis(400);

/// Refuses what makes no sense again and again.
///
/// # Errors
/// When the options ask for it.
pub fn check(options: &Scan, format: Format) -> anyhow::Result<()> {
    if matches!(options.as_of, AsOf::Date(_) | AsOf::At(_)) {
        bail!(Usage(format!(
            "--every with --as-of {} would scan the same instant again and again: leave one of them out",
            options.as_of
        )));
    }
    if format == Format::Csv {
        bail!(Usage(
            "--every has no place for several scans in csv: give --format ndjson or json".to_owned()
        ));
    }
    Ok(())
}

/// Scans at every multiple of `pause` from the first start on; when a scan takes longer, the next begins at once. The
/// first scan must work; a later one that fails is told of, and the next may work again. Gives the exit code of the
/// worst.
///
/// # Errors
/// When the first scan fails, or a signal comes within a scan.
pub async fn run(
    desk: &mut Desk<'_>,
    pause: Duration,
    times: Option<u32>,
    out: &mut Output,
) -> anyhow::Result<Exit> {
    let mut notices = Notices::from_now(&desk.store).await?;
    let mut worst = Exit::Done;
    let mut done = 0_u32;
    loop {
        let next = Instant::now() + pause;
        let exit = match desk.scan(out).await {
            Ok(exit) => exit,
            Err(error) => told_or_fatal(error, done)?,
        };
        out.flush()?;
        worst = worse(worst, exit);
        done = done.saturating_add(1);
        if times.is_some_and(|times| done >= times) || desk.cancel.is_cancelled() {
            return Ok(worst);
        }
        if until(desk, &mut notices, next).await.is_break() {
            return Ok(worst);
        }
        if out.format() == Format::Table {
            out.line("")?;
        }
    }
}

/// Waits for the next scan, and tells what others change meanwhile.
async fn until(desk: &mut Desk<'_>, notices: &mut Notices, next: Instant) -> ControlFlow<()> {
    loop {
        notices.tell(&desk.store).await;
        let look = Instant::now() + LOOK;
        let wake = look.min(next);
        tokio::select! {
            biased;
            () = desk.stopped.wait() => return ControlFlow::Break(()),
            () = tokio::time::sleep_until(wake) => {}
        }
        if wake == next {
            return ControlFlow::Continue(());
        }
    }
}

/// The first scan shows whether the question makes sense; later, and where it is only about the day, the next one may
/// have an answer.
fn told_or_fatal(error: anyhow::Error, done: u32) -> anyhow::Result<Exit> {
    match Exit::of(&error) {
        exit @ Exit::NoSession => {
            output::note(&output::one_line(&error));
            Ok(exit)
        }
        Exit::Failed if done > 0 => {
            output::complain(&error);
            Ok(Exit::Failed)
        }
        _ => Err(error),
    }
}

/// Of two scans' codes the one that needs more attention; a day without a session is none.
fn worse(a: Exit, b: Exit) -> Exit {
    let weight = |exit: &Exit| match exit {
        Exit::Failed => 2,
        Exit::Partial => 1,
        _ => 0,
    };
    if weight(&b) > weight(&a) { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_scan_tells_the_exit_code_and_a_day_without_a_session_is_no_fault() {
        for (codes, expected) in [
            (&[Exit::Done, Exit::Partial, Exit::Done][..], Exit::Partial),
            (&[Exit::Partial, Exit::Failed, Exit::Partial], Exit::Failed),
            (&[Exit::Done, Exit::NoSession], Exit::Done),
        ] {
            assert_eq!(codes.iter().copied().fold(Exit::Done, worse), expected);
        }
    }

    #[test]
    fn only_a_later_scan_may_fail() {
        let failure = || anyhow::anyhow!("the database is gone");
        assert!(told_or_fatal(failure(), 0).is_err());
        assert_eq!(told_or_fatal(failure(), 1).ok(), Some(Exit::Failed));
        assert!(told_or_fatal(Usage("no such list".to_owned()).into(), 1).is_err());
    }
}
