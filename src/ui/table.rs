//! Tables: aligned and without borders for a person, separated by tabs for a program.
//!
//! Width is what a terminal shows, not the number of characters: `日本` takes four columns.

use comfy_table::{ColumnConstraint, ContentArrangement, presets};

use super::style;

/// Blanks between columns.
const GAP: u16 = 2;
/// Words in fewer columns than this are hard to read.
const FEWEST: u16 = 12;
/// Rows under headings. Cells hold one line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with its headings, in upper case as other tools do.
    pub(crate) fn new(headings: &[&'static str]) -> Table {
        Table {
            headings: headings.iter().map(|it| (*it).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// The same with more columns, known only now.
    #[must_use]
    pub(crate) fn with_columns(mut self, headings: impl IntoIterator<Item = String>) -> Table {
        self.headings.extend(headings);
        self
    }

    /// Adds a row; one cell for each heading.
    pub(crate) fn row<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The table for a person: a line of headings, columns aligned, two blanks between them. Where the terminal is narrower than
    /// that, cells of several words go on in the next line; a name or a place is never broken, so that it can be copied.
    pub(super) fn aligned(&self, width: Option<u16>) -> String {
        let mut drawn = comfy_table::Table::new();
        drawn.load_style(presets::NOTHING);
        drawn.set_content_arrangement(ContentArrangement::Disabled);
        drawn.set_header(&self.headings);
        for row in &self.rows {
            drawn.add_row(row.iter().map(|cell| one_line(cell)));
        }
        for column in drawn.column_iter_mut() {
            column.set_padding((0, GAP));
        }
        if let Some(width) = width {
            self.fit(&mut drawn, width);
        }
        let mut out = String::new();
        for (number, line) in drawn.lines().enumerate() {
            let line = line.trim_end();
            match number {
                0 => out.push_str(&style::paint(style::HEADING, line)),
                _ => out.push_str(line),
            }
            out.push('\n');
        }
        out
    }

    /// Has columns of words take what the others leave, if that is enough for them; else the terminal breaks lines where it ends.
    fn fit(&self, drawn: &mut comfy_table::Table, width: u16) {
        let is_of_words = |column: usize| self.rows.iter().any(|row| row[column].contains(' '));
        let widths = drawn.column_max_content_widths();
        let (words, names): (Vec<usize>, Vec<usize>) = (0..widths.len()).partition(|column| is_of_words(*column));
        let taken = names.iter().map(|column| widths[*column] + GAP).sum::<u16>();
        let left = width.saturating_sub(taken + GAP * u16::try_from(words.len()).unwrap_or(u16::MAX)) + GAP;
        if usize::from(left) < words.len() * usize::from(FEWEST) {
            return;
        }
        for column in names {
            if let Some(column) = drawn.column_mut(column) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        // The blanks behind the last column are not drawn.
        drawn
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width.saturating_add(GAP));
    }

    /// The table for a program: no headings, one tab between cells.
    pub(super) fn tab_separated(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|cell| one_line(cell)).collect();
            out.push_str(&cells.join("\t"));
            out.push('\n');
        }
        out
    }
}

/// A cell is one line, whatever stands in the repository.
fn one_line(cell: &str) -> String {
    style::visible(&cell.replace(['\n', '\t'], " ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Table;

    fn sample() -> Table {
        let mut table = Table::new(&["IMAGE", "VERSION", "AUTHOR"]);
        table.row(["api", "1.4.2", "sato"]);
        table.row(["決済", "2.0.0", "鈴木"]);
        table.row(["web", "", "a\tb\nc"]);
        table
    }

    #[test]
    fn columns_align_where_a_character_takes_two_columns() {
        let text = anstream::adapter::strip_str(&sample().aligned(None)).to_string();
        let expected = "IMAGE  VERSION  AUTHOR\n\
                        api    1.4.2    sato\n\
                        決済   2.0.0    鈴木\n\
                        web             a b c\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_table_fits_the_terminal_and_breaks_no_name() {
        let place = "overlays/eu-west-1/kustomization.yaml:9:13";
        let mut table = Table::new(&["WHAT", "WHO", "WHERE"]);
        table.row([
            "one word and another and one more and the last one of all",
            "鈴木",
            place,
        ]);
        let text = anstream::adapter::strip_str(&table.aligned(Some(70))).to_string();
        let widths = text
            .lines()
            .map(|line| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>());
        assert!(widths.max().unwrap() <= 70, "{text}");
        assert!(text.contains(place) && text.contains("last one"), "{text}");
        assert!(text.lines().count() > 2, "{text}");
        // Wide enough, or too narrow for the names alone: one line a row, which the terminal breaks.
        for width in [Some(200), Some(50), None] {
            assert_eq!(table.aligned(width).lines().count(), 2, "{width:?}");
        }
    }

    #[test]
    fn a_pipe_gets_tabs_and_no_headings() {
        assert_eq!(
            sample().tab_separated(),
            "api\t1.4.2\tsato\n決済\t2.0.0\t鈴木\nweb\t\ta b c\n"
        );
    }
}
