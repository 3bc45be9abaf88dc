//! Which table of text of reference data or events has which header: told by its set of names, at most one fits.

use super::reader::Head;
use super::table::plain_name;

/// The tables that are told by their header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    Earnings,
    Quotes,
    Renames,
    Actions,
    News,
    Events,
    Facts,
    Companies,
    Constituents,
    Directory,
}

pub(crate) const SYMBOL: &[&str] = &["symbol", "ticker", "actsymbol"];
pub(crate) const NAME: &[&str] =
    &["name", "security", "securityname", "longname", "shortname", "companyname"];
pub(crate) const KNOWN: &[&str] = &["knownat", "known", "announcedat"];
pub(crate) const DAY: &[&str] = &["date", "effectivedate", "exdate", "exdividenddate", "executiondate"];
pub(crate) const DIVIDEND: &[&str] = &["dividends", "dividend", "cashamount", "amount"];
pub(crate) const SPLIT: &[&str] = &["stocksplits", "stocksplit", "splits", "split", "ratio", "splitratio"];
pub(crate) const OLD: &[&str] = &["oldsymbol", "oldticker", "old", "from"];
pub(crate) const NEW: &[&str] = &["newsymbol", "newticker", "new", "to"];
pub(crate) const HEADLINE: &[&str] = &["headline", "title"];
pub(crate) const PUBLISHED: &[&str] =
    &["publishedutc", "publishedat", "published", "createdat", "datetime", "timestamp", "time", "date"];
pub(crate) const NEWS_SYMBOL: &[&str] = &["symbol", "ticker", "stock", "symbols", "tickers"];
/// When a quote was known is asked for before when it was given.
pub(crate) const QUOTED: &[&str] =
    &["knownat", "siptimestamp", "timestamp", "datetime", "quotetime", "time", "at", "t", "date"];
pub(crate) const BID: &[&str] = &["bid", "bidprice", "bp"];
pub(crate) const ASK: &[&str] = &["ask", "askprice", "offer", "ap"];
/// What only quotes of options and futures have.
const DERIVATIVE: &[&str] =
    &["strike", "strikeprice", "expiration", "expirationdate", "expiry", "right", "optiontype", "callput"];
pub(crate) const EVENT: &[&str] = &["kind", "event", "eventtype"];
pub(crate) const FACT_DAY: &[&str] = &["knownat", "known", "date", "asof"];
pub(crate) const FACT_NAME: &[&str] = &["name", "fact", "field", "metric"];
/// Names of columns that hold one fact each, and what the fact is called.
pub(crate) const FACTS: &[(&str, &str)] = &[
    ("marketcap", "market-cap"),
    ("marketcapitalization", "market-cap"),
    ("pe", "pe"),
    ("peratio", "pe"),
    ("trailingpe", "pe"),
    ("forwardpe", "forward-pe"),
    ("float", "float"),
    ("floatshares", "float"),
    ("sharesfloat", "float"),
    ("sharesoutstanding", "shares-outstanding"),
    ("eps", "eps"),
    ("beta", "beta"),
    ("dividendyield", "dividend-yield"),
    ("shortinterest", "short-interest"),
    ("ebitda", "ebitda"),
    ("revenuegrowth", "revenue-growth"),
    ("debttoequity", "debt-to-equity"),
];
pub(crate) const FROM: &[&str] = &["dateadded", "from", "added", "startdate", "asof"];
pub(crate) const TO: &[&str] = &["dateremoved", "to", "removed", "enddate"];
pub(crate) const INDEX: &[&str] = &["index", "indexname"];

/// What a header is of; none for bars, and for what nobody here knows.
pub(crate) fn header(head: &Head<'_>) -> Option<Header> {
    let plain: Vec<String> = head.columns.iter().map(|name| plain_name(name)).collect();
    let any = |names: &[&str]| plain.iter().any(|column| names.contains(&column.as_str()));
    let prices = ["open", "high", "low", "close"].iter().filter(|name| any(&[**name])).count();
    // Nasdaq's own directories have readers of their own
    if prices >= 2 || any(&["testissue"]) {
        return None;
    }
    let symbol = any(SYMBOL);
    let known_fact = || FACTS.iter().any(|(column, _)| any(&[*column]));
    let header = if symbol && any(&["releasetime"]) && any(&["eps", "epsest", "epsestimate"]) {
        Header::Earnings
    } else if symbol && any(EVENT) && any(KNOWN) {
        Header::Events
    } else if symbol && any(BID) && any(ASK) && any(QUOTED) && !any(DERIVATIVE) && !known_fact() {
        Header::Quotes
    } else if any(NEWS_SYMBOL) && any(HEADLINE) && any(PUBLISHED) {
        Header::News
    } else if !symbol && any(OLD) && any(NEW) && any(DAY) {
        Header::Renames
    } else if any(DAY) && (any(DIVIDEND) || any(SPLIT)) {
        Header::Actions
    } else if symbol && any(FACT_DAY) && ((any(FACT_NAME) && any(&["value"])) || known_fact()) {
        Header::Facts
    } else if symbol && any(&["shortname"]) && any(&["longname"]) && any(&["exchange"]) {
        Header::Companies
    } else if symbol && (any(INDEX) || any(&["dateadded", "dateremoved"]) || (any(FROM) && any(TO))) {
        Header::Constituents
    } else if symbol && (any(NAME) || any(SAYS)) {
        Header::Directory
    } else {
        return None;
    };
    Some(header)
}

/// What a directory says beside the name.
const SAYS: &[&str] = &[
    "kind",
    "type",
    "quotetype",
    "assettype",
    "status",
    "mic",
    "exchange",
    "currency",
    "sector",
    "gicssector",
    "industry",
    "subindustry",
    "gicssubindustry",
    "listed",
    "listingdate",
    "ipodate",
    "delisted",
    "delistingdate",
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn of(line: &str) -> Option<Header> {
        let columns: Vec<String> = line.split(',').map(|name| name.trim().to_lowercase()).collect();
        header(&Head { path: Path::new("f.csv"), bytes: line.as_bytes(), columns: &columns })
    }

    #[test]
    fn a_table_is_told_by_its_names() {
        for (line, expected) in [
            ("symbol,date,qtr,eps_est,eps,release_time,surp", Header::Earnings),
            ("symbol,time,bid,ask,bid_size,ask_size,last", Header::Quotes),
            ("ticker,ask_price,ask_size,bid_price,bid_size,sip_timestamp,tape", Header::Quotes),
            ("old_symbol,new_symbol,date", Header::Renames),
            ("date,from,to", Header::Renames),
            ("Date,Dividends,Stock Splits", Header::Actions),
            ("ticker,ex_date,amount", Header::Actions),
            (",headline,url,publisher,date,stock", Header::News),
            ("symbol,published_utc,title", Header::News),
            ("symbol,kind,known_at,effective_at,headline,id,eps", Header::Events),
            ("symbol,kind,known_at,headline,bid,ask", Header::Events),
            ("symbol,date,market_cap,pe,bid,ask", Header::Facts),
            ("symbol,date,name,value", Header::Facts),
            ("symbol,known_at,market_cap,pe,float", Header::Facts),
            ("Exchange,Symbol,Shortname,Longname,Sector,Industry,Marketcap", Header::Companies),
            (
                "Symbol,Security,GICS Sector,GICS Sub-Industry,Headquarters Location,Date added,CIK,Founded",
                Header::Constituents,
            ),
            ("index,symbol,from,to", Header::Constituents),
            ("symbol,name,sector,sub_industry,as_of,source_commit", Header::Directory),
            ("symbol,kind", Header::Directory),
        ] {
            assert_eq!(of(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn bars_and_strangers_are_left_to_others() {
        for line in [
            "date,open,high,low,close,volume,Name",
            "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits",
            "Symbol|Security Name|Market Category|Test Issue",
            "symbol,price",
            "symbol,time,bid",
            "symbol,date,expiration,strike,type_of,bid,ask",
            "a,b",
            "time,value",
        ] {
            assert_eq!(of(&line.replace('|', ",")), None, "{line}");
        }
    }
}
