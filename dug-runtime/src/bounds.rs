//! What arguments and results must be able to do, said in the user's terms
//! where one of them cannot.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What an argument of a tracked function must be: serializable, so that a call can be keyed.
pub trait TrackedArgument {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> TrackedArgument for T {}

/// What the result of a tracked function must be.
pub trait TrackedResult: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static> TrackedResult for T {}

/// What the result of an `in_memory` tracked function must be.
pub trait InMemoryResult: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> InMemoryResult for T {}
