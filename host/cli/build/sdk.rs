//! The source of the SDK as the program carries it: its files, a manifest that stands alone, and the part of
//! `Cargo.lock` that it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Files and folders of the SDK, below the workspace. The bindings look for the contract two folders above their crate.
const PARTS: [&str; 4] = ["sdk/rust/src", "sdk/rust/examples/first.rs", "wit/layer.wit", "LICENSE"];
/// The only crate that it depends on.
const DEPENDENCY: &str = "wit-bindgen";

type Fallible<T> = Result<T, Box<dyn Error>>;

/// `SDK_VERSION`, `SDK_API`, `SDK_LOCK`, `SDK_FILES`.
pub fn source(workspace: &Path) -> Fallible<String> {
    let mut files = BTreeMap::new();
    for part in PARTS {
        println!("cargo::rerun-if-changed={}", workspace.join(part).display());
        collect(&workspace.join(part), part, &mut files)?;
    }
    let root = read(&workspace.join("Cargo.toml"))?;
    println!("cargo::rerun-if-changed={}", workspace.join("Cargo.toml").display());
    println!("cargo::rerun-if-changed={}", workspace.join("Cargo.lock").display());
    let manifest = manifest(&root)?;
    let lock = lock(&read(&workspace.join("Cargo.lock"))?, requirement(&root)?)?;
    let mut content: Vec<&[u8]> = vec![manifest.as_bytes(), lock.as_bytes()];
    content.extend(files.values().map(|(_, text)| text.as_bytes()));
    let version = format!("{}-{:08x}", env::var("CARGO_PKG_VERSION")?, mark(&content));
    let contract = files.get("wit/layer.wit").map(|(_, text)| text.as_str()).unwrap_or_default();

    let mut text = String::new();
    writeln!(
        text,
        "/// Version of the SDK with a mark of its content.\npub const SDK_VERSION: &str = {version:?};"
    )?;
    writeln!(
        text,
        "/// Version of the contract that it speaks.\npub const SDK_API: &str = {:?};",
        api(contract)?
    )?;
    writeln!(text, "/// The locked versions of what it depends on.\npub const SDK_LOCK: &str = {lock:?};")?;
    writeln!(text, "/// Its files.\npub static SDK_FILES: &[(&str, &str)] = &[")?;
    writeln!(text, "    (\"sdk/rust/Cargo.toml\", {manifest:?}),")?;
    for (name, (path, _)) in &files {
        let path = path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()))?;
        writeln!(text, "    ({name:?}, include_str!({path:?})),")?;
    }
    text.push_str("];\n");
    Ok(text)
}

fn read(path: &Path) -> Fallible<String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()).into())
}

/// Files below a path by their names, with their texts.
fn collect(path: &Path, name: &str, files: &mut BTreeMap<String, (PathBuf, String)>) -> Fallible<()> {
    if !path.is_dir() {
        files.insert(name.to_owned(), (path.to_owned(), read(path)?));
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let own = entry.file_name();
        let own = own.to_str().ok_or_else(|| format!("{} is not UTF-8", entry.path().display()))?;
        if entry.file_type()?.is_dir() || own.ends_with(".rs") {
            collect(&entry.path(), &format!("{name}/{own}"), files)?;
        }
    }
    Ok(())
}

/// Of the dependency, as the workspace has it behind the equals sign.
fn requirement(root: &str) -> Fallible<&str> {
    let line = root.lines().find_map(|line| line.strip_prefix(DEPENDENCY)?.trim_start().strip_prefix('='));
    Ok(line.ok_or_else(|| format!("the workspace has no {DEPENDENCY}"))?.trim())
}

/// A manifest that inherits nothing.
fn manifest(root: &str) -> Fallible<String> {
    let value = |key: &str| {
        let line = root.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
        line.map(str::trim).ok_or_else(|| format!("the workspace has no {key}"))
    };
    Ok(format!(
        "[package]\nname = \"sluice-sdk\"\ndescription = \"Write a layer for Sluice in Rust.\"\nversion = {}\n\
         edition = {}\nrust-version = {}\nlicense = {}\npublish = false\nautoexamples = false\n\n\
         [dependencies]\n{DEPENDENCY} = {}\n",
        value("version")?,
        value("edition")?,
        value("rust-version")?,
        value("license")?,
        requirement(root)?
    ))
}

/// A lock file with the dependency and everything below it, in the versions that the workspace has.
fn lock(whole: &str, requirement: &str) -> Fallible<String> {
    let blocks: Vec<&str> = whole.split("[[package]]\n").skip(1).map(str::trim_end).collect();
    let field = |block: &'_ str, key: &str| -> Option<String> {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
        Some(line.trim_matches('"').to_owned())
    };
    let named = |wanted: &str| {
        // `name`, `name version` or `name version (source)`
        let mut words = wanted.split(' ');
        let (name, version) = (words.next().unwrap_or_default().to_owned(), words.next().map(str::to_owned));
        blocks.iter().copied().find(|block| {
            field(block, "name").as_deref() == Some(&name)
                && version.as_ref().is_none_or(|version| field(block, "version").as_ref() == Some(version))
        })
    };
    let version = requirement.split('"').nth(1).unwrap_or_default();
    let is_wanted = |block: &&str| {
        field(block, "name").as_deref() == Some(DEPENDENCY)
            && field(block, "version").is_some_and(|locked| locked.starts_with(version))
    };
    let first = blocks.iter().copied().find(|block| is_wanted(block));
    let mut todo = vec![first.ok_or_else(|| format!("Cargo.lock has no {DEPENDENCY} {version}"))?];
    let mut taken = BTreeSet::new();
    while let Some(block) = todo.pop() {
        if !taken.insert(block) {
            continue;
        }
        let list = block.split_once("dependencies = [").map_or("", |(_, list)| list);
        let names = list
            .lines()
            .filter_map(|line| Some(line.trim().strip_prefix('"')?.split('"').next()?.to_owned()));
        for name in names {
            todo.push(named(&name).ok_or_else(|| format!("Cargo.lock has no {name}"))?);
        }
    }
    let mut text = "version = 4\n".to_owned();
    for block in taken {
        write!(text, "\n[[package]]\n{block}\n")?;
    }
    Ok(text)
}

/// `0.1` of `package sluice:layer@0.1.0;`.
fn api(contract: &str) -> Fallible<String> {
    let version = contract.lines().find_map(|line| line.strip_prefix("package sluice:layer@"));
    let version = version.ok_or("wit/layer.wit names no package")?;
    let mut parts = version.trim_end_matches(';').split('.');
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => Ok(format!("{major}.{minor}")),
        _ => Err(format!("wit/layer.wit has the version {version}").into()),
    }
}

/// A mark of the content: FNV-1a, folded to 32 bits. It tells builds of one version apart, no more.
fn mark(content: &[&[u8]]) -> u32 {
    let hash = content.iter().flat_map(|part| part.iter()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 32) as u32 ^ (hash & 0xffff_ffff) as u32
}
