//! Which tokens mean something (`cosmetic`; `commas`), and what those of an item mention
//! (`mentions`), also to the compiler's own macros (`builtins`) and in texts (`texts`).

mod builtins;
mod commas;
pub(super) mod cosmetic;
pub(super) mod mentions;
mod texts;
