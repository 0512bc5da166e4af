//! The report on the terminal.

use super::{Paper, document, words};
use crate::cli::manner::Output;
use crate::cli::{Context, output};
use crate::error::Error;
use crate::text::time;
use crate::ui::table::Table;

/// How many things that changed are shown of one row; all are in the document and in files.
const SHOWN: usize = 3;

pub(super) fn show(context: &Context, paper: &Paper<'_>) -> Result<(), Error> {
    let ui = &context.ui;
    let report = paper.report;
    match context.output {
        Output::Json => return output::json(ui, &document::document(paper)),
        Output::Name => {
            let rows = report.rows.iter();
            let mut ids: Vec<String> = rows.map(|row| format!("{}\n", row.commit)).collect();
            ids.dedup();
            ui.data(ids.concat())?;
        }
        Output::Text => {
            let _page = ui.page();
            ui.table(&table(paper))?;
        }
    }
    report.warnings.iter().for_each(|warning| ui.warn(warning));
    for (branch, rewrite) in &report.rewrites {
        ui.talk(format!(
            "finding: {} was taken from {} to {} by a force push of {} at {}",
            branch,
            rewrite.before.short(),
            rewrite.after.short(),
            rewrite.by.as_deref().unwrap_or("somebody"),
            rewrite.at
        ));
    }
    let lacking = report.rows.iter().filter(|row| !row.evidence.gaps.is_empty()).count();
    let count = report.rows.len();
    ui.talk(match count {
        0 => "nothing reached these environments in this time".to_owned(),
        1 => format!("1 change, {lacking} of them with a finding"),
        _ => format!("{count} changes, {lacking} of them with a finding"),
    });
    let offending = report.offending(paper.required);
    for row in &offending {
        let lacks = paper.required.iter().filter(|it| !it.is_met(row)).map(|it| it.as_str());
        ui.talk(format!(
            "{} {} lacks {}: {}",
            row.environment,
            row.commit.short(),
            lacks.collect::<Vec<_>>().join(", "),
            row.title
        ));
    }
    if !paper.required.is_empty() {
        ui.talk(match offending.len() {
            0 => "every change has what is required".to_owned(),
            1 => "1 change lacks what is required".to_owned(),
            many => format!("{many} changes lack what is required"),
        });
    }
    for limit in &report.limits {
        ui.talk(format!("not known: {limit}"));
    }
    for caveat in &report.caveats {
        ui.detail(format!("note: {caveat}"));
    }
    Ok(())
}

fn table(paper: &Paper<'_>) -> Table {
    let rows = &paper.report.rows;
    let has_several = paper.report.environments.len() > 1;
    let mut headings = vec![
        "AT",
        "COMMIT",
        "WHAT",
        "AUTHOR",
        "PR",
        "MERGED BY",
        "APPROVED BY",
        "FINDINGS",
    ];
    if has_several {
        headings.insert(0, "ENV");
    }
    let mut table = Table::new(&headings);
    for row in rows {
        let mut what = words::what(&row.what);
        let more = what.len().saturating_sub(SHOWN);
        what.truncate(SHOWN);
        if more > 0 {
            what.push(format!("{more} more"));
        }
        let request = row.evidence.request.as_ref();
        let approvals = row.evidence.judged.iter().flat_map(|it| &it.approvals);
        let approvals: Vec<&str> = approvals.map(|it| it.by.as_str()).collect();
        let mut cells = vec![
            time::moment(row.at),
            row.commit.short().to_owned(),
            what.join("; "),
            words::person(&row.author, row.evidence.author.as_deref()),
            words::request(row),
            request.and_then(|it| it.merged_by.clone()).unwrap_or_default(),
            approvals.join(", "),
            words::gaps(row).join(", "),
        ];
        if has_several {
            cells.insert(0, row.environment.clone());
        }
        table.row(cells);
    }
    table
}
