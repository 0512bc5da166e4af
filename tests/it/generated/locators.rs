//! The index of the pages of locators.

use std::fs;

use crate::harness::golden::project;

/// The index, in the order of priority.
pub(super) fn index() -> String {
    let mut page = String::from(
        "# Locators\n\n\
         <!-- Generated from the table in `src/manifest/locate/mod.rs`: RAKOPS_UPDATE=1 cargo test --test it generated -->\n\n\
         A locator finds the sites of one form: the places in a file that state the version of an image. They are asked\n\
         in this order; two that find the same bytes have found one site, and the earlier one names it.\n\n\
         | name | finds |\n|---|---|\n",
    );
    for name in rakops::locators() {
        page.push_str(&format!(
            "| [`{name}`]({name}.md) | {} |\n",
            first_sentence("locators", name)
        ));
    }
    page
}

/// The first sentence of a page of a shelf.
pub(super) fn first_sentence(shelf: &str, name: &str) -> String {
    let path = project().join(format!("docs/reference/{shelf}/{name}.md"));
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("docs/reference/{shelf}/{name}.md is not there"));
    let prose: Vec<&str> = text
        .lines()
        .skip_while(|line| line.is_empty() || line.starts_with('#'))
        .take_while(|line| !line.is_empty())
        .collect();
    let paragraph = prose.join(" ");
    let end = paragraph.find(". ").map_or(paragraph.len(), |end| end + 1);
    paragraph[..end].trim_end_matches(['.', ':']).to_owned()
}
