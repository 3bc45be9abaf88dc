//! Files that are no bars, and configurations that are none: one line each, and nothing is changed.

use crate::support::{Home, bars_csv, contents, walk};

/// A home with one instrument.
fn home() -> Home {
    let home = Home::empty();
    home.ok(&["import", &home.file("good.csv", bars_csv(&walk("WMT", 30, 1)))]);
    home
}

/// Refused with exit code 4, the set as it was; gives the error.
fn refused(home: &Home, file: &str) -> String {
    let before = contents(&home.market());
    let error = home.fails(&["import", file]);
    let parts = before == contents(&home.market());
    assert!(parts, "the set was changed by {file}");
    error
}

#[test]
fn a_half_written_parquet_file_is_refused() {
    let home = home();
    let (path, whole) = contents(&home.market())
        .into_iter()
        .find(|(path, _)| path.to_string_lossy().contains("bars-1d"))
        .unwrap();
    assert!(path.exists());
    let error = refused(&home, &home.file("half.parquet", &whole[..whole.len() / 2]));
    assert!(error.contains("half.parquet") && error.contains("not written or copied completely"), "{error}");
    let mut damaged = whole.clone();
    let middle = whole.len() - 40;
    damaged[middle..middle + 20].fill(0xff);
    let error = refused(&home, &home.file("damaged.parquet", damaged));
    assert!(error.contains("damaged.parquet"), "{error}");
}

#[test]
fn unknown_columns_are_refused_with_those_that_are_wanted() {
    let home = home();
    let error = refused(&home, &home.file("odd.csv", "a,b,c\n1,2,3\n"));
    for part in ["odd.csv", "(a, b, c)", "date", "--map", "kind", "yahoo"] {
        assert!(error.contains(part), "{part} is missing: {error}");
    }
    let error = refused(&home, &home.file("few.csv", "symbol,date,open,high,low\nWMT,2025-06-30,1,1,1\n"));
    assert!(error.contains("few.csv") && error.contains("close"), "{error}");
}

#[test]
fn what_is_no_table_at_all_is_refused() {
    let home = home();
    let files: [(&str, &[u8], &str); 6] = [
        ("empty.csv", b"", "it is empty"),
        ("header.csv", b"symbol,date,open,high,low,close,volume\n", "no rows"),
        ("archive.csv", b"PK\x03\x04rest", "zip"),
        ("wide.csv", b"\xff\xfes\0y\0m\0", "UTF-16"),
        ("picture.csv", b"\x89PNG\x0d\x0a\x1a\x0a\0\0\0", "binary"),
        (
            "useless.csv",
            b"symbol,date,open,high,low,close,volume\nA,x,1,1,1,1,1\n",
            "none of its 1 rows can be used",
        ),
    ];
    for (name, content, part) in files {
        let error = refused(&home, &home.file(name, content));
        assert!(error.contains(name) && error.contains(part), "{error}");
    }
}

#[test]
fn a_truncated_gzip_file_is_refused() {
    let home = home();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, bars_csv(&walk("NEW", 90, 2)).as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    let error = refused(&home, &home.file("half.csv.gz", &packed[..packed.len() / 2]));
    assert!(error.contains("half.csv.gz"), "{error}");
    assert_eq!(home.json(&["status"])["instruments"], 1);
}

#[test]
fn a_file_that_is_not_there_is_named_with_the_reason_once() {
    let error = refused(&home(), "missing.csv");
    assert_eq!(error, "cannot open missing.csv: No such file or directory (os error 2)");
}

#[test]
fn a_folder_with_something_else_than_data_is_refused() {
    let home = home();
    let error = refused(&home, &home.user().display().to_string());
    assert!(error.contains(&home.user().display().to_string()), "{error}");
}

#[test]
fn a_wrong_configuration_is_refused_with_its_line() {
    let home = Home::with_market();
    let path = home.path().join("sluice.toml");
    let default = std::fs::read_to_string(&path).unwrap();
    let line = default.lines().count() + 1;
    for (text, parts) in [
        ("treshold = 3\n", ["sluice.toml, line", "treshold"]),
        ("[layers.\"sluice/volume\"]\nsetings = {}\n", ["sluice.toml, line", "setings"]),
        ("[market\n", ["sluice.toml, line", ""]),
    ] {
        std::fs::write(&path, format!("{default}{text}")).unwrap();
        let error = home.fails(&["scan"]);
        parts.iter().for_each(|part| assert!(error.contains(part), "{part} is missing: {error}"));
        let named: usize = error.split("line ").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
        assert!((line..line + 2).contains(&named), "line {named} of {line}: {error}");
    }
    assert_eq!(home.json(&["status"])["scans"], 0);
}

#[test]
fn settings_that_a_layer_does_not_take_are_refused_with_what_it_takes() {
    let home = Home::with_market();
    for (setting, parts) in [
        ("lookback = 0", ["lookback", "1"]),
        ("lookback = \"many\"", ["lookback", "must be a whole number"]),
        ("look-back = 5", ["look-back", "lookback"]),
        ("max-price = 0.5", ["max-price", "min-price"]),
    ] {
        home.configure(&format!("[layers.\"sluice/liquidity\".settings]\n{setting}\n"));
        let error = home.fails(&["scan"]);
        assert!(error.contains("sluice/liquidity"), "{error}");
        parts.iter().for_each(|part| assert!(error.contains(part), "{setting}: {part} is missing: {error}"));
    }
    home.configure("[layers.\"sluice/liquidity\".limits]\nfuel = 0\n");
    assert!(home.fails(&["scan"]).contains("fuel"));
}

#[test]
fn a_damaged_market_is_an_error_and_no_panic() {
    let home = home();
    let (path, whole) = contents(&home.market())
        .into_iter()
        .find(|(path, _)| path.to_string_lossy().contains("bars-1d"))
        .unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = home.fails(&["scan"]);
    assert!(error.contains("bars-1d"), "{error}");
    std::fs::write(home.market().join("current.json"), "{").unwrap();
    let error = home.fails(&["scan"]);
    assert!(error.contains("current.json"), "{error}");
}

#[test]
fn a_database_that_is_none_is_refused() {
    let home = Home::with_market();
    std::fs::write(home.path().join("sluice.db"), "this is no database, but it is long enough to look at")
        .unwrap();
    let error = home.fails(&["scan"]);
    assert!(error.contains("sluice.db"), "{error}");
}
