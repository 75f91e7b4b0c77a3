//! What every backend must do, tried on each of them.
