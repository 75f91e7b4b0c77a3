//! The files that sources are in (`sources`), those that one of them names (`named`), and those that
//! names may mean that are only put together (`computed`).

pub(super) mod computed;
pub(super) mod named;
pub(super) mod sources;
