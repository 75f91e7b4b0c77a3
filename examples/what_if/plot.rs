//! The profits and losses of the daily moves as a picture: a histogram, and the
//! risk figures where they fall.

use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::Report;
use crate::text::{dollars, grouped};

const SIZE: (u32, u32) = (960, 540);
const FONT: &str = "sans-serif";
const REST: RGBColor = RGBColor(120, 144, 176);
const TAIL: RGBColor = RGBColor(200, 80, 70);

/// About so many bars are drawn.
const BARS: f64 = 40.0;

/// Writes the picture to a file, as SVG. What is drawn is in thousands of dollars.
pub fn draw(report: &Report, file: &Path) -> Result<(), Box<dyn Error>> {
    let mut picture = String::new();
    chart(report, SVGBackend::with_string(&mut picture, SIZE))
        .map_err(|problem| problem.to_string())?;
    let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| fs::write(file, picture))
        .map_err(|problem| format!("{}: cannot be written: {problem}", file.display()).into())
}

fn chart<'a>(report: &Report, backend: SVGBackend<'a>) -> Result<(), Box<dyn Error + 'a>> {
    let bars = Bars::of(&report.profits);
    let top = 1.1 * bars.highest();
    let area = backend.into_drawing_area();
    area.fill(&WHITE)?;
    let title = format!(
        "Book on {} under {} daily moves: profit or loss",
        report.valuation_date,
        grouped(report.scenarios as u64)
    );
    let mut chart = ChartBuilder::on(&area)
        .caption(title, (FONT, 20))
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(60)
        .build_cartesian_2d(bars.from()..bars.to(), 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.1))
        .x_desc("Profit or loss of a day, thousand US dollars (red: losses beyond VaR 95 %)")
        .y_desc("Days")
        .x_label_formatter(&|x| dollars(*x))
        .y_label_formatter(&|y| format!("{y:.0}"))
        .label_style((FONT, 14))
        .axis_desc_style((FONT, 15))
        .draw()?;

    // What is lost beyond the value at risk at 95 per cent is the tail.
    let tail = -report.risk[0].value_at_risk / 1e3;
    chart.draw_series(bars.iter().map(|(left, right, days)| {
        let colour = if right <= tail { TAIL } else { REST };
        let mut bar = Rectangle::new([(left, 0.0), (right, days)], colour.filled());
        bar.set_margin(0, 0, 1, 1);
        bar
    }))?;

    let side = Pos::new(HPos::Right, VPos::Top);
    let style = (FONT, 15).into_font().color(&BLACK).pos(side);
    // The further out, the lower: so no label lies on another one or on a line.
    let figures = report.risk.iter().flat_map(|risk| {
        let at = risk.confidence_percent;
        [
            (format!("VaR {at} %"), risk.value_at_risk),
            (format!("ES {at} %"), risk.expected_shortfall),
        ]
    });
    let mut figures: Vec<(String, f64)> = figures.collect();
    figures.sort_by(|a, b| a.1.total_cmp(&b.1));
    for (place, (name, loss)) in figures.into_iter().enumerate() {
        let (x, y) = (-loss / 1e3, top * (0.95 - 0.09 * place as f64));
        chart.draw_series([PathElement::new(
            vec![(x, 0.0), (x, y)],
            BLACK.stroke_width(1),
        )])?;
        let label = format!("{name}: {}", dollars(loss / 1e3));
        let beside = x - 0.005 * (bars.to() - bars.from());
        chart.draw_series([Text::new(label, (beside, y), style.clone())])?;
    }
    if let Some((days, most)) = bars.beyond {
        let label = format!(
            "Not drawn: {days} days on the right, up to {}",
            dollars(most)
        );
        chart.draw_series([Text::new(label, (bars.to(), 0.95 * top), style)])?;
    }
    area.present()?;
    Ok(())
}

/// A histogram with bars of a round width.
struct Bars {
    width: f64,
    /// The left edge of the first bar, in widths.
    first: i64,
    days: Vec<u32>,
    /// The days on the right of the last bar, and the most that one of them earns.
    beyond: Option<(u32, f64)>,
}

impl Bars {
    /// As far up as down: what the best days earn would leave no room for the losses.
    fn of(profits: &[f64]) -> Bars {
        let profits = || profits.iter().map(|profit| profit / 1e3);
        let (least, most) = (profits().fold(0.0, f64::min), profits().fold(0.0, f64::max));
        let end = if least < 0.0 { most.min(-least) } else { most };
        let width = round_up((end - least).max(1.0) / BARS);
        let bar = |profit: f64| (profit / width).floor() as i64;
        let mut days = vec![0; (bar(end) - bar(least) + 1) as usize];
        let mut beyond = 0;
        for profit in profits() {
            let place = (bar(profit) - bar(least)) as usize;
            *days.get_mut(place).unwrap_or(&mut beyond) += 1;
        }
        Bars {
            width,
            first: bar(least),
            days,
            beyond: (beyond > 0).then_some((beyond, most)),
        }
    }

    /// Where the axis begins: on the left of the bars, labels need some room.
    fn from(&self) -> f64 {
        self.first as f64 * self.width - 0.15 * self.days.len() as f64 * self.width
    }

    fn to(&self) -> f64 {
        (self.first + self.days.len() as i64) as f64 * self.width
    }

    fn highest(&self) -> f64 {
        f64::from(self.days.iter().copied().max().unwrap_or(0))
    }

    /// Left edge, right edge and days of each.
    fn iter(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        (self.first..).zip(&self.days).map(|(place, &days)| {
            let left = place as f64 * self.width;
            (left, left + self.width, f64::from(days))
        })
    }
}

/// 1, 2 or 5 times a power of ten.
fn round_up(width: f64) -> f64 {
    let power = 10.0_f64.powf(width.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0];
    let enough = times.into_iter().find(|times| times * power >= width);
    enough.unwrap_or(10.0) * power
}
