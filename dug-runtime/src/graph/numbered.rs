//! Things that are found by a small number.

use super::narrow;
use std::ops::{Index, IndexMut};

/// Things that are given numbers: the one that was given back last is given first. In contrast to
/// a slab it grows by a quarter: a tree may hold many millions of them.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    items: Vec<Option<T>>,
    /// The numbers that are not given.
    free: Vec<u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered {
            items: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Numbered<T> {
    pub(super) fn insert(&mut self, item: T) -> u32 {
        if let Some(number) = self.free.pop() {
            self.items[number as usize] = Some(item);
            return number;
        }
        let number = self.items.len();
        if number == self.items.capacity() {
            self.items.reserve_exact((number / 4).max(4));
        }
        self.items.push(Some(item));
        narrow(number)
    }

    pub(super) fn remove(&mut self, number: u32) -> T {
        self.free.push(number);
        self.items[number as usize]
            .take()
            .unwrap_or_else(|| is_gone())
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.items.iter_mut().flatten()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }
}

impl<T> Index<u32> for Numbered<T> {
    type Output = T;

    #[inline]
    fn index(&self, number: u32) -> &T {
        let item = self.items[number as usize].as_ref();
        item.unwrap_or_else(|| is_gone())
    }
}

impl<T> IndexMut<u32> for Numbered<T> {
    #[inline]
    fn index_mut(&mut self, number: u32) -> &mut T {
        let item = self.items[number as usize].as_mut();
        item.unwrap_or_else(|| is_gone())
    }
}

#[cold]
fn is_gone() -> ! {
    unreachable!("a number is used only while it is held")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_given_again() {
        let mut items = Numbered::default();
        let numbers: Vec<u32> = (0..100).map(|item| items.insert(item)).collect();
        assert_eq!(numbers, (0..100).collect::<Vec<_>>());
        assert_eq!((items.remove(3), items.remove(50)), (3, 50));
        assert_eq!(
            (items.insert(7), items.insert(8), items.insert(9)),
            (50, 3, 100)
        );
        assert_eq!((items[3], items.len()), (8, 101));
        items[3] += 1;
        assert_eq!(items[3], 9);
    }
}
