//! A page of the documentation on a terminal: the same text, without the marks of Markdown.
//!
//! Knows as much Markdown as our own pages use: headings, paragraphs, lists, tables, blocks of code, comments, links. A link
//! becomes its words, because what it leads to is not here; code keeps its backticks, as in messages.

use super::style;
use super::table::Table;

/// Columns that a page is laid out in where the terminal does not say, and at most; as clap does with help.
const WIDTH: usize = 100;
/// Columns that tables, lists and code stand in from the margin.
const INDENT: usize = 2;

/// Returns the page as text with styles, its lines at most `width` columns wide where words can be parted.
pub(crate) fn text(markdown: &str, width: Option<u16>) -> String {
    let width = width.map_or(WIDTH, usize::from).min(WIDTH);
    let mut blocks = Vec::new();
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        let mut follow = |belongs: fn(&str) -> bool| {
            let mut all = vec![line.to_owned()];
            while let Some(next) = lines.next_if(|next| belongs(next)) {
                all.push(next.to_owned());
            }
            all
        };
        if line.trim().is_empty() || line.starts_with("<!--") || is_way_elsewhere(line) {
            continue;
        } else if line.starts_with('#') {
            let heading = plain(line.trim_start_matches('#').trim());
            blocks.push(style::paint(style::HEADING, &heading));
        } else if line.starts_with('|') {
            blocks.push(table(&follow(|line| line.starts_with('|')), width));
        } else if line.starts_with("```") {
            let code = follow(|line| !line.starts_with("```"));
            lines.next();
            blocks.push(indented(&code[1..]));
        } else if is_item(line) {
            let item = follow(|line| line.starts_with("  "));
            blocks.push(wrapped(&plain(&item.join(" ")), (INDENT, INDENT + 2, width)));
        } else {
            let paragraph = follow(|line| !begins_a_block(line));
            blocks.push(wrapped(&plain(&paragraph.join(" ")), (0, 0, width)));
        }
    }
    laid_out(&blocks)
}

/// Blocks with an empty line between them, but none between the items of a list.
fn laid_out(blocks: &[String]) -> String {
    let item = |block: &str| block.starts_with("  - ");
    let mut out = String::new();
    for (number, block) in blocks.iter().enumerate() {
        if number > 0 && !(item(block) && item(&blocks[number - 1])) {
            out.push('\n');
        }
        out.push_str(block);
        out.push('\n');
    }
    out
}

fn begins_a_block(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with(['#', '|']) || line.starts_with("```") || is_item(line)
}

fn is_item(line: &str) -> bool {
    line.starts_with("- ")
}

/// A line that is one link and nothing else: the same page in another language.
fn is_way_elsewhere(line: &str) -> bool {
    line.starts_with('[') && line.ends_with(')') && line.matches("](").count() == 1 && !line.contains("] ")
}

/// Takes away the marks of links and of emphasis.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let link = rest[open..].find("](").and_then(|middle| {
            let end = rest[open + middle..].find(')')?;
            Some((&rest[open + 1..open + middle], open + middle + end + 1))
        });
        let Some((words, end)) = link else {
            break;
        };
        out.push_str(&rest[..open]);
        out.push_str(words);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.replace("**", "")
}

/// Parts a text at its blanks. `first` and `others` are the columns that the first line and the others stand in from the margin.
fn wrapped(text: &str, (first, others, width): (usize, usize, usize)) -> String {
    let mut out = " ".repeat(first);
    let mut column = first;
    for (number, word) in text.split_whitespace().enumerate() {
        let long = word.chars().count();
        if number > 0 && column + 1 + long > width {
            out.push('\n');
            out.push_str(&" ".repeat(others));
            column = others;
        } else if number > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += long;
    }
    out
}

fn indented(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("{:4}{line}", "")).collect();
    lines.join("\n")
}

/// The second line of a table says how columns are aligned, and is not shown.
fn table(lines: &[String], width: usize) -> String {
    let cells = |line: &String| -> Vec<String> {
        let line = line.trim().trim_matches('|').replace("\\|", "\u{0}");
        let cells = line.split('|');
        cells.map(|cell| plain(cell.trim()).replace('\u{0}', "|")).collect()
    };
    let mut table = Table::new(&[]).with_columns(lines.first().map(cells).unwrap_or_default());
    lines.iter().skip(2).for_each(|line| table.row(cells(line)));
    let drawn = table.aligned(u16::try_from(width - INDENT).ok());
    let lines: Vec<String> = drawn.lines().map(|line| format!("{:INDENT$}{line}", "")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_page_loses_the_marks_of_markdown_and_keeps_its_words() {
        let page = "# Title\n\n[日本語](title.ja.md)\n\n<!-- made -->\n\nSee [the page](x.md) of\n`a`, **b**.\n\n- one\n  more\n- two\n\n\
                    | code | meaning |\n|---|---|\n| 0 | [done](x.md) |\n\n```sh\nrakops x\n```\n";
        let expected = "Title\n\nSee the page of `a`, b.\n\n  - one more\n  - two\n\n  code  meaning\n  0     done\n\n    rakops x\n";
        let shown = anstream::adapter::strip_str(&text(page, None)).to_string();
        assert_eq!(shown, expected);
    }

    #[test]
    fn lines_and_cells_end_where_the_terminal_ends() {
        let page = "one two three four five six\n\n| a | b |\n|---|---|\n| x | one two three four five six seven |\n";
        let shown = anstream::adapter::strip_str(&text(page, Some(20))).to_string();
        assert!(shown.lines().all(|line| line.chars().count() <= 20), "{shown}");
        assert_eq!(shown.split_whitespace().count(), 6 + 2 + 1 + 7, "{shown}");
    }
}
