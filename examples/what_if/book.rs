//! The book: what is held, and how it is grouped.
//!
//! Three desks; a sub-book is what moves together (the options of one expiry,
//! the bonds of one range of maturities), so that a change runs one sub-book
//! again rather than its desk.

use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::market::{Index, Market, market};
use crate::pricing::{Days, OptionKind};

/// A position's place in the book.
pub type PositionId = u32;

/// Who runs the positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Desk {
    Sp500Options,
    NasdaqOptions,
    Credit,
}

impl Desk {
    pub const ALL: [Desk; 3] = [Desk::Sp500Options, Desk::NasdaqOptions, Desk::Credit];

    pub fn name(self) -> &'static str {
        match self {
            Desk::Sp500Options => "S&P 500 options",
            Desk::NasdaqOptions => "NASDAQ options",
            Desk::Credit => "Baa bonds",
        }
    }
}

/// A part of a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubBook {
    /// The options on an index that expire on a day.
    Options(Index, Days),
    /// The bonds that mature after one day and up to another.
    Bonds(Days, Days),
}

impl SubBook {
    fn desk(self) -> Desk {
        match self {
            SubBook::Options(Index::Sp500, _) => Desk::Sp500Options,
            SubBook::Options(Index::Nasdaq, _) => Desk::NasdaqOptions,
            SubBook::Bonds(..) => Desk::Credit,
        }
    }
}

/// A European option on an index, settled in cash.
pub struct EuropeanOption {
    pub kind: OptionKind,
    pub index: Index,
    /// In index points.
    pub strike: f64,
    pub expiry: Days,
}

/// A bond that pays its coupon in two halves a year, per dollar of face value.
pub struct Bond {
    /// A fraction of face value a year.
    pub coupon: f64,
    /// In whole years.
    pub maturity: u32,
}

impl Bond {
    /// Days and amounts of what it pays.
    pub fn cash_flows(&self) -> impl Iterator<Item = (Days, f64)> {
        let last = 2 * self.maturity;
        (1..=last).map(move |half_year| {
            let face = if half_year == last { 1.0 } else { 0.0 };
            (half_year * 365 / 2, 0.5 * self.coupon + face)
        })
    }
}

/// What is held.
pub enum Instrument {
    Option(EuropeanOption),
    Bond(Bond),
}

/// How much of it is held.
pub struct Position {
    pub instrument: Instrument,
    /// Dollars per point of the option's price (contracts times multiplier), or
    /// dollars of face value; negative if short.
    pub units: f64,
}

/// All positions, those of a sub-book side by side.
pub struct Book {
    positions: Vec<Position>,
    sub_books: Vec<(SubBook, Range<PositionId>)>,
}

/// Third Fridays after the end of 2018: January, February, March, June,
/// September and December 2019, June and December 2020.
const EXPIRIES: [Days; 8] = [18, 46, 74, 172, 263, 354, 536, 718];

/// Strikes in per cent of the last close.
const STRIKES: [f64; 11] = [
    80.0, 85.0, 90.0, 95.0, 97.5, 100.0, 102.5, 105.0, 110.0, 115.0, 120.0,
];

/// Strikes are listed every so many index points.
const STRIKE_STEP: f64 = 25.0;

/// Dollars per index point of one contract.
const MULTIPLIER: f64 = 100.0;

/// Maturities of the bonds in years, and where their sub-books end.
const MATURITIES: [u32; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20];
const BUCKETS: [Range<u32>; 3] = [0..3, 3..7, 7..20];

impl Book {
    /// The book held at the end of the last day. Strikes are terms of a contract:
    /// set once from the last close, they do not follow a what-if of the index.
    fn on(market: &Market) -> Book {
        let mut book = Book {
            positions: Vec::new(),
            sub_books: Vec::new(),
        };
        for index in Index::ALL {
            let close = market.last(index.spot());
            for expiry in EXPIRIES {
                book.add(
                    SubBook::Options(index, expiry),
                    options(index, expiry, close),
                );
            }
        }
        for years in BUCKETS {
            book.add(
                SubBook::Bonds(365 * years.start, 365 * years.end),
                bonds(&years),
            );
        }
        book
    }

    fn add(&mut self, sub_book: SubBook, positions: impl Iterator<Item = Position>) {
        let first = self.positions.len() as PositionId;
        self.positions.extend(positions);
        self.sub_books
            .push((sub_book, first..self.positions.len() as PositionId));
    }

    pub fn len(&self) -> usize {
        self.positions.len()
    }

    pub fn position(&self, id: PositionId) -> &Position {
        &self.positions[id as usize]
    }

    /// The positions of a sub-book.
    pub fn positions(&self, sub_book: SubBook) -> Range<PositionId> {
        let found = self.sub_books.iter().find(|(other, _)| *other == sub_book);
        found.map_or(0..0, |(_, positions)| positions.clone())
    }

    /// The sub-books of a desk.
    pub fn sub_books(&self, desk: Desk) -> impl Iterator<Item = SubBook> {
        self.sub_books
            .iter()
            .map(|(sub_book, _)| *sub_book)
            .filter(move |it| it.desk() == desk)
    }
}

fn options(index: Index, expiry: Days, close: f64) -> impl Iterator<Item = Position> {
    let strikes = STRIKES
        .into_iter()
        .map(move |percent| (percent, percent / 100.0 * close));
    strikes.flat_map(move |(percent, strike)| {
        let strike = (strike / STRIKE_STEP).round() * STRIKE_STEP;
        [OptionKind::Call, OptionKind::Put].map(|kind| Position {
            instrument: Instrument::Option(EuropeanOption {
                kind,
                index,
                strike,
                expiry,
            }),
            units: contracts(index, kind, expiry, percent) * MULTIPLIER,
        })
    })
}

/// How many contracts are held: the trading styles of the two desks.
fn contracts(index: Index, kind: OptionKind, expiry: Days, strike_percent: f64) -> f64 {
    let near = expiry < 100;
    let out_of_the_money = match kind {
        OptionKind::Call => strike_percent - 100.0,
        OptionKind::Put => 100.0 - strike_percent,
    };
    match index {
        // Sells protection that expires soon and owns protection that lasts;
        // far strikes are bought back, against a crash.
        Index::Sp500 => match (near, out_of_the_money) {
            (true, 12.0..) => 20.0,
            (true, 2.0..) => -30.0,
            (true, _) => -5.0,
            (false, 2.0..) => 8.0,
            (false, _) => 3.0,
        },
        // Owns near strangles, and pays for them with calls written for later;
        // holds later puts far below the market, and has sold those closer to it.
        Index::Nasdaq => match (near, kind, out_of_the_money) {
            (true, _, 2.0..) => 6.0,
            (true, _, _) => 1.0,
            (false, OptionKind::Call, 2.0..) => -5.0,
            (false, OptionKind::Call, _) => 2.0,
            (false, OptionKind::Put, 12.0..) => 6.0,
            (false, OptionKind::Put, _) => -1.0,
        },
    }
}

/// Two bonds of each maturity: long of the higher coupon, and short of a
/// smaller amount of the lower one.
fn bonds(years: &Range<u32>) -> impl Iterator<Item = Position> {
    let maturities = MATURITIES
        .into_iter()
        .filter(|it| (years.start + 1..=years.end).contains(it));
    maturities.flat_map(|maturity| {
        [(0.0550, 1_500_000.0), (0.0425, -500_000.0)].map(|(coupon, face_value)| Position {
            instrument: Instrument::Bond(Bond { coupon, maturity }),
            units: face_value,
        })
    })
}

/// The book of this run.
pub fn book() -> &'static Book {
    static BOOK: LazyLock<Book> = LazyLock::new(|| Book::on(market()));
    &BOOK
}
