//! What things are called in the report.

use crate::market::{Curve, Index, Series};
use crate::pricing::Days;
use crate::scenarios::{Factor, Input};

pub fn input(input: Input) -> String {
    let index = |index| match index {
        Index::Sp500 => "S&P 500",
        Index::Nasdaq => "NASDAQ",
    };
    match input {
        Input::Quote(series) => match series {
            Series::Sp500 => "S&P 500".into(),
            Series::Nasdaq => "NASDAQ".into(),
            Series::Vix => "VIX".into(),
            Series::NasdaqVol => "NASDAQ volatility".into(),
            Series::AaaYield => "Aaa yield".into(),
            Series::BaaYield => "Baa yield".into(),
        },
        Input::VolPillar(of, expiry) => format!("{} volatility {}", index(of), period(expiry)),
        Input::ZeroRate(Curve::Aaa, tenor) => format!("Aaa yield {}", period(tenor)),
        Input::ZeroRate(Curve::Baa, tenor) => format!("Baa yield {}", period(tenor)),
    }
}

pub fn bump(input: Input) -> &'static str {
    match input {
        Input::Quote(Series::Sp500 | Series::Nasdaq) => "1 %",
        Input::Quote(Series::Vix | Series::NasdaqVol) | Input::VolPillar(..) => "1 point",
        Input::Quote(Series::AaaYield | Series::BaaYield) | Input::ZeroRate(..) => "1 bp",
    }
}

/// Days as the market writes them: `3M`, `18M`, `2Y`.
fn period(days: Days) -> String {
    let months = (days * 12 + 182) / 365;
    if months.is_multiple_of(12) {
        format!("{}Y", months / 12)
    } else {
        format!("{months}M")
    }
}

pub fn factor(factor: Factor) -> String {
    match factor {
        Factor::Spots => "Stock indices",
        Factor::Volatilities => "Volatilities",
        Factor::Rates => "Yields",
    }
    .into()
}
