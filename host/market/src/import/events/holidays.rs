//! Lists of exchange holidays: no events of an instrument. They are refused with where they belong.

use super::documents::has;
use crate::import::error::ImportError;
use crate::import::reader::Reader;

pub(super) const READERS: &[Reader] = &[Reader {
    name: "polygon-holidays",
    title: "Polygon market holidays (refused)",
    sees: |head| {
        has(head, &["exchange", "date", "name", "status"])
            && !has(head, &["ticker"])
            && !has(head, &["symbol"])
    },
    read: |input, _| {
        Err(ImportError::content(
            input.head.path,
            "it is a list of market holidays, which is nothing about an instrument",
            "write closures and half days that the calendar lacks into calendar.toml in the home folder",
        ))
    },
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Said;
    use crate::import::testing::{Collected, seen_by};

    #[test]
    fn holidays_are_refused_with_where_they_belong() {
        let text = br#"[{"exchange":"NYSE","name":"Labor Day","date":"2022-09-05","status":"closed"}]"#;
        assert_eq!(seen_by(READERS, "h.json", text), ["polygon-holidays"]);
        let refused = Collected::read(&READERS[0], "h.json", text, &Said::default()).map(|_| ()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "h.json: it is a list of market holidays, which is nothing about an instrument; write closures and half \
             days that the calendar lacks into calendar.toml in the home folder"
        );
    }
}
