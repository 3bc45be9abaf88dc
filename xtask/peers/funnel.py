"""The funnel of Sluice's bundled layers in polars and TA-Lib, for `cargo xtask bench --peers`.

Reads the same two Parquet files as `sluice scan`, judges at the newest bar, prints the number of instruments
after each stage. NaN means missing; a bar without a close is none. Written as somebody who knows polars would: no
loop over bars, one aggregation over all instruments, TA-Lib only where a recursive filter is needed. Stages and
figures are those of the layers' defaults:

  universe    active (or unknown) stocks, ADRs, ETFs, unknown kinds
  liquidity   mean(close * volume) of the newest 20 bars >= 5e6, mean close 1..2000, at least 10 bars
  volume      newest volume >= 100,000 and >= 2.5 times the mean of the 20 bars before it
  technical   five rules, see `technical`
  catalysts   100 * (1 - (1 - volume/100) * (1 - technical/100)) >= 60

usage: funnel.py BARS.parquet INSTRUMENTS.parquet
"""

import sys

import numpy as np
import polars as pl
import talib

KINDS = ["stock", "adr", "etf", "unknown"]
STATUSES = ["active", "unknown"]

LIQUIDITY_BARS = 20
LIQUIDITY_MIN_BARS = 10
MIN_DOLLAR_VOLUME = 5e6
MIN_PRICE, MAX_PRICE = 1.0, 2000.0

VOLUME_BARS = 20
MIN_RELATIVE_VOLUME = 2.5
MIN_VOLUME = 100_000

BREAKOUT_BARS, BREAKOUT_FACTOR, CONFIRMING_VOLUME = 20, 1.02, 1.5
SMA_BARS, SMA_FACTOR = 50, 1.01
GAP_FACTOR = 1.02
RSI_BARS, RSI_RISE = 14, 5.0
ATR_BARS = 14
RISING_CLOSES, RISING_OF = 4, 5
MIN_TECHNICAL_BARS, MIN_TECHNICAL_PRICE = 30, 5.0

THRESHOLD = 60.0
COLUMNS = ["open", "high", "low", "close", "volume"]


def figures(bars: pl.LazyFrame) -> pl.LazyFrame:
    """One row per instrument, bars in the order of the file: oldest first."""
    opens, highs, lows, closes, volumes = (pl.col(name) for name in COLUMNS)
    traded = pl.struct(closes.alias("c"), volumes.alias("v")).tail(LIQUIDITY_BARS)
    traded = traded.filter((closes.tail(LIQUIDITY_BARS) > 0) & (volumes.tail(LIQUIDITY_BARS) > 0))
    traded_close, traded_volume = traded.struct.field("c"), traded.struct.field("v")
    return bars.group_by("symbol", maintain_order=True).agg(
        bars=pl.len(),
        traded=traded.len(),
        dollars=(traded_close * traded_volume).mean(),
        price=traded_close.mean(),
        open=opens.last(),
        low=lows.last(),
        close=closes.last(),
        before=closes.get(-2, null_on_oob=True),
        latest=volumes.last(),
        usual=volumes.slice(-VOLUME_BARS - 1, VOLUME_BARS).mean(),
        resistance=highs.slice(-BREAKOUT_BARS - 1, BREAKOUT_BARS).max(),
        mean=closes.tail(SMA_BARS).mean(),
        start=closes.get(-RISING_OF - 1, null_on_oob=True),
        rising=(closes.tail(RISING_OF + 1).diff() > 0).sum(),
    )


def liquid() -> pl.Expr:
    return (
        (pl.col("traded") >= LIQUIDITY_MIN_BARS)
        & (pl.col("dollars") >= MIN_DOLLAR_VOLUME)
        & pl.col("price").is_between(MIN_PRICE, MAX_PRICE)
    )


def by_volume() -> pl.Expr:
    relative = pl.col("latest") / pl.col("usual")
    loud = (pl.col("latest") >= MIN_VOLUME) & (relative >= MIN_RELATIVE_VOLUME)
    return pl.when(loud).then((relative / 5).clip(0, 1) * 100)


def by_rule(applies: pl.Expr, score: pl.Expr | float) -> pl.Expr:
    return pl.when(applies).then(score)


def technical() -> pl.Expr:
    """The best of the five rules, 0..100; null when none applies."""
    open_, low, close, before = (pl.col(name) for name in ("open", "low", "close", "before"))
    known = (pl.col("bars") >= MIN_TECHNICAL_BARS) & (close >= MIN_TECHNICAL_PRICE)
    # (a) breakout over the highest of the 20 bars before, on rising volume
    over = close / pl.col("resistance") - 1
    confirmed = pl.col("latest") > CONFIRMING_VOLUME * pl.col("usual")
    breakout = by_rule((over > BREAKOUT_FACTOR - 1) & confirmed, ((over * 10).clip(0, 1) * 1.2).clip(0, 1))
    # (b) close crosses its 50-bar mean from below
    mean = pl.col("mean")
    crosses = (pl.col("bars") > SMA_BARS) & (before <= mean) & (close > mean * SMA_FACTOR)
    cross = by_rule(crosses, 0.7)
    # (c) gap up, better when it held
    gap = open_ / before - 1
    held = pl.when(low > before).then(1.1).otherwise(1.0)
    gap_up = by_rule(gap > GAP_FACTOR - 1, ((gap * 10).clip(0, 1) * held).clip(0, 1))
    # (d) RSI between 30 and 70 that rose by more than 5
    rsi, rose = pl.col("rsi"), pl.col("rsi") - pl.col("rsi_before")
    momentum = by_rule((rsi > 30) & (rsi < 70) & (rose > RSI_RISE), 0.6)
    # (e) at least 4 of the 5 newest closes are up
    climb = by_rule(pl.col("rising") >= RISING_CLOSES, ((close / pl.col("start") - 1) * 10).clip(0, 0.8))
    return pl.when(known).then(pl.max_horizontal(breakout, cross, gap_up, momentum, climb) * 100)


def recursive(bars: pl.DataFrame, counts: pl.Series) -> pl.DataFrame:
    """RSI and ATR of TA-Lib, on the slices of the columns that belong to each instrument."""
    highs, lows, closes = (bars[name].to_numpy() for name in ("high", "low", "close"))
    rsi, rsi_before, atr = (np.full(counts.len(), np.nan) for _ in range(3))
    start = 0
    for row, count in enumerate(counts.to_list()):
        end = start + count
        if count > RSI_BARS + 1:
            strength = talib.RSI(closes[start:end], RSI_BARS)
            rsi[row], rsi_before[row] = strength[-1], strength[-2]
            atr[row] = talib.ATR(highs[start:end], lows[start:end], closes[start:end], ATR_BARS)[-1]
        start = end
    return pl.DataFrame({"rsi": rsi, "rsi_before": rsi_before, "atr": atr})


def main() -> None:
    bars_file, instruments_file = sys.argv[1:3]
    instruments = pl.read_parquet(instruments_file, columns=["symbol", "kind", "status"])
    wanted = instruments.filter(pl.col("kind").is_in(KINDS) & pl.col("status").is_in(STATUSES))["symbol"]
    # The file is sorted by instrument and date, as Sluice writes it: no sorting here either.
    bars = (
        pl.scan_parquet(bars_file)
        .filter(pl.col("symbol").is_in(wanted.cast(pl.String).implode()), pl.col("close").is_not_nan())
        # NaN is larger than every number to polars; null is left out by every aggregation.
        .select("symbol", pl.col(COLUMNS).fill_nan(None))
        .collect()
    )
    rows = figures(bars.lazy()).collect()
    kept = rows.filter(liquid())
    bars = bars.filter(pl.col("symbol").is_in(kept["symbol"].implode()))
    scored = kept.hstack(recursive(bars, kept["bars"])).select(volume=by_volume(), technical=technical())
    rest = 1 - (1 - pl.col("volume").fill_null(0) / 100) * (1 - pl.col("technical").fill_null(0) / 100)
    catalysts = scored.filter(100 * rest >= THRESHOLD).height
    print(
        f"{instruments.height} → universe {wanted.len()} → liquidity {kept.height} → catalysts {catalysts}"
        f" (volume {scored['volume'].count()}, technical {scored['technical'].count()})"
    )


if __name__ == "__main__":
    main()
