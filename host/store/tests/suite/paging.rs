//! Lists are read page by page, whatever is written between two pages.

use sluice_store::{AlertCursor, AlertFilter, AuditFilter};

use crate::case::Case;
use crate::home::Home;
use crate::records::{alert, entry, scan_record};
use crate::round_trip::everything;

pub const CASES: &[Case] = cases![
    alerts_come_page_by_page_without_gaps_or_doubles,
    scans_come_page_by_page_without_gaps_or_doubles,
    audit_rows_come_page_by_page_from_either_end,
    a_page_has_at_most_a_thousand_rows,
    the_form_for_lists_says_what_the_rows_say,
    pages_that_are_read_ahead_are_the_list_whatever_is_written_meanwhile,
    who_wants_no_more_pages_stops_the_reading,
    a_list_that_cannot_be_read_on_ends_with_an_error,
];

/// All alerts page by page; something is written after each page.
async fn alerts(home: &Home, filter: &AlertFilter, limit: u32) -> Vec<String> {
    let mut seen = Vec::new();
    let mut after: Option<AlertCursor> = None;
    loop {
        let page = home.store.alerts(&AlertFilter { after, limit, ..filter.clone() }).await.unwrap();
        let Some(last) = page.last() else { return seen };
        assert!(page.len() <= limit as usize);
        // as a client would keep it
        after = Some(last.cursor.to_string().parse().unwrap());
        seen.extend(page.into_iter().map(|alert| alert.message));
        home.scanned(&scan_record()).await;
    }
}

async fn alerts_come_page_by_page_without_gaps_or_doubles(home: Home) {
    let mut expected = Vec::new();
    for scan in 0..4 {
        let mut record = scan_record();
        record.finished_at += scan;
        record.alerts = (0..5)
            .map(|index| {
                let mut alert = alert(Some(index % 3), "spike", index != 1);
                alert.message = format!("{scan}-{index}");
                alert
            })
            .collect();
        home.scanned(&record).await;
        let messages = record.alerts.into_iter().map(|alert| alert.message);
        expected.splice(0..0, messages);
    }
    for limit in [1, 2, 3, 5, 7, 100] {
        // none of what is written meanwhile: it is newer than the first page
        let seen =
            alerts(&home, &AlertFilter { until: Some(1_795_554_000_500), ..everything() }, limit).await;
        let seen: Vec<_> = seen.into_iter().filter(|message| message != "look").collect();
        assert_eq!(seen, expected, "{limit}");
    }
    let shown: Vec<_> = expected.iter().filter(|message| !message.ends_with("-1")).cloned().collect();
    let seen = alerts(&home, &AlertFilter { all: false, ..everything() }, 3).await;
    assert_eq!(seen.into_iter().filter(|message| message != "look").collect::<Vec<_>>(), shown);
    let one = AlertFilter { symbol: Some("BRK.B".to_owned()), ..everything() };
    let seen = alerts(&home, &one, 2).await;
    assert_eq!(seen, ["3-1", "3-4", "2-1", "2-4", "1-1", "1-4", "0-1", "0-4"]);
}

async fn scans_come_page_by_page_without_gaps_or_doubles(home: Home) {
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.insert(0, home.scanned(&scan_record()).await);
    }
    for limit in [1, 3, 7, 100] {
        let known = home.store.scans(None, 1).await.unwrap()[0].number;
        let (mut seen, mut before) = (Vec::new(), Some(known + 1));
        loop {
            let page = home.store.scans(before, limit).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.number);
            seen.extend(page.iter().map(|scan| scan.id));
            home.scanned(&scan_record()).await;
        }
        assert!(seen.ends_with(&ids));
        assert_eq!(seen.len() as i64, known, "{limit}");
    }
    assert_eq!(home.store.scans(Some(1), 9).await.unwrap(), []);
    assert_eq!(home.store.scans(None, 0).await.unwrap(), []);
}

async fn audit_rows_come_page_by_page_from_either_end(home: Home) {
    for step in 2..=9 {
        home.store.record(&entry(&step.to_string())).await.unwrap();
    }
    for oldest_first in [false, true] {
        let filter = AuditFilter { oldest_first, ..AuditFilter::default() };
        let newest = home.store.audit(&AuditFilter::default(), None, 1).await.unwrap()[0].number;
        let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = home.store.audit(&filter, after, 4).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.number);
            seen.extend(page.iter().map(|row| row.number));
            pages += 1;
            if pages <= 2 {
                home.store.record(&entry("meanwhile")).await.unwrap();
            }
        }
        match oldest_first {
            false => assert_eq!(seen, (1..=newest).rev().collect::<Vec<_>>()),
            true => assert_eq!(
                seen,
                (1..=newest + 2).collect::<Vec<_>>(),
                "a reader from the start sees them too"
            ),
        }
    }
}

async fn a_page_has_at_most_a_thousand_rows(home: Home) {
    let mut record = scan_record();
    record.alerts = (0..1005).map(|_| alert(None, "spike", true)).collect();
    home.scanned(&record).await;
    let all = AlertFilter { limit: u32::MAX, ..everything() };
    let page = home.store.alerts(&all).await.unwrap();
    assert_eq!(page.len(), 1000);
    let rest = home.store.alerts(&AlertFilter { after: Some(page[999].cursor), ..all }).await.unwrap();
    assert_eq!(rest.len(), 5);
}

/// The same alerts, digit by digit and whatever their texts hold, in pages of any length.
async fn the_form_for_lists_says_what_the_rows_say(home: Home) {
    let mut state = 7_u64;
    let mut number = || {
        // xorshift64; any double that a price can be
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        f64::from_bits((state >> 12) | 0x3fe0_0000_0000_0000)
            * [1e-4, 1.0, 1e3, 1e9, 1e-6, 1024.0][(state % 6) as usize]
    };
    for scan in 0..3 {
        let mut record = scan_record();
        record.alerts = (0..40)
            .map(|index| {
                let mut alert =
                    alert(if index % 5 == 0 { None } else { Some(index % 3) }, "spike", index % 7 != 0);
                alert.message =
                    ["plain", "7:a;\u{1f}\u{1e}", "ünï 🦀, \"x\"\n", ""][(index % 4) as usize].to_owned();
                alert.confidence = number().fract();
                alert.entry = (index % 2 == 0).then(&mut number);
                alert.stop = (index % 3 == 0).then(&mut number);
                alert.target = (index % 4 == 0).then_some(f64::from(index) / 100.0);
                alert.risk_json = (index % 5 == 1).then(|| format!("{{\"atr\":{index}}}"));
                alert
            })
            .collect();
        record.finished_at += scan;
        home.scanned(&record).await;
    }
    let filters = [
        everything(),
        AlertFilter { all: false, ..everything() },
        AlertFilter { min_confidence: Some(0.5), ..everything() },
        AlertFilter { symbol: Some("BRK.B".to_owned()), ..everything() },
    ];
    for filter in filters {
        let rows = home.store.alerts(&AlertFilter { limit: 1_000, ..filter.clone() }).await.unwrap();
        assert!(rows.len() > 10, "{filter:?}");
        for limit in [1, 7, 40, 4_096] {
            let (mut at, mut after) = (0, None);
            loop {
                let page =
                    home.store.alert_page(&AlertFilter { after, limit, ..filter.clone() }).await.unwrap();
                assert!(page.len() <= limit as usize && page.lines().count() == page.len());
                for line in page.lines() {
                    let row = &rows[at];
                    at += 1;
                    assert_eq!(
                        (line.cursor, line.scan, line.raised_at),
                        (row.cursor, &*row.scan.to_string(), row.raised_at)
                    );
                    assert_eq!(
                        (line.as_of, line.layer, line.version),
                        (row.as_of, &*row.layer, &*row.version)
                    );
                    assert_eq!((line.symbol, line.kind), (row.symbol.as_deref(), &*row.kind));
                    assert_eq!((line.severity, line.confidence), (row.severity.as_str(), row.confidence));
                    assert_eq!((line.message, line.surfaced), (&*row.message, row.surfaced));
                    assert_eq!((line.entry, line.stop, line.target), (row.entry, row.stop, row.target));
                    assert_eq!(line.side, row.side.map(|side| side.as_str()));
                    assert_eq!((line.repeats, line.risk_json), (row.repeats, row.risk_json.as_deref()));
                }
                let Some(last) = page.last() else { break };
                after = Some(last);
            }
            assert_eq!(at, rows.len(), "{limit}");
        }
    }
}

/// Three scans of 3,000 alerts, with messages in the order of the list from 0 on.
async fn nine_thousand(home: &Home) {
    for scan in (0..3).rev() {
        let mut record = scan_record();
        record.alerts = (0..3_000)
            .map(|index| {
                let mut alert = alert(Some(index % 3), "spike", true);
                alert.message = (scan * 3_000 + index).to_string();
                alert
            })
            .collect();
        home.scanned(&record).await;
    }
}

async fn pages_that_are_read_ahead_are_the_list_whatever_is_written_meanwhile(home: Home) {
    nine_thousand(&home).await;
    for (limit, pages) in [(u32::MAX, 5), (1, 1), (2_047, 1), (2_048, 1), (2_049, 2), (4_096, 2), (9_000, 5)]
    {
        // none of what is written meanwhile: it is newer than the first page
        let mut reading = home.store.alert_pages(&AlertFilter {
            kind: Some("spike".to_owned()),
            limit,
            ..AlertFilter::default()
        });
        let (mut seen, mut taken) = (Vec::new(), 0);
        while let Some(page) = reading.next().await.unwrap() {
            seen.extend(page.lines().map(|line| line.message.parse::<u32>().unwrap()));
            taken += 1;
            let mut record = scan_record();
            record.alerts = vec![alert(None, "look", true)];
            home.scanned(&record).await;
        }
        assert_eq!(seen, (0..limit.min(9_000)).collect::<Vec<_>>(), "{limit}");
        assert_eq!(taken, pages, "{limit}");
        assert!(reading.next().await.unwrap().is_none());
    }
    let mut none = home.store.alert_pages(&AlertFilter { kind: Some("?".to_owned()), ..everything() });
    assert!(none.next().await.unwrap().is_none_or(|page| page.is_empty()));
    assert!(none.next().await.unwrap().is_none());
}

async fn who_wants_no_more_pages_stops_the_reading(home: Home) {
    nine_thousand(&home).await;
    let mut reading = home.store.alert_pages(&AlertFilter { limit: u32::MAX, ..everything() });
    assert_eq!(reading.next().await.unwrap().map(|page| page.len()), Some(2_048));
    drop(reading);
    // waits for every connection to be given back
    let closing = home.store.clone().close();
    tokio::time::timeout(std::time::Duration::from_secs(60), closing).await.unwrap();
}

async fn a_list_that_cannot_be_read_on_ends_with_an_error(home: Home) {
    home.run("ALTER TABLE alerts RENAME TO lost").await.unwrap();
    let mut reading = home.store.alert_pages(&everything());
    reading.next().await.unwrap_err();
    assert!(reading.next().await.unwrap().is_none());
}
