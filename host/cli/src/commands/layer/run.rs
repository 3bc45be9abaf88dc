//! `sluice layer run`

mod print;
mod watch;

use super::component::Component;
use crate::args::Run;
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::{self, Output};
use crate::signals;
use anyhow::bail;
use sluice_engine::{EngineError, Judgement, Question, Subject, judge};
use sluice_runtime::Cancel;
use watch::Sources;

/// Tries the layer on imported data, once or at every change.
pub fn run(home: &Home, options: &Run, out: &mut Output) -> anyhow::Result<Exit> {
    if !home.has_market() {
        return Err(EngineError::NoData.into());
    }
    super::super::tokio()?.block_on(async {
        let cancel = Cancel::new();
        signals::cancel_on_signal(&cancel);
        if !options.watch {
            return once(home, options, &cancel, out).await;
        }
        if !options.path.is_dir() {
            bail!(Usage(format!(
                "--watch builds a crate again and again, but {} is no folder: name that of the crate",
                options.path.display()
            )));
        }
        watched(home, options, &cancel, out).await
    })
}

/// Until the user stops it. What does not build is told and waited for.
async fn watched(home: &Home, options: &Run, cancel: &Cancel, out: &mut Output) -> anyhow::Result<Exit> {
    let mut seen = Sources::none();
    loop {
        let now = Sources::of(&options.path, options.how.target_dir.as_deref());
        if now != seen {
            seen = now;
            if let Err(error) = once(home, options, cancel, out).await {
                if cancel.is_cancelled() {
                    return Ok(Exit::Interrupted);
                }
                output::complain(&error);
            }
            out.flush()?;
            output::note("waiting for a change; Ctrl-C ends it");
        }
        if watch::is_over(cancel).await {
            return Ok(Exit::Interrupted);
        }
    }
}

async fn once(home: &Home, options: &Run, cancel: &Cancel, out: &mut Output) -> anyhow::Result<Exit> {
    let (home, path, how) = (home.clone(), options.path.clone(), options.how.clone());
    let (symbols, as_of, explain, cancel) =
        (options.symbols.clone(), options.as_of, options.explain, cancel.clone());
    let work = move || -> anyhow::Result<Judgement> {
        let component = Component::of(&home, &path, &how)?;
        let layer = component.layer(&home)?;
        let subject = Subject::new(&home.config()?, &layer)?;
        let market = home.market()?;
        let question = Question { market: &market, as_of, symbols: &symbols, explain };
        Ok(judge(&subject, &question, &cancel)?)
    };
    let judgement = tokio::task::spawn_blocking(work).await??;
    print::print(out, &judgement)?;
    Ok(if judgement.fault.is_some() { Exit::Failed } else { Exit::Done })
}
