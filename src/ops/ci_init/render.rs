//! Templates: text with marks such as `@@IMAGE@@`.
//!
//! **Invariant:** a mark that nobody fills is a bug that is seen: it stays in the text, and a test looks for it.

/// What is put in the place of marks.
#[derive(Default)]
pub(super) struct Marks {
    /// Names with texts of one line.
    words: Vec<(String, String)>,
    /// Names with blocks: they take the place of a line that holds their mark and nothing else, and its indentation.
    blocks: Vec<(String, String)>,
}

impl Marks {
    /// Adds a text of one line.
    pub(super) fn word(&mut self, name: &str, text: impl Into<String>) {
        self.words.push((format!("@@{name}@@"), text.into()));
    }

    /// Adds a block. An empty one takes the line away.
    pub(super) fn block(&mut self, name: &str, text: impl Into<String>) {
        self.blocks.push((format!("@@{name}@@"), text.into()));
    }

    /// Fills a template. What a block holds is filled, too.
    pub(super) fn fill(&self, template: &str) -> String {
        let mut out = String::with_capacity(template.len());
        for line in template.lines() {
            let indent = &line[..line.len() - line.trim_start().len()];
            match self.blocks.iter().find(|(mark, _)| *mark == line.trim()) {
                None => {
                    out.push_str(&self.words_of(line));
                    out.push('\n');
                }
                Some((_, block)) => {
                    for inner in block.lines() {
                        if !inner.is_empty() {
                            out.push_str(indent);
                            out.push_str(&self.words_of(inner));
                        }
                        out.push('\n');
                    }
                }
            }
        }
        out
    }

    fn words_of(&self, line: &str) -> String {
        if !line.contains("@@") {
            return line.to_owned();
        }
        let fill = |line: String, (mark, text): &(String, String)| line.replace(mark, text);
        self.words.iter().fold(line.to_owned(), fill)
    }
}

#[cfg(test)]
mod tests {
    use super::Marks;

    #[test]
    fn a_block_takes_the_indentation_of_its_mark() {
        let mut marks = Marks::default();
        marks.word("A", "x");
        marks.block("B", "one @@A@@\n\n  two\n");
        marks.block("NOTHING", "");
        assert_eq!(
            marks.fill("a: @@A@@\n  @@B@@\n  @@NOTHING@@\nend"),
            "a: x\n  one x\n\n    two\nend\n"
        );
    }
}
