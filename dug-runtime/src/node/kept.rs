//! What a node's store knows of it.

use super::Node;
use crate::engine;
use crate::explain::{self, Explanation};
use crate::levels;
use crate::staleness;
use crate::store::Metadata;

impl<R: Clone + Send + Sync + 'static> Node<'_, R> {
    /// Whether nothing that is stored of the node is right here: nothing is stored, or the code, or
    /// an input, differs somewhere below it. What would have to run to find that out counts as different.
    ///
    /// Of a function with `in_memory` a run is stored without its value: it is not stale where that run would be right.
    ///
    /// Files that look changed are read for it, and the context sees what they say from then on. Under a
    /// [`Policy`](crate::Policy) that serves what is stale, a call may then rest on that, which would have been
    /// served an older text before.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// Context::builder().store(Store::in_memory()).build().enter(|| {
    ///     assert!(node!(square(4)).is_stale());
    ///     square(4);
    ///     assert!(!node!(square(4)).is_stale());
    /// });
    /// ```
    #[track_caller]
    pub fn is_stale(&self) -> bool {
        let layer = self.asking("asking what is stale");
        staleness::is_stale(&layer, &staleness::snapshot_of(&self.key))
    }

    /// As [`is_stale`](Self::is_stale), looking at the code only, and at inputs, and no more than
    /// `depth` levels down: 0 is the code of the node itself. (What [`input::text`](crate::input::text) reads is
    /// a level further down than what [`input::file`](crate::input::file()) does.)
    ///
    /// # Panics
    /// As [`is_stale`](Self::is_stale).
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// Context::builder().store(Store::in_memory()).build().enter(|| {
    ///     square(4);
    ///     assert!(!node!(square(4)).is_stale_to(0));
    ///     assert!(node!(square(5)).is_stale_to(0));
    /// });
    /// ```
    #[track_caller]
    pub fn is_stale_to(&self, depth: usize) -> bool {
        let layer = self.asking("asking what is stale");
        let node = staleness::snapshot_of(&self.key);
        layer
            .stores()
            .all(|store| levels::is_stale_to(&layer, store, &node, depth))
    }

    /// Why the node would run here, or has run, or does not: as data, and as a short tree of text.
    /// Of code that has changed it names what in it has; of what is asked, it goes down to what is the cause.
    /// Why a node that is in memory has run is told from what is stored by now: that may have been
    /// stored after it ran, as by a what-if.
    ///
    /// Nothing runs for it; files and variables below are looked at. It also works without a store, and says
    /// less then.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// use dug::{Answer, Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// let store = Store::in_memory();
    /// let context = || Context::builder().store(store.clone()).build();
    /// context().enter(|| {
    ///     let text = node!(square(4)).explain().to_string();
    ///     assert_eq!(text, "square(4) would run: nothing of it is stored\n");
    ///     square(4);
    /// });
    /// context().enter(|| assert_eq!(node!(square(4)).explain().answer, Answer::Store));
    /// ```
    #[track_caller]
    pub fn explain(&self) -> Explanation {
        let layer = self.asking("asking why");
        explain::explain(&layer, &staleness::snapshot_of(&self.key))
    }

    /// Takes what is stored of the node for fresh for the code as it is now: the edit does not matter to
    /// it. So its newest result that met no tweak, of those that agree with what is right below if there are such
    /// (or, where the code of now has run on the same answers, what that gave), and those that the same code gave
    /// with other inputs or under tweaks, answer as if this code had given them; and so does all that they rest on.
    /// Where arguments are handles, this goes for each content that they had.
    /// Gives of how many nodes results were accepted, those below included: 0 if nothing is stored, or
    /// something that is right.
    ///
    /// Code is excused, not inputs or tweaks: what rests on a file that has changed still runs. But what
    /// only the new code asks is not known to be below: an accepted result does not notice when that is
    /// tweaked or changes. Results of runs of the code of now are not touched, and the earlier
    /// code, if it comes back, finds its own. So if something below has run since, and no result agrees with that, the accepted one
    /// disagrees with what it gives now. A result of another type than the function has now is not accepted (what
    /// rests on it may be), nor what rests on a function that the program does not have, or on a method that is
    /// tracked alone and was not used yet.
    /// [`forget`](Self::forget) takes back what was accepted, with all else that is stored of the node: of this one alone, not
    /// of those below.
    ///
    /// What fails is reported as all that a store cannot do: by [`Store::flush`](crate::Store::flush)
    /// and in the log.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// Context::builder().store(Store::in_memory()).build().enter(|| {
    ///     square(4);
    ///     // After an edit it would be 1, and the node no longer stale.
    ///     assert_eq!(node!(square(4)).accept(), 0);
    ///     assert!(!node!(square(4)).is_stale());
    /// });
    /// ```
    #[track_caller]
    pub fn accept(&self) -> usize {
        let layer = self.changing("accepting");
        let store = layer.store();
        store.map_or(0, |store| {
            store.accept_node(&staleness::snapshot_of(&self.key))
        })
    }

    /// Forbids to answer the node from what was kept, as [`invalidate`](Self::invalidate), and
    /// deletes what is stored of it. What is stored of nodes that rest on it stays, and later contexts find it.
    ///
    /// # Panics
    /// As [`tweak`](Self::tweak).
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// let store = Store::in_memory();
    /// Context::builder().store(store.clone()).build().enter(|| {
    ///     square(4);
    ///     node!(square(4)).forget();
    /// });
    /// assert!(store.nodes()?.is_empty());
    /// # Ok::<(), dug::Error>(())
    /// ```
    #[track_caller]
    pub fn forget(&self) {
        let layer = self.changing("forgetting");
        if let Some(store) = layer.store() {
            store.forget(&staleness::snapshot_of(&self.key));
        }
        self.invalidate();
    }

    /// Names the node in the store of the current context: what is stored of it is never
    /// collected, and the name stands for the result that answers here. A name is one node's: it
    /// is taken from the node that had it. A node may have many.
    ///
    /// What fails is reported as all that a store cannot do: by [`Store::flush`](crate::Store::flush)
    /// and in the log. Where no context around has a store, the log says that nothing was tagged. An answer that
    /// is not stored, such as one below a tweak of what is only in memory, or is no longer, since it was collected, cannot
    /// be named: then [`Store::tagged`](crate::Store::tagged) gives the newest result of the node whose run met no tweak.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn report(year: u32) -> String { format!("the report of {year}") }
    ///
    /// let store = Store::in_memory();
    /// Context::builder().store(store.clone()).build().enter(|| {
    ///     report(2020);
    ///     node!(report(2020)).tag("last");
    ///     node!(report(2021)).tag("last");
    ///     assert!(node!(report(2020)).tags().is_empty());
    ///     assert_eq!(node!(report(2021)).tags(), ["last"]);
    /// });
    /// assert_eq!(store.tags(), ["last"]);
    /// ```
    #[track_caller]
    pub fn tag(&self, name: &str) {
        let layer = self.asking("tagging");
        if let Some(store) = layer.store_to_tag(self.id()) {
            let stamp = engine::answering_stamp(&layer, &self.key);
            store.tag(name, self.id(), stamp.as_deref());
        }
    }

    /// The names that the node has in the store of the current context, sorted.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// # use dug::{Context, Store, node, tracked};
    /// # #[tracked] fn foo(x: i64) -> i64 { 2 * x }
    /// Context::builder().store(Store::in_memory()).build().enter(|| {
    ///     node!(foo(4)).tag("best");
    ///     node!(foo(4)).tag("baseline");
    ///     assert_eq!(node!(foo(4)).tags(), ["baseline", "best"]);
    /// });
    /// ```
    #[track_caller]
    pub fn tags(&self) -> Vec<String> {
        let layer = self.asking("asking for tags");
        let store = layer.store();
        store.map_or_else(Vec::new, |store| store.tags_of(self.id()))
    }

    /// What the store of the current context knows of the cost of the node: of the stored result
    /// that answers here or, if none does, of the newest. `None` if nothing of it is stored.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn fib(n: u64) -> u64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
    ///
    /// Context::builder().store(Store::in_memory()).build().enter(|| {
    ///     assert!(node!(fib(8)).metadata().is_none());
    ///     fib(8);
    ///     fib(8);
    ///     let metadata = node!(fib(8)).metadata().unwrap();
    ///     assert!(metadata.answers_here);
    ///     assert_eq!((metadata.hits, metadata.loads), (1, 0));
    ///     assert!(metadata.estimated_time >= metadata.own_time());
    /// });
    /// ```
    #[track_caller]
    pub fn metadata(&self) -> Option<Metadata> {
        let layer = self.asking("asking for metadata");
        let store = layer.store()?;
        let stamp = engine::answering_stamp(&layer, &self.key);
        store.metadata(self.id(), stamp.as_deref())
    }
}
