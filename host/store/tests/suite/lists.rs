//! Lists of instruments.

use sluice_store::{AuditFilter, ListChange, ListEntry};

use crate::case::Case;
use crate::home::Home;

pub const CASES: &[Case] = cases![
    a_list_is_made_once_changed_and_deleted_with_its_entries,
    an_instrument_is_on_a_list_once_whatever_it_is_called,
    what_lists_exclude_is_told_once,
];

fn entry(symbol: &str, ident: Option<&str>) -> ListEntry {
    ListEntry { symbol: symbol.to_owned(), ident: ident.map(str::to_owned) }
}

async fn a_list_is_made_once_changed_and_deleted_with_its_entries(home: Home) {
    assert_eq!(home.store.list("tech").await.unwrap(), None);
    assert_eq!(home.store.change_list("tech", &[], &[]).await.unwrap(), None);
    assert!(home.store.create_list("tech", false).await.unwrap());
    assert!(!home.store.create_list("tech", true).await.unwrap());
    let (aapl, brk) = (entry("AAPL", Some("XNAS:AAPL")), entry("BRK.B", None));
    let change = home.store.change_list("tech", &[brk.clone(), aapl.clone()], &[]).await.unwrap().unwrap();
    assert_eq!(change.added, ["BRK.B", "AAPL"]);
    assert_eq!(home.open().await.list("tech").await.unwrap(), Some(vec![aapl.clone(), brk.clone()]));
    let lists = home.store.lists().await.unwrap();
    let told: Vec<_> = lists.iter().map(|list| (list.name.as_str(), list.excludes, list.entries)).collect();
    assert_eq!(told, [("tech", false, 2)]);
    let change = home.store.change_list("tech", &[], &[aapl, entry("X", None)]).await.unwrap().unwrap();
    assert_eq!(change, ListChange { added: Vec::new(), removed: vec!["AAPL".to_owned()] });
    assert!(home.store.delete_list("tech").await.unwrap());
    assert!(!home.store.delete_list("tech").await.unwrap());
    assert_eq!(home.store.lists().await.unwrap(), []);
    let told = AuditFilter { action: Some("list".to_owned()), oldest_first: true, ..AuditFilter::default() };
    let told = home.store.audit(&told, None, 9).await.unwrap();
    let told: Vec<_> = told.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(told, ["list.created", "list.changed", "list.changed", "list.deleted"]);
}

async fn an_instrument_is_on_a_list_once_whatever_it_is_called(home: Home) {
    home.store.create_list("tech", false).await.unwrap();
    let before = entry("FB", Some("XNAS:FB"));
    home.store.change_list("tech", std::slice::from_ref(&before), &[]).await.unwrap();
    let now = entry("META", Some("XNAS:FB"));
    let change = home.store.change_list("tech", std::slice::from_ref(&now), &[]).await.unwrap().unwrap();
    assert_eq!(change, ListChange::default());
    let change = home.store.change_list("tech", &[], &[now]).await.unwrap().unwrap();
    assert_eq!(change.removed, ["FB"]);
}

async fn what_lists_exclude_is_told_once(home: Home) {
    for (name, excludes) in [("junk", true), ("more", true), ("tech", false)] {
        home.store.create_list(name, excludes).await.unwrap();
        let entries = [entry("GME", Some("XNYS:GME")), entry(&name.to_uppercase(), None)];
        home.store.change_list(name, &entries, &[]).await.unwrap();
    }
    let excluded = home.store.exclusions().await.unwrap();
    assert_eq!(excluded, [entry("GME", Some("XNYS:GME")), entry("JUNK", None), entry("MORE", None)]);
}
