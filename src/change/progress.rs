//! How lower floors speak without a terminal.

/// Hears what is going on. `cli` shows it; a test may keep it.
pub(crate) trait Progress: Sync {
    /// A step begins that may take a while: a present participle, such as `fetching main`.
    fn doing(&self, what: &str);
    /// Something that whoever waits should know: a wait, another attempt.
    fn say(&self, line: &str);
    /// Something for `-v`: what was asked, what came back.
    fn detail(&self, line: &str);
}

/// Nobody listens.
pub(crate) struct Silent;

impl Progress for Silent {
    fn doing(&self, _: &str) {}

    fn say(&self, _: &str) {}

    fn detail(&self, _: &str) {}
}
