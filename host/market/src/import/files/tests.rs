use std::io::Write as _;

use zip::write::SimpleFileOptions;

use super::*;
use crate::import::testing::Collected;

const BARS: &str = "date,open,high,low,close,volume,symbol\n2018-02-06,1,2,1,2,10,A\n";

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// What each file was taken for, relative to the folder, and the bars.
fn import(dir: &Path, paths: &[PathBuf]) -> Result<(Vec<String>, Vec<String>), String> {
    let read_bytes = Rc::default();
    let files = Files::find(paths, &read_bytes).map_err(|error| error.to_string())?;
    let mut sink = Collected::default();
    read(&files.found, None, &Said::default(), &mut sink).map_err(|error| error.to_string())?;
    assert!(read_bytes.get() >= files.bytes, "{} of {} bytes were counted", read_bytes.get(), files.bytes);
    let name = |path: &Path| path.strip_prefix(dir).unwrap().display().to_string();
    let taken = sink.files.iter().map(|(path, reader)| format!("{} {reader}", name(path))).collect();
    Ok((taken, sink.bar_lines()))
}

#[test]
fn folders_are_read_in_the_order_of_names_without_what_is_no_data() {
    let dir = tempfile::tempdir().unwrap();
    let day = |date: &str| BARS.replace("2018-02-06", date);
    write(&dir.path().join("b/2.csv"), day("2018-02-07").as_bytes());
    write(&dir.path().join("a/1.csv"), BARS.as_bytes());
    write(&dir.path().join("a/README.txt"), b"about these files");
    write(&dir.path().join("a/.hidden"), b"x");
    let (taken, bars) = import(dir.path(), &[dir.path().to_path_buf()]).unwrap();
    assert_eq!(taken, ["a/1.csv csv", "b/2.csv csv"]);
    assert_eq!(bars, ["A 2018-02-06 1 2 1 2 10", "A 2018-02-07 1 2 1 2 10"]);
    let files = Files::find(&[dir.path().to_path_buf()], &Rc::default()).unwrap();
    assert_eq!(files.aside, [dir.path().join("a/README.txt")]);
}

#[test]
fn packed_files_are_told_by_their_bytes_and_not_by_their_names() {
    let dir = tempfile::tempdir().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(BARS.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(BARS.as_bytes(), 1).unwrap();
    let with_mark = [b"\xef\xbb\xbf", BARS.as_bytes()].concat();
    let inside = zipped(&[("x/bars.csv.gz", &gzip), ("__MACOSX/x/._bars.csv", b"\0"), ("LICENSE", b"x")]);
    for (bytes, name) in [(gzip, "f"), (zstd, "f"), (with_mark, "f"), (inside, "f/x/bars.csv.gz")] {
        write(&dir.path().join("f"), &bytes);
        let (taken, bars) = import(dir.path(), &[dir.path().join("f")]).unwrap();
        assert_eq!(taken, [format!("{name} csv")]);
        assert_eq!(bars, ["A 2018-02-06 1 2 1 2 10"]);
    }
}

#[test]
fn broken_packing_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("f");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(BARS.repeat(100).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(BARS.repeat(100).as_bytes(), 1).unwrap();
    let zip = zipped(&[("bars.csv", BARS.as_bytes())]);
    for bytes in [&gzip[..gzip.len() / 2], &zstd[..zstd.len() / 2], &zip[..zip.len() / 2]] {
        write(&file, bytes);
        let error = import(dir.path(), std::slice::from_ref(&file)).unwrap_err();
        assert!(error.starts_with(&format!("{}: ", file.display())) && !error.contains('\n'), "{error}");
    }
    write(&file, &zipped(&[("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")]));
    let error = import(dir.path(), std::slice::from_ref(&file)).unwrap_err();
    assert!(error.ends_with("it is an Excel workbook; save its sheet as CSV"), "{error}");
}

#[test]
fn what_is_unknown_is_refused_wherever_it_is() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("a.csv"), BARS.as_bytes());
    write(&dir.path().join("b.csv"), b"x,y\n1,2\n");
    let error = import(dir.path(), &[dir.path().to_path_buf()]).unwrap_err();
    assert!(error.contains("b.csv: its columns (x, y) are none that are understood"), "{error}");
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let error = import(dir.path(), std::slice::from_ref(&empty)).unwrap_err();
    assert!(error.ends_with("there is no file with data in it; name another folder"), "{error}");
    assert!(import(dir.path(), &[dir.path().join("none")]).unwrap_err().starts_with("cannot open "));
    assert_eq!(import(dir.path(), &[]).unwrap_err(), "no file to import was given");
}

#[test]
fn years_of_different_units_may_stand_in_one_folder() {
    let dir = tempfile::tempdir().unwrap();
    let row = |open: &str, close: &str| format!("{open},1,2,1,2,10,{close},1,1,1,1,0\n");
    write(&dir.path().join("BTCUSDT-1d-2024-01-01.csv"), row("1704067200000", "1704153599999").as_bytes());
    write(
        &dir.path().join("BTCUSDT-1d-2025-01-01.csv"),
        row("1735689600000000", "1735775999999999").as_bytes(),
    );
    let (_, bars) = import(dir.path(), &[dir.path().to_path_buf()]).unwrap();
    assert_eq!(bars, ["BTCUSDT 2024-01-01 1 2 1 2 10", "BTCUSDT 2025-01-01 1 2 1 2 10"]);
}
