pub mod far {
    pub mod away;
}
