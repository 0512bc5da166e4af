//! Tables: aligned and without borders for a person, separated by tabs for a program.
//!
//! Width is what a terminal shows, not the number of characters: `日本` takes four columns.

use comfy_table::{ContentArrangement, presets};

use super::style;

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

    /// The table for a person: a line of headings, columns aligned, two blanks between them.
    pub(super) fn aligned(&self) -> String {
        let mut drawn = comfy_table::Table::new();
        drawn.load_style(presets::NOTHING);
        drawn.set_content_arrangement(ContentArrangement::Disabled);
        drawn.set_header(&self.headings);
        for row in &self.rows {
            drawn.add_row(row.iter().map(|cell| one_line(cell)));
        }
        for column in drawn.column_iter_mut() {
            column.set_padding((0, 2));
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
        let text = anstream::adapter::strip_str(&sample().aligned()).to_string();
        let expected = "IMAGE  VERSION  AUTHOR\n\
                        api    1.4.2    sato\n\
                        決済   2.0.0    鈴木\n\
                        web             a b c\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_pipe_gets_tabs_and_no_headings() {
        assert_eq!(
            sample().tab_separated(),
            "api\t1.4.2\tsato\n決済\t2.0.0\t鈴木\nweb\t\ta b c\n"
        );
    }
}
