//! A raw `dashmap`, hashed by foldhash: a sharded map, and nothing on top of it.

use dashmap::DashMap;
use foldhash::fast::RandomState;
use std::borrow::Borrow;
use std::hash::Hash;

pub struct Dash<K: Hash + Eq>(DashMap<K, u64, RandomState>);

impl<K: Hash + Eq> Dash<K> {
    pub fn new() -> Self {
        Dash(DashMap::default())
    }

    pub fn ask<Q>(&self, key: &Q, work: impl FnOnce(&Q) -> u64) -> u64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(value) = self.0.get(key) {
            return *value;
        }
        *self
            .0
            .entry(key.to_owned())
            .or_insert_with(|| work(key))
            .value()
    }
}
