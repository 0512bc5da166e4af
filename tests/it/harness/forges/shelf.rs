//! What a fake keeps: pull requests, comments, labels and people, in front of a bare repository.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::past::{Opinion, Past};
use super::{Asked, Fault, Reply, reply};

/// A pull request of a fake.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pull {
    pub(crate) number: u64,
    pub(crate) head: String,
    pub(crate) base: String,
    /// As it was sent, with what makes it a draft on some forges.
    pub(crate) title: String,
    pub(crate) body: String,
    /// `open`, `closed` or `merged`.
    pub(crate) state: &'static str,
    pub(crate) draft: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) reviewers: Vec<String>,
    /// The head that is merged by itself once checks have passed.
    pub(crate) auto_merge: Option<String>,
    /// `pending`, `success` or `failure`; no checks if absent.
    pub(crate) checks: Option<&'static str>,
    /// Who said what, of the head.
    pub(crate) reviews: Vec<(String, &'static str)>,
    /// Reviews with a time and a commit of their own.
    pub(crate) opinions: Vec<Opinion>,
    /// Who opened it, if not we.
    pub(crate) author: Option<String>,
    /// When it was merged.
    pub(crate) merged_at: Option<String>,
    /// Who merged it, if not we.
    pub(crate) merged_by: Option<String>,
    /// Commits that it brought beside the one of the merge.
    pub(crate) brought: Vec<String>,
    /// The head when it was merged or closed.
    pub(crate) last_head: Option<String>,
    pub(crate) merge_oid: Option<String>,
    /// Counts changes, where a forge has versions.
    pub(crate) version: u64,
}

/// A comment of a fake.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) id: u64,
    pub(crate) number: u64,
    pub(crate) author: String,
    pub(crate) body: String,
}

/// The state of a fake.
pub(crate) struct Shelf {
    bare: PathBuf,
    env: Vec<(String, String)>,
    /// The address of the fake.
    pub(crate) web: String,
    pub(crate) pulls: Vec<Pull>,
    pub(crate) notes: Vec<Note>,
    /// Labels that the repository has, by id.
    pub(crate) labels: BTreeMap<u64, String>,
    /// People, by id.
    pub(crate) people: BTreeMap<u64, String>,
    /// Entries a page, at most.
    pub(crate) page: usize,
    /// How often the forge says that it has not computed yet whether a request merges.
    pub(crate) computes: u32,
    /// Whether the repository allows auto-merge.
    pub(crate) allows_auto_merge: bool,
    /// The checks that a new pull request has from its first moment.
    pub(crate) begins_with: Option<&'static str>,
    /// What it knows beside requests.
    pub(crate) past: Past,
    pub(super) faults: VecDeque<(&'static str, &'static str, Fault)>,
    pub(super) log: Vec<String>,
    pub(super) complaints: Vec<String>,
    next: u64,
}

impl Shelf {
    pub(crate) fn new(bare: PathBuf, env: Vec<(String, String)>) -> Shelf {
        let people = [(1, super::ME), (2, "anna"), (3, "ben")];
        Shelf {
            bare,
            env,
            web: String::new(),
            pulls: Vec::new(),
            notes: Vec::new(),
            labels: BTreeMap::from([(1, "deploy".to_owned()), (2, "staging".to_owned())]),
            people: people.into_iter().map(|(id, name)| (id, name.to_owned())).collect(),
            page: 100,
            computes: 0,
            allows_auto_merge: true,
            begins_with: None,
            past: Past::default(),
            faults: VecDeque::new(),
            log: Vec::new(),
            complaints: Vec::new(),
            next: 1,
        }
    }

    /// Runs git in the bare repository; none if it fails.
    pub(crate) fn git(&self, args: &[&str]) -> Option<String> {
        let output = Command::new("git")
            .args(args)
            .current_dir(&self.bare)
            .env_clear()
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| text.trim().to_owned())
    }

    /// The commit that a branch is at.
    pub(crate) fn tip(&self, branch: &str) -> Option<String> {
        self.git(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}")])
    }

    /// How many commits `new` has that `old` has not; revisions.
    pub(crate) fn ahead(&self, old: &str, new: &str) -> Option<u64> {
        self.git(&["rev-list", "--count", &format!("{old}..{new}")])?
            .parse()
            .ok()
    }

    /// The head of a pull request.
    pub(crate) fn head_of(&self, pull: &Pull) -> String {
        let frozen = pull.last_head.clone();
        frozen
            .or_else(|| self.tip(&pull.head))
            .unwrap_or_else(|| "0".repeat(40))
    }

    /// Somebody pushes to the head of a pull request.
    pub(crate) fn push_to_head(&self, number: u64) {
        let pull = self.pulls.iter().find(|pull| pull.number == number).unwrap();
        let (branch, tip) = (pull.head.clone(), self.head_of(pull));
        let tree = format!("{tip}^{{tree}}");
        let made = self.git(&["commit-tree", &tree, "-p", &tip, "-m", "somebody else was here"]);
        self.git(&["update-ref", &format!("refs/heads/{branch}"), &made.unwrap()])
            .unwrap();
    }

    /// The place of a pull request in the list.
    pub(crate) fn at(&self, number: &str) -> Option<usize> {
        let number: u64 = number.parse().ok()?;
        self.pulls.iter().position(|pull| pull.number == number)
    }

    /// Adds a pull request and returns its place.
    pub(crate) fn add(&mut self, pull: Pull) -> usize {
        self.pulls.push(Pull {
            number: u64::try_from(self.pulls.len()).unwrap() + 1,
            state: "open",
            checks: self.begins_with,
            ..pull
        });
        self.pulls.len() - 1
    }

    /// Whether one is open from a branch to another.
    pub(crate) fn open(&self, head: &str, base: &str) -> Option<usize> {
        let fits = |pull: &Pull| pull.state == "open" && pull.head == head && pull.base == base;
        self.pulls.iter().position(fits)
    }

    /// Merges really; no commit if there is a conflict.
    pub(crate) fn merge(&mut self, at: usize, method: &str) -> Option<String> {
        let pull = self.pulls[at].clone();
        let (head, base) = (self.head_of(&pull), self.tip(&pull.base)?);
        let tree = self.git(&["merge-tree", "--write-tree", &base, &head])?;
        let mut words = vec!["commit-tree", &tree, "-p", &base];
        if method != "squash" {
            words.extend(["-p", &head]);
        }
        let message = format!("{} (#{})", pull.title, pull.number);
        words.extend(["-m", &message]);
        let made = self.git(&words)?;
        self.git(&["update-ref", &format!("refs/heads/{}", pull.base), &made, &base])?;
        let pull = &mut self.pulls[at];
        pull.state = "merged";
        pull.last_head = Some(head);
        pull.merge_oid = Some(made.clone());
        pull.version += 1;
        Some(made)
    }

    /// The checks of a pull request end; what waits for that is merged, if its head is still the one that was meant.
    pub(crate) fn checks_end(&mut self, number: u64, how: &'static str) {
        let at = self.at(&number.to_string()).unwrap();
        self.pulls[at].checks = Some(how);
        let wanted = self.pulls[at].auto_merge.clone();
        if how == "success" && wanted.is_some_and(|head| head == self.head_of(&self.pulls[at])) {
            self.merge(at, "merge").unwrap();
        }
    }

    /// Adds a comment and returns it.
    pub(crate) fn comment(&mut self, number: u64, author: &str, body: &str) -> Note {
        let note = Note {
            id: 100 + self.next,
            number,
            author: author.to_owned(),
            body: body.to_owned(),
        };
        self.next += 1;
        self.notes.push(note.clone());
        note
    }

    /// Comments on a pull request.
    pub(crate) fn notes_on(&self, number: u64) -> Vec<Note> {
        self.notes
            .iter()
            .filter(|note| note.number == number)
            .cloned()
            .collect()
    }

    /// Notes what a request holds and should not: parameters and fields that the forge's page does not list.
    pub(crate) fn only(&mut self, asked: &Asked, parameters: &[&str], fields: &[&str]) {
        let of_body = asked.body.as_object().into_iter().flat_map(|map| map.keys());
        let odd = asked.query.keys().filter(|name| !parameters.contains(&name.as_str()));
        let odd = odd.chain(of_body.filter(|name| !fields.contains(&name.as_str())));
        let odd: Vec<String> = odd
            .map(|name| format!("not listed: `{name}` in {} {}", asked.method, asked.raw.path))
            .collect();
        self.complaints.extend(odd);
    }

    /// Answers what no forge of this kind knows.
    pub(crate) fn unknown(&mut self, asked: &Asked) -> Reply {
        self.complaints
            .push(format!("not listed: {} {}", asked.method, asked.raw.path));
        reply(404, &serde_json::json!({ "message": "Not Found" }))
    }

    /// One page of a list, with a `Link` to the next one.
    pub(crate) fn paged(&self, asked: &Asked, list: Vec<Value>) -> Reply {
        let (page, total) = (asked.page(), list.len());
        let shown: Vec<Value> = list.into_iter().skip((page - 1) * self.page).take(self.page).collect();
        let is_last = page * self.page >= total;
        let answer = reply(200, &Value::Array(shown)).header("x-total-count", total.to_string());
        if is_last {
            return answer;
        }
        let (path, query) = asked.raw.path.split_once('?').unwrap_or((&asked.raw.path, ""));
        let others = query
            .split('&')
            .filter(|pair| !pair.starts_with("page=") && !pair.is_empty());
        let next = page + 1;
        let query: Vec<String> = others.map(str::to_owned).chain([format!("page={next}")]).collect();
        answer.header(
            "link",
            format!(
                "<{}{path}?{}>; rel=\"next\", <{}>; rel=\"last\"",
                self.web,
                query.join("&"),
                self.web
            ),
        )
    }
}
