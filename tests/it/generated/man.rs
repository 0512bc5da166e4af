//! Man pages, one a command.

use std::collections::BTreeMap;

use clap_mangen::Man;

use crate::harness::advice;

/// Every page with its path.
pub(super) fn pages() -> BTreeMap<String, String> {
    let mut command = advice::command();
    command.build();
    let mut pages = BTreeMap::new();
    add(&command, &mut pages);
    pages
}

fn add(command: &clap::Command, pages: &mut BTreeMap<String, String>) {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let mut bytes = Vec::new();
    Man::new(command.clone()).manual("rakops").render(&mut bytes).unwrap();
    let page = String::from_utf8(bytes).unwrap();
    pages.insert(format!("docs/man/{name}.1"), page);
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        add(subcommand, pages);
    }
}
