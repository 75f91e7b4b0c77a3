//! Tables by small numbers, in pages: they grow without copying what is there, and never take
//! much more room than what they hold.

/// How many things a page has room for.
const PAGE: usize = 32;

#[derive(Debug)]
struct Page<T> {
    items: Vec<Option<T>>,
    /// How many of them are there.
    len: usize,
}

/// A map from numbers that are used close together. A page without items takes no room.
#[derive(Debug)]
pub(super) struct Pages<T> {
    pages: Vec<Page<T>>,
    len: usize,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Pages {
            pages: Vec::new(),
            len: 0,
        }
    }
}

impl<T> Pages<T> {
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let (page, place) = split(number);
        self.pages.get(page)?.items.get(place)?.as_ref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let (page, place) = split(number);
        self.pages.get_mut(page)?.items.get_mut(place)?.as_mut()
    }

    pub(super) fn get_or_insert_with(&mut self, number: u32, new: impl FnOnce() -> T) -> &mut T {
        let (page, place) = split(number);
        if page >= self.pages.len() {
            self.pages.resize_with(page + 1, Page::default);
        }
        let page_at = &mut self.pages[page];
        if place >= page_at.items.len() {
            // The first page grows step by step: many tables hold a few things only.
            if page > 0 {
                page_at.items.reserve_exact(PAGE - page_at.items.len());
            }
            page_at.items.resize_with(place + 1, || None);
        }
        let item = &mut page_at.items[place];
        if item.is_none() {
            page_at.len += 1;
            self.len += 1;
        }
        item.get_or_insert_with(new)
    }

    pub(super) fn insert(&mut self, number: u32, item: T) {
        match self.get_mut(number) {
            Some(place) => *place = item,
            None => _ = self.get_or_insert_with(number, || item),
        }
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let (page, place) = split(number);
        let page = self.pages.get_mut(page)?;
        let item = page.items.get_mut(place)?.take()?;
        page.len -= 1;
        self.len -= 1;
        if page.len == 0 {
            page.items = Vec::new();
        }
        Some(item)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let items = self.pages.iter().map(|page| page.items.iter());
        numbered(items).filter_map(|(number, item)| Some((number, item.as_ref()?)))
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (u32, T)> {
        let items = self.pages.into_iter().map(|page| page.items);
        numbered(items).filter_map(|(number, item)| Some((number, item?)))
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Page {
            items: Vec::new(),
            len: 0,
        }
    }
}

/// The page of a number, and the place there.
#[inline]
fn split(number: u32) -> (usize, usize) {
    let number = number as usize;
    (number / PAGE, number % PAGE)
}

/// What is in the pages, each with its number.
fn numbered<I: IntoIterator>(
    pages: impl Iterator<Item = I>,
) -> impl Iterator<Item = (u32, I::Item)> {
    let pages = (0..).step_by(PAGE).zip(pages);
    pages.flat_map(|(first, items)| (first..).zip(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_map_numbers() {
        let mut pages = Pages::default();
        let numbers = [0, 1, 31, 32, 95, 1000];
        for number in numbers {
            assert_eq!(pages.get(number), None);
            assert_eq!(*pages.get_or_insert_with(number, || number * 2), number * 2);
            assert_eq!(*pages.get_or_insert_with(number, || 7), number * 2);
        }
        let all: Vec<(u32, u32)> = pages.iter().map(|(number, item)| (number, *item)).collect();
        assert_eq!(all, numbers.map(|number| (number, number * 2)));
        assert_eq!((pages.len(), pages.get(33)), (6, None));
        assert_eq!((pages.remove(95), pages.remove(95)), (Some(190), None));
        assert_eq!(pages.get_mut(32), Some(&mut 64));
        let all: Vec<(u32, u32)> = pages.into_iter().collect();
        assert_eq!(all, [(0, 0), (1, 2), (31, 62), (32, 64), (1000, 2000)]);
    }

    #[test]
    fn an_empty_page_takes_no_room() {
        let mut pages = Pages::default();
        pages.get_or_insert_with(40, || 1);
        pages.get_or_insert_with(41, || 1);
        assert_eq!(pages.pages[1].items.capacity(), PAGE);
        pages.remove(40);
        pages.remove(41);
        assert_eq!(pages.pages[1].items.capacity(), 0);
    }
}
