//! New layers have good names, whole folders and no place-holder left.

use super::*;

const SDK: Sdk<'static> = Sdk {
    version: "0.1.0-abc",
    api: "0.1",
    files: &[("sdk/rust/Cargo.toml", "[package]\n"), ("wit/layer.wit", "package a:b;\n")],
    lock: "version = 4\n",
};

fn name(text: &str) -> LayerName {
    text.parse().unwrap()
}

fn refused(text: &str) -> String {
    text.parse::<LayerName>().unwrap_err().to_string()
}

#[test]
fn a_name_gives_package_crate_and_type() {
    let name = name("acme/breakout-52w");
    assert_eq!(
        [name.id(), name.name().to_owned(), name.crate_name(), name.type_name()],
        ["acme/breakout-52w", "breakout-52w", "breakout_52w", "Breakout52w"]
    );
    assert_eq!(self::name("acme/report").type_name(), "ReportLayer");
}

#[test]
fn names_that_are_none_are_refused_with_what_to_do() {
    assert_eq!(
        refused("near-high"),
        "\"near-high\" cannot be the name of a layer: write AUTHOR/NAME, such as me/near-high"
    );
    for text in [
        "me/../../etc",
        "me/..",
        "me/",
        "/near",
        "me/Near",
        "me/near_high",
        "me/near--high",
        "me/-x",
        "me/9x",
    ] {
        assert!(refused(text).contains("is not in lower-case letters"), "{text}: {}", refused(text));
    }
    assert!(refused("me/near\u{1b}[2J").contains("near?[2J"));
    assert!(refused("me/match").contains("match is a word that Rust or cargo keep"));
    assert!(refused("me/test").contains("such as test-scan"));
    assert!(refused("sluice/gap").contains("the author sluice is that of the bundled layers"));
    assert!(refused(&format!("me/{}", "x".repeat(70))).contains("over the limit of 64"));
}

#[test]
fn a_new_layer_is_whole_and_has_no_place_holder() {
    let dir = tempfile::tempdir().unwrap();
    let unpacked = SDK.unpack(&dir.path().join("sdk")).unwrap();
    for template in [Template::PerInstrument, Template::CrossSection, Template::Market] {
        let place = dir.path().join(format!("{template:?}"));
        scaffold(&name("me/near-high"), template, &place, &SDK, &unpacked).unwrap();
        for path in
            ["Cargo.toml", "README.md", "src/lib.rs", "tests/fixture.rs", "tests/bars.csv", ".gitignore"]
        {
            let text = fs::read_to_string(place.join(path)).unwrap();
            assert!(!text.contains("{{") || path == "tests/fixture.rs", "{path}: {text}");
            assert!(
                !["{{id", "{{name", "{{struct", "{{crate", "{{tests"].iter().any(|left| text.contains(left))
            );
        }
        let manifest = fs::read_to_string(place.join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains(&format!("sluice-sdk = {{ path = \"{}\" }}", unpacked.display())),
            "{manifest}"
        );
        assert!(fs::read_to_string(place.join("src/lib.rs")).unwrap().contains("pub struct NearHigh"));
    }
    let left = fs::read_dir(dir.path()).unwrap().flatten();
    assert!(!left.into_iter().any(|entry| entry.file_name().to_string_lossy().contains("part")));
}

#[test]
fn what_is_there_already_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("near-high");
    fs::create_dir(&place).unwrap();
    scaffold(&name("me/near-high"), Template::Market, &place, &SDK, dir.path()).unwrap();
    fs::write(place.join("src/lib.rs"), "mine").unwrap();
    let told = scaffold(&name("me/near-high"), Template::Market, &place, &SDK, dir.path()).unwrap_err();
    assert!(told.to_string().contains("is there already: choose another folder with --path"), "{told}");
    assert_eq!(fs::read_to_string(place.join("src/lib.rs")).unwrap(), "mine");
}

#[test]
fn an_sdk_is_written_once() {
    let dir = tempfile::tempdir().unwrap();
    let first = SDK.unpack(dir.path()).unwrap();
    fs::write(first.join("Cargo.toml"), "touched").unwrap();
    assert_eq!(SDK.unpack(dir.path()).unwrap(), first);
    assert_eq!(fs::read_to_string(first.join("Cargo.toml")).unwrap(), "touched");
    assert!(dir.path().join("0.1.0-abc/wit/layer.wit").is_file());
}

#[test]
fn a_path_is_quoted_as_toml_has_it() {
    assert_eq!(quoted("a\"b\\c\nd"), "\"a\\\"b\\\\c\\u000Ad\"");
}
