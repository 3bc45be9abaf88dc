use super::*;
use crate::import::testing::{Collected, with_input};

/// Line and fields.
type Fields = (u64, Vec<String>);

/// Every row, and the faults.
fn rows(text: &str) -> Result<(Vec<Fields>, Vec<String>), String> {
    let mut sink = Collected::default();
    let mut rows = Vec::new();
    with_input("f.csv", text.as_bytes(), |input| {
        let mut table = Table::open(input)?;
        while let Some(row) = table.next(&mut sink)? {
            rows.push((row.line(), row.iter().map(name_of).collect()));
        }
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    Ok((rows, sink.fault_lines()))
}

fn row(line: u64, fields: &[&str]) -> Fields {
    (line, fields.iter().map(|field| (*field).to_owned()).collect())
}

#[test]
fn every_separator_is_found_by_the_rows() {
    for sign in [",", ";", "\t", "|"] {
        let text = "a,b,c\n1,2,3\n".replace(',', sign);
        assert_eq!(rows(&text).unwrap().0, [row(2, &["1", "2", "3"])], "{sign:?}");
    }
    assert_eq!(rows("Date;Close\n2018-02-07;1,5\n").unwrap().0, [row(2, &["2018-02-07", "1,5"])]);
    assert_eq!(rows("a|b\nX, Inc; and|1\n").unwrap().0, [row(2, &["X, Inc; and", "1"])]);
    assert_eq!(rows("only\n1\n").unwrap().0, [row(2, &["1"])]);
}

#[test]
fn two_separators_that_fit_equally_well_are_refused() {
    assert_eq!(
        rows("a,b;c\n1,2;3\n").unwrap_err(),
        "f.csv: line 1: its fields may be separated by \",\" as well as by \";\"; write it with tabs, or with \
         quotes around numbers that have a comma"
    );
}

#[test]
fn quotes_windows_line_ends_and_a_byte_order_mark_are_understood() {
    let text = "\u{feff}a,b\r\n\"x, \"\"y\"\" z\",1\r\n \"p\" ,5\" pipe\r\n";
    assert_eq!(rows(text).unwrap().0, [row(2, &["x, \"y\" z", "1"]), row(3, &["p", "5\" pipe"])]);
}

#[test]
fn lines_are_counted_over_blank_lines_and_fields_of_several_lines() {
    let text = "\n\r\na,b\n\n1,2\n\"x\ny\n\nz\",3\n,,\n  \n4,5";
    let (found, faults) = rows(text).unwrap();
    assert_eq!(found, [row(5, &["1", "2"]), row(6, &["x\ny\n\nz", "3"]), row(12, &["4", "5"])]);
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn a_row_with_another_number_of_fields_is_a_fault_with_its_line() {
    let (found, faults) = rows("a,b\n1,2\n3\n\n4,5,6\n7,8\n").unwrap();
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 6]);
    assert_eq!(
        faults,
        [
            "wrong-number-of-fields line 3: 1 fields instead of 2",
            "wrong-number-of-fields line 5: 3 fields instead of 2"
        ]
    );
}

#[test]
fn an_unclosed_quote_and_an_endless_line_are_refused_with_their_line() {
    assert_eq!(
        rows("a,b\n1,2\n\"3,4\n5,6\n").unwrap_err(),
        "f.csv: line 3: a quote is opened and not closed; correct that line"
    );
    let long = format!("a,b\n1,{}\n", "2".repeat(MAX_ROW_BYTES));
    assert!(rows(&long).unwrap_err().starts_with("f.csv: line 2 has more than 1048576 bytes"));
    let open = format!("a,b\n\"{}\n", "x\n".repeat(MAX_ROW_BYTES));
    assert!(rows(&open).unwrap_err().starts_with("f.csv: line 2: a quote is opened"));
}

#[test]
fn columns_are_found_by_plain_names_and_renamed_by_the_user() {
    assert_eq!(plain_name("<GICS Sub-Industry>"), "gicssubindustry");
    let names: Vec<String> = ["Close", "Last Price", "Vol."].map(str::to_owned).to_vec();
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(ours, theirs)| ((*ours).to_owned(), (*theirs).to_owned())).collect()
    };
    let renamed = rename(&names, &map(&[("close", "last price"), ("volume", "Vol.")]));
    assert_eq!(renamed.unwrap(), ["", "close", "volume"]);
    assert_eq!(rename(&names, &map(&[("open", "First")])), Err("First".to_owned()));
    assert_eq!(rename(&names, &map(&[])), Ok(names));
}

#[test]
fn the_columns_that_are_not_used_can_be_named() {
    with_input("f.csv", b"Date,Close,Note\n", |input| {
        let table = Table::open(input)?;
        assert_eq!((table.find(&["last", "close"]), table.find(&["open"])), (Some(1), None));
        assert_eq!(table.others(&[0, 1]), ["Note"]);
        assert_eq!(table.plain_names(), ["date", "close", "note"]);
        Ok(())
    })
    .unwrap();
}

proptest::proptest! {
    #[test]
    fn any_fields_that_are_quoted_come_back(fields in proptest::collection::vec("[a-z,\"\n\r;|]{1,8}x", 2..5)) {
        let quoted: Vec<String> = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
        let header: Vec<String> = (0..fields.len()).map(|index| format!("c{index}")).collect();
        let text = format!("{}\n{}\n{}\n", header.join(","), quoted.join(","), quoted.join(","));
        let (found, _) = rows(&text).unwrap();
        let expected: Vec<String> = fields.iter().map(|field| field.trim_ascii().to_owned()).collect();
        proptest::prop_assert_eq!(&found[0].1, &expected);
        proptest::prop_assert_eq!(found[0].0, 2);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::sample::select(b"a1,;\"\n\r\t|\xff".to_vec()), 0..200)) {
        let _ = rows(&String::from_utf8_lossy(&bytes));
    }
}
