//! What one branch has that another has not, and what a merge of the two would be. Nothing is written to a branch.

use super::names::Oid;
use super::objects::Commit;
use super::open::Repository;
use super::program::Git;
use crate::error::Error;

/// More commits than this on the branch of a pull request are not looked at one by one.
const MOST: &str = "--max-count=1000";

impl Repository {
    /// Returns the commits that were put on `head` and are not in the history of `base`, newest first, at most 1,000. Of a
    /// merge its first parent is followed: what it brought along was not put there one by one.
    ///
    /// In a shallow repository, what lies behind its boundary is not seen.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot list them.
    pub(crate) fn between(&self, git: &Git, base: &Oid, head: &Oid) -> Result<Vec<Commit>, Error> {
        let excluded = format!("^{base}");
        let args = ["rev-list", "--first-parent", MOST, head.as_str(), &excluded];
        let listed = git
            .run(&args, None, &[])?
            .or_fail("git cannot list the commits of a branch")?;
        let mut commits = Vec::new();
        for line in listed.text().lines() {
            if let Some(id) = Oid::parse(line)
                && let Some(commit) = self.commit(&id)?
            {
                commits.push(commit);
            }
        }
        Ok(commits)
    }

    /// Returns the paths of files that are in the tree `new` and not in `old`, and of those that are gone.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot compare them.
    pub(crate) fn come_and_gone(&self, git: &Git, old: &Oid, new: &Oid) -> Result<(Vec<String>, Vec<String>), Error> {
        let args = [
            "diff-tree",
            "-r",
            "-z",
            "--no-renames",
            "--name-status",
            "--diff-filter=ADT",
            old.as_str(),
            new.as_str(),
        ];
        let compared = git.run(&args, None, &[])?.or_fail("git cannot compare two trees")?;
        let text = String::from_utf8_lossy(&compared.stdout).into_owned();
        let mut fields = text.split('\0');
        let (mut come, mut gone) = (Vec::new(), Vec::new());
        while let (Some(status), Some(path)) = (fields.next(), fields.next()) {
            match status {
                "A" => come.push(path.to_owned()),
                "D" => gone.push(path.to_owned()),
                // Another type: a link took its place, or it took a link's.
                _ => {
                    gone.push(path.to_owned());
                    come.extend(
                        self.entry(new, path)?
                            .filter(|it| it.mode.is_file())
                            .map(|_| path.to_owned()),
                    );
                }
            }
        }
        Ok((come, gone))
    }

    /// Calls `visit` with the path of every file of a tree; links and submodules are passed over. For a whole tree of a
    /// hundred thousand directories the program is twice as fast as the library.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot list it.
    pub(crate) fn every_file(&self, git: &Git, tree: &Oid, visit: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let args = [
            "ls-tree",
            "-r",
            "-z",
            "--full-tree",
            "--format=%(objectmode) %(path)",
            tree.as_str(),
        ];
        let listed = git.run(&args, None, &[])?.or_fail("git cannot list a tree")?;
        for entry in listed.stdout.split(|byte| *byte == 0) {
            if let Ok(entry) = std::str::from_utf8(entry)
                && let Some((mode, path)) = entry.split_once(' ')
                && mode.starts_with("100")
            {
                visit(path);
            }
        }
        Ok(())
    }

    /// Returns the tree that merging `head` into `base` comes to; none if it conflicts, or if that cannot be told here, as
    /// between unrelated commits of a shallow repository.
    ///
    /// Source: `git help merge-tree`, `--write-tree`: status 0 is clean, and stdout begins with the tree.
    ///
    /// # Errors
    /// What [`Git::run`] says.
    pub(crate) fn merged_tree(&self, git: &Git, base: &Oid, head: &Oid) -> Result<Option<Oid>, Error> {
        let merged = git.run(&["merge-tree", "--write-tree", base.as_str(), head.as_str()], None, &[])?;
        let text = merged.text();
        let tree = text.lines().next().and_then(Oid::parse);
        Ok(tree.filter(|_| merged.is_success()))
    }
}
