//! What the fuzz targets share. A target is a file in `fuzz_targets` with a function of bytes and [`target!`]. Built by
//! cargo-fuzz it is one of libFuzzer's; otherwise it is a plain program that makes its inputs up at random.

pub mod edits;
pub mod random;

#[cfg(fuzzing)]
pub use libfuzzer_sys;

/// Makes a target of a function of bytes. The file needs `#![cfg_attr(fuzzing, no_main)]`.
#[macro_export]
macro_rules! target {
    ($run:path) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| $run(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            $crate::random::main($run)
        }
    };
}

/// Longest message that a user may have to read, in bytes.
const MESSAGE_BYTES: usize = 4_000;

/// That a message is one line for a terminal.
pub fn assert_told(message: &str) {
    assert!(!message.is_empty() && message.len() <= MESSAGE_BYTES, "{} bytes: {message:?}", message.len());
    let acting = message.chars().find(|c| sluice_runtime::text::is_unprintable(*c));
    assert_eq!(acting, None, "{message:?}");
}
