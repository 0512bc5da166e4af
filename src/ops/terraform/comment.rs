//! The comment on a plan: what came of each step, what is lost, what else happens, and where to read on.
//!
//! **Invariant:** texts from outside stand in code spans and in blocks that they cannot leave, so that nobody is called and
//! nothing is markup. What is lost is told whole, or it says how much more there is.

use super::key::{DEFAULT, Place};
use super::plan::{Action, Plan, Row};
use crate::error::{Error, Hint, Kind};
use crate::text::fit::{self, Part, Section, units};
use crate::text::markdown::{block, code, fence, lines};

/// What came of one step of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Failure,
    Cancelled,
    Skipped,
}

impl Outcome {
    /// The word for it, which is the one of GitHub Actions.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
            Outcome::Cancelled => "cancelled",
            Outcome::Skipped => "skipped",
        }
    }
}

/// A step and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
}

impl Step {
    /// Reads `fmt=success`. What is empty has not run: that is what `${{ steps.fmt.outcome }}` is of a step that was not reached.
    ///
    /// # Errors
    /// [`Kind::Usage`] for another outcome, or a name that is none.
    pub(crate) fn parse(typed: &str) -> Result<Step, Error> {
        let wrong = || {
            Error::new(Kind::Usage, "step", format!("`{typed}` is no step with its outcome"))
                .hint(Hint::Say("write NAME=success, failure, cancelled or skipped".into()))
        };
        let (name, outcome) = typed.split_once('=').ok_or_else(wrong)?;
        let is_name = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
        if name.trim().is_empty() || !name.chars().all(is_name) {
            return Err(wrong());
        }
        let outcome = match outcome.trim().to_ascii_lowercase().as_str() {
            "success" | "succeeded" | "passed" => Outcome::Success,
            "failure" | "failed" => Outcome::Failure,
            "cancelled" | "canceled" => Outcome::Cancelled,
            "skipped" | "" => Outcome::Skipped,
            _ => return Err(wrong()),
        };
        Ok(Step {
            name: name.trim().to_owned(),
            outcome,
        })
    }
}

/// Everything that a comment tells.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) place: Place,
    /// The steps, in their order.
    pub(crate) steps: Vec<Step>,
    /// The plan, where there is one.
    pub(crate) plan: Option<Plan>,
    /// What fmt would change, as it was written.
    pub(crate) fmt_diff: Option<String>,
    /// The plan as text, with all masked that must not be shown.
    pub(crate) plan_text: Option<String>,
    /// The commit that was planned.
    pub(crate) commit: Option<String>,
    /// The address of the run.
    pub(crate) run: Option<String>,
}

impl Story {
    /// The first step that did not succeed.
    fn trouble(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.outcome != Outcome::Success)
    }

    /// Where the rest can be read.
    fn elsewhere(&self) -> &'static str {
        match self.run {
            Some(_) => "in the run",
            None => "in the log of the run",
        }
    }
}

/// Writes the comment, in at most `limit` UTF-16 units. `no_news` is put at the end of the line that names the run.
pub(crate) fn write(story: &Story, (limit, no_news): (usize, &str)) -> String {
    let Some(plan) = &story.plan else {
        return page(story, (limit, no_news), Vec::new());
    };
    let lost: Vec<&Row> = plan.lost().collect();
    let warning = match (plan.count(Action::Delete), plan.count(Action::Replace)) {
        (0, 0) => return page(story, (limit, no_news), Vec::new()),
        (deleted, 0) => format!("deletes {}", resources(deleted)),
        (0, replaced) => format!("replaces {}", resources(replaced)),
        (deleted, replaced) => format!("deletes {} and replaces {replaced}", resources(deleted)),
    };
    let warning = format!("\n**Warning: this plan {warning}.**\n\n");
    let listed = |lines: String| vec![Part::Whole(warning.clone()), Part::Whole(block("diff", &lines))];
    let full: String = lost.iter().map(|row| format!("- {}\n", line(row))).collect();
    let short: String = lost
        .iter()
        .map(|row| format!("- {} {}\n", row.action.word(), row.address))
        .collect();
    for lines in [full, short.clone()] {
        let parts = parts(story, no_news, listed(lines));
        if let Some(page) = fit::page(&parts, (limit, story.elsewhere())) {
            return page;
        }
    }
    // Not even their addresses fit: as many as do, and how many more there are.
    let rest = |more: usize| Part::Whole(format!("\n**{} more {}.**\n", resources(more), story.elsewhere()));
    let mut around = parts(story, no_news, listed(String::new()));
    around.push(rest(lost.len()));
    let fences = 2 * fence(&short).len();
    let mut room = limit.saturating_sub(fit::least(&around, story.elsewhere()) + fences);
    let mut some = String::new();
    let mut count = 0;
    for line in short.split_inclusive('\n') {
        match room.checked_sub(units(line)) {
            Some(left) => room = left,
            None => break,
        }
        some.push_str(line);
        count += 1;
    }
    let mut told = listed(some);
    told.push(rest(lost.len() - count));
    page(story, (limit, no_news), told)
}

/// The page with what is lost as it is handed in; cut where nothing helps.
fn page(story: &Story, (limit, no_news): (usize, &str), lost: Vec<Part>) -> String {
    let parts = parts(story, no_news, lost);
    fit::page(&parts, (limit, story.elsewhere())).unwrap_or_else(|| {
        let all = parts.iter().map(|part| match part {
            Part::Whole(text) => text.as_str(),
            Part::Section(_) => "",
        });
        fit::cut(&all.collect::<String>(), limit)
    })
}

fn parts(story: &Story, no_news: &str, lost: Vec<Part>) -> Vec<Part> {
    let mut parts = vec![Part::Whole(heading(story)), Part::Whole(verdict(story))];
    parts.extend(lost);
    if let Some(plan) = &story.plan {
        parts.extend(more(plan));
    }
    if let Some(diff) = &story.fmt_diff {
        parts.extend(section("What fmt would change", ("diff", Shown::Folded), &lines(diff)));
    }
    if let Some(text) = &story.plan_text {
        let title = match story.plan {
            Some(_) => "The plan as text",
            None => "What the plan said",
        };
        parts.extend(section(title, ("", Shown::Folded), &lines(text)));
    }
    parts.push(Part::Whole(footer(story, no_news)));
    parts
}

fn heading(story: &Story) -> String {
    let Place { root, workspace } = &story.place;
    let mut text = format!("### Terraform: {}", code(root));
    if workspace != DEFAULT {
        text.push_str(&format!(", workspace {}", code(workspace)));
    }
    text.push('\n');
    if !story.steps.is_empty() {
        text.push_str("\n| step | outcome |\n|---|---|\n");
    }
    for Step { name, outcome } in &story.steps {
        let word = outcome.word();
        let word = match outcome {
            Outcome::Success => word.to_owned(),
            _ => format!("**{word}**"),
        };
        text.push_str(&format!("| {} | {word} |\n", code(name)));
    }
    text
}

/// What the plan comes to, in a few lines.
fn verdict(story: &Story) -> String {
    let mut text = String::new();
    match (&story.plan, story.trouble()) {
        (Some(plan), _) => text.push_str(&format!("\nPlan: {}.\n", plan.counted())),
        (None, Some(step)) => text.push_str(&format!(
            "\nThere is no plan: {} ended with {}.\n",
            code(&step.name),
            step.outcome.word()
        )),
        (None, None) => text.push_str("\nThere is no plan.\n"),
    }
    let Some(plan) = &story.plan else { return text };
    if plan.errored {
        text.push_str("\n**Planning failed: this is a part of a plan.**\n");
    } else if plan.complete == Some(false) {
        text.push_str("\n**The plan is not complete: another one is needed after it is applied.**\n");
    }
    if plan.applyable == Some(false) && plan.changes() && !plan.errored {
        text.push_str("\n**The plan says that it cannot be applied.**\n");
    }
    text
}

/// Everything that happens and loses nothing.
fn more(plan: &Plan) -> Vec<Part> {
    let kept: String = plan
        .kept()
        .map(|row| format!("{} {}\n", mark(row), line(row)))
        .collect();
    let invoked: String = plan.invoked.iter().map(|it| format!("! invoke  {it}\n")).collect();
    let outputs = plan.outputs.iter();
    let outputs: String = outputs
        .map(|it| format!("{} {:<7} {}\n", sign(it.action), it.action.word(), it.name))
        .collect();
    let drift: String = plan.drift.iter().map(|row| format!("{}\n", line(row))).collect();
    let each = |names: &[String]| names.iter().map(|name| format!("{name}\n")).collect::<String>();
    [
        section("Other changes", ("diff", Shown::Open), &(kept + &invoked)),
        section("Outputs", ("diff", Shown::Open), &outputs),
        section("Checks that fail", ("", Shown::Open), &each(&plan.failed_checks)),
        section("Put off until a later plan", ("", Shown::Folded), &each(&plan.deferred)),
        section("Changed outside of the configuration", ("", Shown::Folded), &drift),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether a section shows its lines at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Open,
    Folded,
}

/// Lines in a block of their own that can be folded; none where there are none.
fn section(title: &str, (language, shown): (&str, Shown), lines: &str) -> Option<Part> {
    let fence = fence(lines);
    let count = lines.lines().count();
    let open = if shown == Shown::Open { " open" } else { "" };
    (count > 0).then(|| {
        Part::Section(Section {
            title: title.to_owned(),
            head: format!("\n<details{open}><summary>{title} ({count})</summary>\n\n{fence}{language}\n"),
            lines: lines.to_owned(),
            close: format!("{fence}\n"),
            tail: "\n</details>\n".to_owned(),
        })
    })
}

/// What happens to a resource, in a line: `replace aws_lb.x  (because of name)`.
fn line(row: &Row) -> String {
    let word = match (row.action, &row.moved_from) {
        (Action::None, Some(_)) => "move",
        (Action::None, None) => "import",
        (action, _) => action.word(),
    };
    let notes = row.notes();
    match notes.is_empty() {
        true => format!("{word:<7} {}", row.address),
        false => format!("{word:<7} {}  ({notes})", row.address),
    }
}

/// The first character of a line in a block that is shown as a diff: forges colour by it.
fn mark(row: &Row) -> char {
    sign(row.action)
}

fn sign(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Delete | Action::Replace => '-',
        Action::Update | Action::Forget | Action::Other => '!',
        Action::Read | Action::None => ' ',
    }
}

fn footer(story: &Story, no_news: &str) -> String {
    let mut text = String::new();
    if let Some(commit) = &story.commit {
        text.push_str(&format!("\nPlanned at {}.\n", code(commit)));
    }
    if let Some(run) = &story.run {
        text.push_str(&format!("\n[The run]({run}) {no_news}\n"));
    }
    text
}

fn resources(count: usize) -> String {
    match count {
        1 => "1 resource".to_owned(),
        count => format!("{count} resources"),
    }
}
