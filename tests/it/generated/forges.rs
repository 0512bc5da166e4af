//! The index of the pages of forges.

use super::locators::first_sentence;

/// The index, in the order of the table.
pub(super) fn index() -> String {
    let mut page = String::from(
        "# Forges\n\n\
         <!-- Generated from the table in `src/forge/mod.rs`: RAKOPS_UPDATE=1 cargo test --test it generated -->\n\n\
         A forge hosts pull requests. Which one it is is told by `forge.kind` in rakops.yaml, by the host of the remote,\n\
         or by what the host answers. A token goes only to the host of the remote in use, or to one that\n\
         `RAKOPS_FORGE_URL` names in your own environment.\n\n\
         | kind | hosts |\n|---|---|\n",
    );
    for name in rakops::forges() {
        let first = first_sentence("forges", name);
        page.push_str(&format!("| [`{name}`]({name}.md) | {first} |\n"));
    }
    page
}
