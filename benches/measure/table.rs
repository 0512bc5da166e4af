//! One figure, one row: said as a line of `bench: …`, and kept for `docs/benchmarks.md` where somebody asks for it.

use std::fs::OpenOptions;
use std::io::Write;

use super::shown;
use std::time::Duration;

/// What was asked for, and whether it was met.
#[derive(Clone, Debug)]
pub(crate) enum Bar {
    /// Nothing was.
    None,
    /// In words, and whether it was met.
    Of(String, Met),
}

/// Whether a bar was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    Yes,
    No,
}

impl Bar {
    /// A bar in words, met where `is_met`.
    pub(crate) fn of(words: impl Into<String>, met: impl FnOnce() -> bool) -> Bar {
        Bar::Of(words.into(), if met() { Met::Yes } else { Met::No })
    }

    fn cells(&self) -> (&str, &str) {
        match self {
            Bar::None => ("", ""),
            Bar::Of(words, Met::Yes) => (words, "met"),
            Bar::Of(words, Met::No) => (words, "MISSED"),
        }
    }
}

/// A figure.
pub(crate) struct Row<'a> {
    /// What was done.
    pub(crate) work: &'a str,
    /// What the figure is: a time, a speed, a peak of memory, and of how many rounds.
    pub(crate) measured: &'a str,
    /// That of rakops.
    pub(crate) rakops: String,
    /// Those of the others, by name; a peer that is not there says so.
    pub(crate) peers: String,
    /// What is compared with the bar.
    pub(crate) ratio: String,
    pub(crate) bar: Bar,
}

/// What ten times as much costs.
pub(crate) struct Growth<'a> {
    /// What grows ten times, and from where to where.
    pub(crate) of: &'a str,
    /// What was done.
    pub(crate) work: &'a str,
    /// With a tenth, and with all.
    pub(crate) times: (Duration, Duration),
    /// Most times that all may cost a tenth; `None` where nothing was asked.
    pub(crate) bar: Option<f64>,
}

/// The rows of one benchmark.
pub(crate) struct Table {
    name: &'static str,
}

impl Table {
    /// Begins one. `how` says in plain sentences what is measured how.
    pub(crate) fn begin(name: &'static str, title: &str, how: &str) -> Table {
        println!("{name}: {title}");
        keep(
            "RAKOPS_BENCH_TABLE",
            &format!(
                "\n### {title}\n\n{how}\n\n| work | measured | rakops | peers | ratio | bar | |\n|---|---|---|---|---|---|---|\n"
            ),
        );
        Table { name }
    }

    /// Says a figure.
    pub(crate) fn row(&self, row: &Row<'_>) {
        let Row {
            work,
            measured,
            rakops,
            peers,
            ratio,
            ..
        } = row;
        let (bar, met) = row.bar.cells();
        let beside = if peers.is_empty() {
            String::new()
        } else {
            format!("; {peers}")
        };
        let of = if ratio.is_empty() {
            String::new()
        } else {
            format!("; {ratio}")
        };
        let asked = if bar.is_empty() {
            "no bar".to_owned()
        } else {
            format!("bar {bar}, {met}")
        };
        println!(
            "bench: {}: {work}: {measured}: rakops {rakops}{beside}{of} ({asked})",
            self.name
        );
        keep(
            "RAKOPS_BENCH_TABLE",
            &format!("| {work} | {measured} | {rakops} | {peers} | {ratio} | {bar} | {met} |\n"),
        );
    }

    /// Says how a cost grows.
    pub(crate) fn growth(&self, growth: &Growth<'_>) {
        let Growth {
            of,
            work,
            times: (small, large),
            bar,
        } = growth;
        let times = large.as_secs_f64() / small.as_secs_f64();
        let bar = match bar {
            None => Bar::None,
            Some(bar) => Bar::of(format!("≤ {bar:.1} x"), || times <= *bar),
        };
        let (bar, met) = bar.cells();
        let asked = if bar.is_empty() {
            "no bar".to_owned()
        } else {
            format!("bar {bar}, {met}")
        };
        println!(
            "bench: {}: x10 of {of}: {work}: {} -> {}: {times:.1} x ({asked})",
            self.name,
            shown(*small),
            shown(*large)
        );
        keep(
            "RAKOPS_BENCH_GROWTH",
            &format!(
                "| {of} | {work} | {} | {} | {times:.1} x | {bar} | {met} |\n",
                shown(*small),
                shown(*large)
            ),
        );
    }

    /// Says what was not measured, and why.
    pub(crate) fn left_out(&self, what: &str, why: &str) {
        println!("bench: {}: {what}: SKIPPED, {why}", self.name);
        keep(
            "RAKOPS_BENCH_TABLE",
            &format!("| {what} | not measured: {why} | | | | | |\n"),
        );
    }
}

/// Appends to the file that a variable names, if it names one.
fn keep(variable: &str, text: &str) {
    let Some(path) = std::env::var_os(variable) else { return };
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    assert!(written.is_ok(), "{}: {written:?}", path.display());
}
