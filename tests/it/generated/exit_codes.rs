//! The table of exit codes.

use std::collections::BTreeMap;

use rakops::error::Kind;

/// The page.
pub(super) fn page() -> String {
    let mut rows: BTreeMap<u8, Vec<&str>> = BTreeMap::new();
    rows.insert(0, vec!["done, or nothing to do"]);
    rows.insert(
        1,
        vec!["a difference or a finding, or, with `--exit-code`, something changed or would change"],
    );
    for kind in Kind::ALL {
        rows.entry(kind.code()).or_default().push(kind.meaning());
    }
    let mut page = String::from(
        "# Exit codes\n\n\
         <!-- Generated from `Kind` in `src/error.rs`: RAKOPS_UPDATE=1 cargo test --test it generated -->\n\n\
         | code | meaning |\n|---|---|\n",
    );
    for (code, meanings) in rows {
        page.push_str(&format!("| {code} | {} |\n", meanings.join("; or: ")));
    }
    page.push_str(
        "\nA script that asks whether something changed reads `changed` in the JSON document (`-o json`), or gives\n\
         `--exit-code`; errors are always 2 or more.\n\n\
         After SIGTERM, SIGHUP and Ctrl-C alike the code is 130, once what was begun is finished or taken back; a command that has begun\n\
         nothing is ended by the signal itself, which a shell shows as 128 and its number: 143 after SIGTERM.\n",
    );
    page
}
