//! What the request of a promotion says besides its versions: what is carried, what rides along, what stays.

use crate::change::promotion::{Goes, Noted, Picked, Promotion};
use crate::text::markdown::code;

/// A longer list is cut: forges drop long bodies.
const ROWS: usize = 50;

/// The sections of a promotion, as Markdown. Every text that comes from commits stands in a code span.
pub(super) fn sections(promotion: &Promotion) -> String {
    let mut text = format!(
        "\nCarries {} at {} to {}.\n",
        code(&promotion.from),
        code(promotion.commit.short()),
        code(&promotion.to.join(", "))
    );
    let change = |picked: &[Picked]| -> Vec<String> {
        let of = promotion.changes.iter().filter(|it| picked.contains(&it.picked));
        of.map(|it| format!("{} {} by {}", code(&it.id), code(&it.title), code(&it.author)))
            .collect()
    };
    list(&mut text, "Changes", &change(&[Picked::Step]));
    list(&mut text, "Version changes", &change(&[Picked::Folded]));
    list(&mut text, "Left behind", &change(&[Picked::Left]));
    list(&mut text, "Rides along", &noted(&promotion.rides_along));
    let only = format!("Only in {}", promotion.to.join(", "));
    list(&mut text, &only, &noted(&promotion.only_in_target));
    let back = promotion.brings_back.iter();
    let back: Vec<String> = back
        .map(|it| {
            format!(
                "{}, taken back by {} in {}",
                code(&it.what),
                code(&it.by),
                code(it.commit.short())
            )
        })
        .collect();
    list(&mut text, "Brings back what was rolled back", &back);
    let left = promotion.companions.iter().filter(|it| it.goes == Goes::Not);
    let left: Vec<String> = left
        .map(|it| format!("{}, which came with {}", code(&it.selector), code(&it.came_with)))
        .collect();
    list(&mut text, "Not carried", &left);
    let settled = promotion.resolved.iter();
    let settled: Vec<String> = settled.map(|it| format!("{} ({})", code(&it.file), it.rule)).collect();
    list(&mut text, "Conflicts that lay in versions only", &settled);
    let tracks = promotion.tracks.iter();
    let tracks: Vec<String> = tracks
        .map(|it| {
            format!(
                "{} follows {} instead of {}",
                code(&it.environment),
                code(&it.to),
                code(&it.from)
            )
        })
        .collect();
    list(&mut text, "Branches that clusters follow", &tracks);
    text
}

fn noted(commits: &[Noted]) -> Vec<String> {
    let one = |it: &Noted| {
        format!(
            "{} {} by {}",
            code(it.commit.short()),
            code(&it.title),
            code(&it.author)
        )
    };
    commits.iter().map(one).collect()
}

fn list(text: &mut String, heading: &str, rows: &[String]) {
    if rows.is_empty() {
        return;
    }
    text.push_str(&format!("\n**{heading}**\n\n"));
    rows.iter()
        .take(ROWS)
        .for_each(|row| text.push_str(&format!("- {row}\n")));
    if let Some(more) = rows.len().checked_sub(ROWS).filter(|more| *more > 0) {
        text.push_str(&format!("- and {more} more\n"));
    }
}
