//! Shapley values of a game that is given by its number for each subset.

/// The value of each of `count` players; `numbers` has that of each subset, by its bits.
///
/// It is the mean, over the sizes of subsets without the player, of the mean of what the player
/// adds to one of that size. What is not a number makes values that are not.
pub(super) fn values(numbers: &[f64], count: usize) -> Vec<f64> {
    let value = |player: usize| {
        let mut by_size = vec![Sum::default(); count];
        let without = (0..numbers.len()).filter(|subset| subset >> player & 1 == 0);
        for subset in without {
            let added = &mut by_size[subset.count_ones() as usize];
            added.add(numbers[subset | 1 << player]);
            added.add(-numbers[subset]);
        }
        let mut subsets = 1.0;
        let mut mean = Sum::default();
        for (size, added) in by_size.iter().enumerate() {
            // Whole numbers below 2^53: these are exact.
            let of_size = added.value() / subsets;
            mean.add(of_size);
            subsets = subsets * (count - 1 - size) as f64 / (size + 1) as f64;
        }
        mean.value() / count as f64
    };
    (0..count).map(value).collect()
}

/// The sum, rounded about once.
pub(super) fn sum(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    numbers.for_each(|number| sum.add(number));
    sum.value()
}

/// A sum that carries what rounding takes from it.
#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.lost += match self.sum.abs() >= number.abs() {
            true => (self.sum - sum) + number,
            false => (number - sum) + self.sum,
        };
        self.sum = sum;
    }

    fn value(&self) -> f64 {
        match self.sum.is_finite() {
            true => self.sum + self.lost,
            // What was lost is not a number then.
            false => self.sum,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of a game whose subsets have these values.
    fn numbers(count: usize, of: impl Fn(&dyn Fn(usize) -> bool) -> f64) -> Vec<f64> {
        (0..1_usize << count)
            .map(|subset| of(&|player| subset >> player & 1 == 1))
            .collect()
    }

    #[test]
    fn of_an_additive_game_they_are_what_each_adds() {
        let add = [3.0, -5.0, 0.25, 7.0, 11.0];
        let game = numbers(5, |has| {
            100.0 + (0..5).filter(|p| has(*p)).map(|p| add[p]).sum::<f64>()
        });
        assert_eq!(values(&game, 5), add);
    }

    #[test]
    fn the_gloves() {
        // Two have a left glove, one has a right one; a pair is worth 1.
        let game = numbers(3, |has| f64::from((has(0) || has(1)) && has(2)));
        let values = values(&game, 3);
        assert!((values[0] - 1.0 / 6.0).abs() < 1e-16 && (values[1] - 1.0 / 6.0).abs() < 1e-16);
        assert!((values[2] - 4.0 / 6.0).abs() < 2e-16);
    }

    #[test]
    fn they_sum_to_the_total() {
        let mut state = 1_u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64 * 1e6 - 5e5
        };
        for count in 0..=12 {
            let game: Vec<f64> = (0..1 << count).map(|_| random()).collect();
            let total = game[game.len() - 1] - game[0];
            let left = sum(values(&game, count).into_iter().chain([-total]));
            let unit = 5e5 * f64::EPSILON;
            assert!(left.abs() <= 2.0 * unit, "{count}: {left}");
        }
    }

    #[test]
    fn a_sum_keeps_what_is_small() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100].into_iter()), 2.0);
        assert_eq!(sum([f64::INFINITY, 1.0].into_iter()), f64::INFINITY);
        assert!(sum([f64::NAN, 1.0].into_iter()).is_nan());
        assert!(values(&[f64::NAN, 1.0], 1)[0].is_nan());
    }
}
