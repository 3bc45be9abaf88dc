//! A case: an `async fn(Home)` with its name.

use std::pin::Pin;

use libtest_mimic::Trial;

use crate::home::{Backend, Home};

/// Enough that cases which do several things at once really do.
const THREADS: usize = 2;

pub struct Case {
    pub name: &'static str,
    pub run: fn(Home) -> Pin<Box<dyn Future<Output = ()>>>,
}

/// Lists functions of this module as cases.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        &[$($crate::case::Case { name: stringify!($name), run: |home| Box::pin($name(home)) }),*]
    };
}

impl Case {
    pub fn trial(&self, module: &str, backend: Backend) -> Trial {
        let database = match backend {
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgres",
        };
        let run = self.run;
        Trial::test(format!("{database}::{module}::{}", self.name), move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
            runtime.block_on(async { run(Home::new(backend).await).await });
            Ok(())
        })
    }
}
