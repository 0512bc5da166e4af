//! Commits written with `git fast-import`: one stream as long as nobody else has to read them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::harness::Sandbox;

/// Who wrote a commit, and when: seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) time: u64,
}

/// A commit that is to be written.
pub(crate) struct Draft<'d> {
    pub(crate) author: Who,
    /// Seconds since 1970.
    pub(crate) committed: u64,
    pub(crate) message: &'d str,
    pub(crate) parents: &'d [String],
    pub(crate) files: &'d BTreeMap<String, String>,
}

/// A running `git fast-import`.
pub(crate) struct Stream {
    child: Child,
    input: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What was written here: git knows it by its mark until the end.
    marks: Vec<String>,
}

impl Stream {
    pub(crate) fn open(sandbox: &Sandbox) -> Stream {
        let mut child = Command::new("git")
            .args(["fast-import", "--quiet", "--force", "--done"])
            .current_dir(sandbox.dir())
            .env_clear()
            .envs(sandbox.env())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Stream {
            input: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
            marks: Vec::new(),
        }
    }

    /// Writes a commit; returns its id.
    pub(crate) fn commit(&mut self, draft: &Draft<'_>) -> String {
        let mark = self.marks.len() + 1;
        let mut text = format!("commit refs/generated/{mark}\nmark :{mark}\n");
        let who = |role: &str, who: &Who| {
            let mail = who.name.to_lowercase().replace(' ', ".");
            format!("{role} {} <{mail}@example.com> {} +0000\n", who.name, who.time)
        };
        text.push_str(&who("author", &draft.author));
        text.push_str(&who(
            "committer",
            &Who {
                name: "Forge".to_owned(),
                time: draft.committed,
            },
        ));
        text.push_str(&format!("data {}\n{}\n", draft.message.len(), draft.message));
        for (at, parent) in draft.parents.iter().enumerate() {
            text.push_str(&format!(
                "{} {}\n",
                if at == 0 { "from" } else { "merge" },
                self.named(parent)
            ));
        }
        text.push_str("deleteall\n");
        for (path, content) in draft.files {
            text.push_str(&format!("M 100644 inline {path}\ndata {}\n{content}\n", content.len()));
        }
        text.push_str(&format!("\nget-mark :{mark}\n"));
        self.input.write_all(text.as_bytes()).unwrap();
        self.input.flush().unwrap();
        let mut id = String::new();
        self.answers.read_line(&mut id).unwrap();
        assert_eq!(id.trim().len(), 40, "git fast-import answered `{id}`");
        self.marks.push(id.trim().to_owned());
        id.trim().to_owned()
    }

    fn named(&self, id: &str) -> String {
        match self.marks.iter().position(|known| known == id) {
            Some(at) => format!(":{}", at + 1),
            None => id.to_owned(),
        }
    }

    /// Sets branches, and lets everybody see what was written.
    pub(crate) fn close(mut self, branches: &[(String, String)]) {
        for (branch, id) in branches {
            let text = format!("reset refs/heads/{branch}\nfrom {}\n\n", self.named(id));
            self.input.write_all(text.as_bytes()).unwrap();
        }
        self.input.write_all(b"done\n").unwrap();
        drop(self.input);
        assert!(self.child.wait().unwrap().success(), "git fast-import failed");
    }
}
