use super::*;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-zé ]{1,12}", "x{250,300}"]
}

/// Every number that there is, told by its bits.
fn number() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits)
}

fn alert(instruments: usize) -> impl Strategy<Value = Alert> {
    let on = (0..instruments as u32).prop_map(Some);
    let side = prop_oneof![Just(None), Just(Some(Side::Long)), Just(Some(Side::Short))];
    let severity = prop_oneof![Just(Severity::Info), Just(Severity::Notice), Just(Severity::Urgent)];
    let prices = proptest::array::uniform3(proptest::option::of(number()));
    let lists =
        (proptest::collection::vec(text(), 0..3), proptest::collection::vec((text(), number()), 0..3));
    (on, text(), severity, number(), text(), side, prices, any::<Option<i64>>(), text(), lists).prop_map(
        |(instrument, kind, severity, confidence, message, side, prices, expires_at, dedupe_key, lists)| {
            let [entry, stop, target] = prices;
            let (evidence, numbers) = lists;
            Alert {
                instrument,
                kind,
                severity,
                confidence,
                message,
                side,
                entry,
                stop,
                target,
                expires_at,
                dedupe_key,
                evidence,
                numbers,
            }
        },
    )
}

/// An answer on one to six instruments without anything that is about none of them.
fn answer() -> impl Strategy<Value = Believed> {
    (1_usize..6, 0_usize..4).prop_flat_map(|(instruments, measures)| {
        let outcome = prop_oneof![Just(Outcome::Keep), Just(Outcome::Drop), Just(Outcome::Abstain)];
        let refused = ((0..instruments as u32).prop_map(Some), text())
            .prop_map(|(instrument, rule)| Refused { instrument, rule });
        (
            proptest::collection::vec(outcome, instruments),
            proptest::collection::vec(number(), instruments),
            proptest::collection::vec(text(), 1..4),
            proptest::collection::vec(0_u32..1, instruments),
            proptest::collection::vec(proptest::collection::vec(number(), instruments), measures),
            proptest::collection::vec(alert(instruments), 0..5),
            proptest::collection::vec(refused, 0..3),
        )
            .prop_map(|(outcomes, scores, reasons, reason, measures, alerts, refused)| Believed {
                outcomes,
                scores,
                reasons,
                reason,
                measures,
                alerts,
                refused,
                market: Vec::new(),
            })
    })
}

/// What an answer says, with numbers by their bits and alerts in the order of the instruments.
fn told(answer: &Believed) -> String {
    let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
    let reasons: Vec<&str> =
        answer.reason.iter().map(|index| answer.reasons[*index as usize].as_str()).collect();
    let mut alerts: Vec<&Alert> = answer.alerts.iter().collect();
    alerts.sort_by_key(|alert| alert.instrument);
    let mut refused: Vec<&Refused> = answer.refused.iter().collect();
    refused.sort_by_key(|refused| refused.instrument);
    let prices: Vec<Option<u64>> = alerts
        .iter()
        .flat_map(|alert| [alert.entry, alert.stop, alert.target, Some(alert.confidence)])
        .map(|price| price.map(f64::to_bits))
        .collect();
    let figures: Vec<u64> =
        alerts.iter().flat_map(|alert| &alert.numbers).map(|(_, number)| number.to_bits()).collect();
    let measures: Vec<Vec<u64>> = answer.measures.iter().map(|column| bits(column)).collect();
    format!(
        "{:?} {:?} {reasons:?} {measures:?} {alerts:?} {prices:?} {figures:?} {refused:?} {:?}",
        answer.outcomes,
        bits(&answer.scores),
        answer.market
    )
}

proptest! {
    #[test]
    fn an_answer_in_parts_comes_back_bit_by_bit(answer in answer()) {
        let mut back = Believed::default();
        divided(&answer, |_, bytes| {
            let followed = [bytes, b"more"].concat();
            let (one, rest) = one_of(&followed).unwrap();
            assert_eq!(rest, b"more");
            one.add(&mut back).unwrap();
        })
        .unwrap();
        prop_assert_eq!(told(&back), told(&answer));
    }

    #[test]
    fn a_whole_answer_comes_back_bit_by_bit(
        mut answer in answer(),
        market_alert in alert(1),
        figure in number(),
        complaints in proptest::collection::vec(text(), 0..3),
    ) {
        answer.alerts.push(Alert { instrument: None, ..market_alert });
        answer.refused.push(Refused { instrument: None, rule: "a rule".to_owned() });
        answer.market.push(("breadth".to_owned(), figure));
        let back = whole_of(&whole(&answer, &complaints)).unwrap();
        prop_assert_eq!(back.complaints, complaints);
        prop_assert_eq!(told(&back.answer), told(&answer));
    }

    #[test]
    fn bytes_that_are_cut_or_made_up_are_no_answer(
        answer in answer(),
        cut in any::<proptest::sample::Index>(),
        junk in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = whole(&answer, &[]);
        prop_assert!(whole_of(&bytes[..cut.index(bytes.len())]).is_none());
        let _ = whole_of(&junk);
        divided(&answer, |_, bytes| {
            assert!(one_of(&bytes[..cut.index(bytes.len())]).is_none());
        });
    }
}

#[test]
fn an_answer_that_is_about_the_market_too_is_not_divided() {
    let market = Believed { market: vec![("breadth".to_owned(), 0.5)], ..Believed::default() };
    assert_eq!(divided(&market, |_, _| {}), None);
    let refused = vec![Refused { instrument: None, rule: String::new() }];
    assert_eq!(divided(&Believed { refused, ..Believed::default() }, |_, _| {}), None);
}

#[test]
fn one_with_other_measures_is_not_added() {
    let one = |measures: usize| Believed {
        outcomes: vec![Outcome::Keep],
        scores: vec![1.0],
        reasons: vec![String::new()],
        reason: vec![0],
        measures: vec![vec![1.0]; measures],
        ..Believed::default()
    };
    let mut answer = one(2);
    divided(&one(3), |_, bytes| assert_eq!(one_of(bytes).unwrap().0.add(&mut answer), None)).unwrap();
    assert_eq!(answer, one(2));
}
