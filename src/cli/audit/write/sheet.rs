//! The report for a spreadsheet.

use crate::cli::audit::{Paper, words};
use crate::error::{Error, Kind};
use crate::text::time;

const HEADINGS: [&str; 22] = [
    "environment",
    "at",
    "commit",
    "branch",
    "title",
    "operation",
    "changes",
    "author",
    "committer",
    "pull_request",
    "url",
    "merged_by",
    "merged_at",
    "approvals",
    "approved_before",
    "by_code_owner",
    "self_approved",
    "checks",
    "signature",
    "findings",
    "through",
    "unknown",
];

/// # Errors
/// None that can happen: writing goes to memory.
pub(super) fn text(paper: &Paper<'_>) -> Result<String, Error> {
    let failed =
        |cause: &dyn std::fmt::Display| Error::new(Kind::Files, "csv", "cannot write CSV").because(cause.to_string());
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(HEADINGS).map_err(|cause| failed(&cause))?;
    for row in &paper.report.rows {
        let request = row.evidence.request.as_ref();
        let (state, signer) = words::signature(row);
        let judged = row.evidence.judged.as_ref();
        let unknown: Vec<String> = row.what.unknown.iter().chain(&row.evidence.unknown).cloned().collect();
        let cells = [
            row.environment.clone(),
            time::moment(row.at),
            row.commit.as_str().to_owned(),
            row.branch.clone(),
            row.title.clone(),
            row.claims.operation.clone().unwrap_or_default(),
            words::what(&row.what).join("\n"),
            words::whole_person(&row.author, row.evidence.author.as_deref()),
            words::whole_person(&row.committer, row.evidence.committer.as_deref()),
            words::request(row).trim_start_matches('#').to_owned(),
            request.map(|it| it.url.clone()).unwrap_or_default(),
            request.and_then(|it| it.merged_by.clone()).unwrap_or_default(),
            request.and_then(|it| it.merged_at.clone()).unwrap_or_default(),
            words::approvals(row).join("\n"),
            words::approved(row).to_owned(),
            words::by_owner(row).to_owned(),
            judged
                .map(|it| {
                    it.approvals
                        .iter()
                        .any(|approval| approval.is_own == Some(true))
                        .to_string()
                })
                .unwrap_or_default(),
            words::checks(row).to_owned(),
            match signer {
                Some(signer) => format!("{state} ({signer})"),
                None => state.to_owned(),
            },
            words::gaps(row).join(" "),
            row.through
                .as_ref()
                .map(|id| id.as_str().to_owned())
                .unwrap_or_default(),
            unknown.join("\n"),
        ];
        let cells = cells.iter().map(|cell| harmless(cell));
        writer.write_record(cells).map_err(|cause| failed(&cause))?;
    }
    let bytes = writer.into_inner().map_err(|cause| failed(&cause))?;
    String::from_utf8(bytes).map_err(|cause| failed(&cause))
}

/// A cell that no spreadsheet takes for a formula: titles come from whoever writes a commit.
///
/// Source: OWASP, "CSV Injection"; a spreadsheet in Japanese takes the wide forms, too.
fn harmless(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_cell_is_a_formula() {
        for bad in [
            "=HYPERLINK(\"x\")",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\n=1",
            "＝1+1",
            "＠SUM(A1)",
        ] {
            assert_eq!(harmless(bad), format!("'{bad}"));
        }
        assert_eq!(harmless("image api 1 -> 2"), "image api 1 -> 2");
    }
}
