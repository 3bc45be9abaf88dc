//! Lists of any length, page by page: nothing is kept but one page and the place in the list. Lists that are there already
//! are cut likewise.

use crate::args::Page;
use crate::exit::Usage;
use crate::output::Output;
use crate::output::list::{Item, More};
use anyhow::bail;
use std::ffi::OsString;

/// Rows of a page.
const PAGE: u32 = 1_000;

/// Reads pages with `fetch` (the cursor to go on after, most rows) and gives each row to `take`, up to `limit` of them.
/// Returns the last row's cursor when there are more.
///
/// # Errors
/// The first of `fetch` or `take`.
pub async fn each<R, C: Clone>(
    limit: u32,
    mut after: Option<C>,
    cursor: impl Fn(&R) -> C,
    fetch: impl AsyncFn(Option<C>, u32) -> anyhow::Result<Vec<R>>,
    mut take: impl FnMut(R) -> anyhow::Result<()>,
) -> anyhow::Result<Option<C>> {
    let mut left = limit;
    loop {
        // one more than is wanted tells whether there are more
        let most = left.saturating_add(1).min(PAGE);
        let page = fetch(after.clone(), most).await?;
        let last = u32::try_from(page.len()).unwrap_or(u32::MAX) < most;
        for row in page {
            if left == 0 {
                return Ok(after);
            }
            left -= 1;
            after = Some(cursor(&row));
            take(row)?;
        }
        if last {
            return Ok(None);
        }
    }
}

/// Prints the part of a list that was asked for. `cursor` tells its items apart; `empty` says in words that there is
/// nothing.
///
/// # Errors
/// When the list has no item with the cursor, or stdout cannot be written to.
pub fn print<V: Item>(
    out: &mut Output,
    items: &[V],
    page: &Page,
    cursor: impl Fn(&V) -> &str,
    empty: &str,
) -> anyhow::Result<()> {
    let (part, goes_on) = part(items, page.most(out.format()), page.after.as_deref(), &cursor)?;
    let mut list = out.list_writer::<V>();
    part.iter().try_for_each(|item| list.push(item))?;
    let more = part.last().filter(|_| goes_on).map(|last| more(cursor(last)));
    list.finish(if page.after.is_some() { "nothing more" } else { empty }, more.as_ref())
}

/// At most so many of the items behind a cursor, and whether there are more.
fn part<'a, V>(
    items: &'a [V],
    most: usize,
    after: Option<&str>,
    cursor: impl Fn(&V) -> &str,
) -> anyhow::Result<(&'a [V], bool)> {
    let first = match after {
        None => 0,
        Some(after) => match items.iter().position(|item| cursor(item) == after) {
            Some(before) => before + 1,
            None => bail!(Usage(format!("--after {after}: nothing of this list is called so"))),
        },
    };
    let rest = items.get(first..).unwrap_or_default();
    let shown = rest.get(..most).unwrap_or(rest);
    Ok((shown, shown.len() < rest.len()))
}

/// How the list goes on after this cursor: what was typed, with another `--after`.
pub fn more(cursor: impl std::fmt::Display) -> More {
    let cursor = cursor.to_string();
    let command = command(std::env::args_os().skip(1), &cursor);
    More { cursor, command }
}

fn command(args: impl Iterator<Item = OsString>, cursor: &str) -> String {
    let mut words = vec!["sluice".to_owned()];
    let mut args = args.map(|arg| arg.to_string_lossy().into_owned());
    while let Some(arg) = args.next() {
        match arg.split_once('=').map_or(arg.as_str(), |(name, _)| name) {
            "--after" if arg.contains('=') => {}
            "--after" => drop(args.next()),
            // a URL may hold a password
            "--db" if arg.contains('=') => words.push("--db=URL".to_owned()),
            "--db" => {
                words.extend(["--db".to_owned(), "URL".to_owned()]);
                args.next();
            }
            _ => words.push(quoted(&arg)),
        }
    }
    words.extend(["--after".to_owned(), quoted(cursor)]);
    words.join(" ")
}

/// As a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// Pages through the numbers 1 to `rows`; gives the numbers seen, the cursor of more, and what was asked for.
    fn walk(rows: u32, limit: u32, after: Option<u32>) -> (Vec<u32>, Option<u32>, Vec<u32>) {
        let (asked, mut seen) = (RefCell::new(Vec::new()), Vec::new());
        let fetch = async |after: Option<u32>, most: u32| {
            asked.borrow_mut().push(most);
            let first = after.map_or(1, |after| after + 1);
            anyhow::Ok((first..=rows).take(most as usize).collect())
        };
        let take = |row| {
            seen.push(row);
            Ok(())
        };
        let walking = each(limit, after, |row| *row, fetch, take);
        let more = crate::commands::tokio().unwrap().block_on(walking).unwrap();
        (seen, more, asked.into_inner())
    }

    #[test]
    fn every_row_comes_once_whatever_the_pages() {
        for rows in [0, 1, 999, 1_000, 1_001, 2_000, 2_500] {
            let (seen, more, asked) = walk(rows, u32::MAX, None);
            assert_eq!((seen, more), ((1..=rows).collect(), None));
            assert!(asked.iter().all(|most| *most == PAGE));
        }
    }

    #[test]
    fn a_limit_tells_whether_it_cut_the_list() {
        assert_eq!(walk(5, 3, None), (vec![1, 2, 3], Some(3), vec![4]));
        assert_eq!(walk(5, 3, Some(3)), (vec![4, 5], None, vec![4]));
        assert_eq!(walk(3, 3, None), (vec![1, 2, 3], None, vec![4]));
        for (rows, limit, more) in
            [(1_000, 1_000, None), (1_001, 1_000, Some(1_000)), (3_000, 2_999, Some(2_999))]
        {
            let (seen, cursor, _) = walk(rows, limit, None);
            assert_eq!((seen.len() as u32, cursor), (limit, more), "{rows} rows, limit {limit}");
        }
    }

    #[test]
    fn a_list_in_memory_is_cut_behind_its_cursor() {
        let items = ["a", "b", "c", "d"];
        let cut = |most, after| part(&items, most, after, |item| item).unwrap();
        assert_eq!(cut(4, None), (&items[..], false));
        assert_eq!(cut(usize::MAX, None), (&items[..], false));
        assert_eq!(cut(3, None), (&items[..3], true));
        assert_eq!(cut(2, Some("b")), (&items[2..], false));
        assert_eq!(cut(1, Some("b")), (&items[2..3], true));
        assert_eq!(cut(1, Some("d")), (&items[4..], false));
        let unknown = part(&items, 1, Some("z"), |item| item).unwrap_err();
        assert!(unknown.is::<Usage>() && unknown.to_string().contains("--after z"), "{unknown}");
    }

    #[test]
    fn the_command_that_goes_on_is_the_one_that_was_typed_with_another_cursor() {
        let go_on = |args: &[&str]| command(args.iter().map(OsString::from), "12-345");
        assert_eq!(go_on(&["alerts"]), "sluice alerts --after 12-345");
        assert_eq!(
            go_on(&["--home", "/h", "alerts", "--after", "9-9", "--kind", "it's; --"]),
            r"sluice --home /h alerts --kind 'it'\''s; --' --after 12-345"
        );
        assert_eq!(go_on(&["alerts", "--after=9-9", "--limit=3"]), "sluice alerts --limit=3 --after 12-345");
    }

    #[test]
    fn a_password_is_never_printed() {
        let with = |args: &[&str]| command(args.iter().map(OsString::from), "1");
        assert_eq!(with(&["alerts", "--db", "postgres://a:b@c/d"]), "sluice alerts --db URL --after 1");
        assert_eq!(with(&["alerts", "--db=postgres://a:b@c/d"]), "sluice alerts --db=URL --after 1");
    }
}
