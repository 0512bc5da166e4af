//! One edit, judged: set, rendered, compared; then unset, rendered, compared.

use rakops::yaml::Path as FieldPath;
use serde_json::Value;

use super::lines::{Files, Lines};
use super::rendered::{Build, get, without};
use crate::harness::Sandbox;

/// An overlay that is edited, in a repository whose `rakops.yaml` calls it `it`.
pub(super) struct Ground<'a> {
    pub(super) sandbox: &'a Sandbox,
    /// What renders.
    pub(super) words: &'a [&'a str],
    pub(super) directory: &'a str,
    /// The files as they were.
    pub(super) files: Files,
    pub(super) before: Build,
}

/// A wish.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    /// Index into the objects of the build.
    pub(super) object: usize,
    pub(super) path: FieldPath,
    pub(super) to: Value,
    /// `an env var`.
    pub(super) form: &'static str,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Right(Right),
    /// The code of the error, and all that was said.
    Refused(String, String),
    /// It says so already, or the object has no name that can be typed.
    Idle,
    Wrong(String),
}

/// A right edit, measured.
#[derive(Clone, Debug)]
pub(super) struct Right {
    /// Whether the overlay had the field before.
    pub(super) was_set: bool,
    /// Changed lines of the diff.
    pub(super) lines: usize,
    /// What differs from the first bytes after the edit was taken back; none if nothing does.
    pub(super) left: Option<String>,
    /// Why the field could not be unset, if it could not.
    pub(super) kept: Option<String>,
}

impl Ground<'_> {
    /// Makes an edit, judges it, and leaves the files as they were.
    pub(super) fn judge(&self, edit: &Edit) -> Verdict {
        let verdict = self.trial(edit).unwrap_or_else(Verdict::Wrong);
        self.restore();
        verdict
    }

    /// The overlay, as it is typed.
    pub(super) fn path(&self) -> &str {
        if self.directory.is_empty() { "." } else { self.directory }
    }

    fn trial(&self, edit: &Edit) -> Result<Verdict, String> {
        let Some(word) = self.before.word(edit.object) else {
            return Ok(Verdict::Idle);
        };
        let own = self.told(&word, &edit.path);
        let typed = match &edit.to {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let assignment = format!("{}={typed}", edit.path);
        let output = self
            .sandbox
            .rakops(["overlay", "set", "it", &word, &assignment, "--path", self.path()])
            .run();
        if output.code != 0 {
            self.expect_untouched(&output.all())?;
            return Ok(Verdict::Refused(code_of(&output.stderr), output.all()));
        }
        let after_files = self.sandbox.tree();
        if after_files == self.files {
            return match get(&self.before.objects[edit.object], &edit.path) == Some(&edit.to) {
                true => Ok(Verdict::Idle),
                false => Err(format!("nothing was written\n{}", output.all())),
            };
        }
        let lines = Lines::between(&self.files, &after_files);
        let told = format!("{}\n{}", output.all(), self.diff());
        let after = self.build().map_err(|why| format!("{why}\n{told}"))?;
        self.compare(&after, edit, Some(Some(&edit.to)))
            .map_err(|why| format!("{why}\n{told}"))?;
        let was_set = own.is_some();
        let (left, kept) = match own {
            None => {
                lines
                    .lost_by_adding()
                    .map_or(Ok(()), |why| Err(format!("{why}\n{told}")))?;
                self.take_back(&word, edit).map_err(|why| format!("{why}\n{told}"))?
            }
            Some((old, base)) => {
                if edit.to.is_object() || edit.to.is_array() {
                    (None, None)
                } else {
                    let is_hidden = old == "(hidden)";
                    let shown = old.as_str().map_or_else(|| old.to_string(), str::to_owned);
                    let lost = lines.lost_by_replacing(&shown).filter(|_| !is_hidden);
                    lost.map_or(Ok(()), |why| Err(format!("{why}\n{told}")))?;
                    let left = match is_hidden {
                        true => None,
                        false => self.set_back(&word, edit, &old)?,
                    };
                    self.restore();
                    (left, self.unset(&word, edit, (!is_hidden).then_some(base.as_ref()))?)
                }
            }
        };
        Ok(Verdict::Right(Right {
            was_set,
            lines: lines.count(),
            left,
            kept,
        }))
    }

    /// What the overlay itself says about a field, and what the base says; none if the overlay says nothing.
    fn told(&self, word: &str, path: &FieldPath) -> Option<(Value, Option<Value>)> {
        let output = self
            .sandbox
            .rakops([
                "overlay",
                "get",
                "it",
                word,
                &path.to_string(),
                "-o",
                "json",
                "--path",
                self.path(),
            ])
            .run();
        if output.code != 0 {
            return None;
        }
        let field = output.json()["fields"][0].clone();
        // A base in the overlay's own directory is edited as well.
        let is_own = |base: &&Value| {
            base["file"]
                .as_str()
                .is_some_and(|file| file.starts_with(self.directory))
        };
        let base = Some(&field["base"])
            .filter(|base| !is_own(base))
            .and_then(|base| base.get("value"))
            .cloned();
        (field["overridden"] == true).then(|| (field["effective"]["value"].clone(), base))
    }

    /// After an insertion: unset, and everything is as it was.
    fn take_back(&self, word: &str, edit: &Edit) -> Result<(Option<String>, Option<String>), String> {
        let output = self
            .sandbox
            .rakops([
                "overlay",
                "unset",
                "it",
                word,
                &edit.path.to_string(),
                "--path",
                self.path(),
            ])
            .run();
        if output.code != 0 {
            return Err(format!("what was set cannot be unset\n{}", output.all()));
        }
        let told = || format!("{}\n{}", output.all(), self.diff());
        let again = self.build().map_err(|why| format!("{why}\n{}", told()))?;
        if again.text != self.before.text {
            return Err(format!("it is not rendered as it was before\n{}", told()));
        }
        let files = self.sandbox.tree();
        if let Some(path) = files.keys().find(|path| !self.files.contains_key(*path)) {
            return Err(format!("`{path}` was made and is left\n{}", told()));
        }
        Ok(((files != self.files).then(told), None))
    }

    /// After a value was replaced: the old one again, and the bytes are as they were.
    fn set_back(&self, word: &str, edit: &Edit, old: &Value) -> Result<Option<String>, String> {
        let typed = match old {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let assignment = format!("{}={typed}", edit.path);
        let output = self
            .sandbox
            .rakops(["overlay", "set", "it", word, &assignment, "--path", self.path()])
            .run();
        if output.code != 0 {
            return Err(format!("the old value cannot be set again\n{}", output.all()));
        }
        let is_same = self.sandbox.tree() == self.files;
        Ok((!is_same).then(|| format!("{}\n{}", output.all(), self.diff())))
    }

    /// A field that the overlay set: afterwards the base has the word.
    fn unset(&self, word: &str, edit: &Edit, base: Option<Option<&Value>>) -> Result<Option<String>, String> {
        if matches!(edit.path.steps().last(), Some(rakops::yaml::Step::Index(_))) {
            return Ok(None);
        }
        let output = self
            .sandbox
            .rakops([
                "overlay",
                "unset",
                "it",
                word,
                &edit.path.to_string(),
                "--path",
                self.path(),
            ])
            .run();
        if output.code != 0 {
            self.expect_untouched(&output.all())?;
            return Ok(Some(output.all()));
        }
        let told = || format!("{}\n{}", output.all(), self.diff());
        let after = self.build().map_err(|why| format!("{why}\n{}", told()))?;
        self.compare(&after, edit, base)
            .map_err(|why| format!("after unset: {why}\n{}", told()))?;
        Ok(None)
    }

    /// Compares a build with the one before: the field says this, if it is known what it is to say, and nothing else differs.
    fn compare(&self, after: &Build, edit: &Edit, says: Option<Option<&Value>>) -> Result<(), String> {
        let (old, new) = (&self.before.objects, &after.objects);
        if old.len() != new.len() {
            return Err(format!("{} objects became {}", old.len(), new.len()));
        }
        for (at, (a, b)) in old.iter().zip(new).enumerate() {
            if at != edit.object && a != b {
                return Err(format!(
                    "another object differs: {}",
                    self.before.word(at).unwrap_or_default()
                ));
            }
        }
        let (a, b) = (&old[edit.object], &new[edit.object]);
        let is = get(b, &edit.path);
        let is_coded = |says: Option<&Value>| {
            a["kind"] == "Secret" && is.and_then(Value::as_str) == says.map(in_base64).as_deref()
        };
        if !says.is_none_or(|says| is == says || is_coded(says)) {
            return Err(format!("the field is {is:?}, not {says:?}"));
        }
        let (rest, other) = (without(a, &edit.path, b), without(b, &edit.path, a));
        match rest == other {
            true => Ok(()),
            false => Err(format!("the rest of the object differs:\n{rest}\n{other}")),
        }
    }

    fn build(&self) -> Result<Build, String> {
        Build::of(self.words, &self.sandbox.path(self.directory)).map_err(|why| format!("cannot be built: {why}"))
    }

    fn expect_untouched(&self, told: &str) -> Result<(), String> {
        match self.sandbox.tree() == self.files {
            true => Ok(()),
            false => Err(format!("refused, and written\n{told}\n{}", self.diff())),
        }
    }

    fn diff(&self) -> String {
        self.sandbox.git(["add", "--all"]);
        self.sandbox.git(["diff", "--cached"])
    }

    fn restore(&self) {
        let now = self.sandbox.tree();
        for path in now.keys().filter(|path| !self.files.contains_key(*path)) {
            std::fs::remove_file(self.sandbox.path(path)).unwrap();
        }
        for (path, bytes) in self.files.iter().filter(|(path, bytes)| now.get(*path) != Some(bytes)) {
            self.sandbox.file(path, bytes);
        }
    }
}

/// `error[no-merge-key]: …`.
fn code_of(stderr: &str) -> String {
    let code = stderr.split_once("error[").and_then(|(_, rest)| rest.split_once(']'));
    code.map_or("(none)", |(code, _)| code).to_owned()
}

fn in_base64(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            match at <= chunk.len() {
                true => out.push(alphabet[(bits >> (18 - 6 * at) & 63) as usize] as char),
                false => out.push('='),
            }
        }
    }
    out
}
