//! The repository that a change lands in: the user's checkout, or the cached copy of a remote one.

mod branches;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use super::names::Names;
use super::{How, Order};
use crate::change::progress::Progress;
use crate::config::model::Config;
use crate::error::{Error, Hint, Kind};
use crate::forge::Lane;
use crate::git::cache::{Cache, Filtered};
use crate::git::credentials::GitToken;
use crate::git::names::{BranchName, Oid, RemoteUrl, Scheme};
use crate::git::objects::Commit;
use crate::git::open::{self, Repository};
use crate::git::program::{Git, Manner};
use crate::git::remote::{Blobs, Content, Deepen, Depth, PrePush, Remote};
use crate::git::runs::Alive;
use crate::landing::back_off::{BackOff, Bounds};
use crate::landing::push::again;
use crate::landing::{Checkout, Scene, Tips};
use crate::ops::world::{Branches, Reading, Where, World};
use crate::snapshot::{CommitView, Snapshot};

/// Where a cached repository keeps the tips that were seen last.
const KEPT: &str = "refs/rakops/kept/";

/// Where a change is to land.
pub(crate) struct Place<'a> {
    /// The directory that the command was told to work in.
    pub(crate) at: &'a Where,
    /// `--repo`: a remote repository, without a checkout.
    pub(crate) repo: Option<RemoteUrl>,
    /// The directory that cached repositories are kept in.
    pub(crate) cache: PathBuf,
    /// The directory that histories of checkouts are kept in, where a checkout lacks them.
    pub(crate) histories: PathBuf,
    /// `--remote`.
    pub(crate) remote: &'a str,
    /// Whether the user's pre-push hook runs.
    pub(crate) pre_push: PrePush,
    /// Finds a token for git, where it has none itself.
    pub(crate) token: &'a dyn Fn(&Git, &RemoteUrl) -> Option<GitToken>,
    /// How git is run.
    pub(crate) manner: Manner,
    /// How often and how long a remote is asked for the first look at it.
    pub(crate) bounds: Bounds,
    /// Who listens.
    pub(crate) progress: &'a dyn Progress,
    /// Sets this run apart from others in the same checkout.
    pub(crate) run: String,
}

/// The repository that a change lands in.
pub(crate) struct Ground {
    /// The program, where the user's configuration applies.
    pub(crate) git: Git,
    /// The objects.
    pub(crate) repository: Rc<Repository>,
    /// Where to read from and push to; none where there is none and none is needed.
    pub(crate) remote: Option<Remote>,
    /// The first look: the work tree, or the remote's default branch.
    pub(crate) look: World,
    /// Whether the server left files out that were not asked for; none for a checkout.
    pub(crate) filtered: Option<Filtered>,
    prefix: String,
    config: Option<PathBuf>,
    seat: Seat,
}

enum Seat {
    /// Where it is, private references of this run (`refs/rakops/RUN/`), and where its older history is kept.
    Checkout {
        root: PathBuf,
        references: String,
        histories: PathBuf,
        /// Others leave its references alone as long as it is there.
        _alive: Option<Alive>,
    },
    /// The default branch of the remote, and every branch there.
    Cache {
        cache: Box<Mutex<Cache>>,
        default: BranchName,
        all: Vec<String>,
        names: Rc<Names>,
        /// The default branch as it was first seen, until it is asked for.
        first: Cell<Option<(BranchName, Oid)>>,
    },
}

impl Ground {
    /// Opens the repository, and looks at it for the first time.
    ///
    /// # Errors
    /// [`Kind::NotFound`] where there is no repository or no remote of that name; what the remote says.
    pub(crate) fn open(place: &Place<'_>, how: Option<&How>) -> Result<Ground, Error> {
        // Before anything else: an old git fails late, and in words of its own.
        let outside = Git::new(&place.at.directory, place.manner.clone());
        let Some(url) = &place.repo else {
            return Ground::checkout(place, &outside, how);
        };
        outside.check_version()?;
        Ground::cached(place, url)
    }

    fn checkout(place: &Place<'_>, outside: &Git, how: Option<&How>) -> Result<Ground, Error> {
        let root = open::find_root(&place.at.directory);
        let git = root.as_deref().map(|root| outside.at(root));
        let mut look = outside.check_version_while(git.as_ref(), || World::look(place.at))??;
        let (Some(root), Some(git)) = (root, git) else {
            return Err(no_work_tree(&place.at.directory));
        };
        let repository = Repository::open_with(&root, &git)?;
        if look.branches == Branches::default() {
            // What libgit2 cannot open, git can: then nothing is amiss.
            look.branches = Branches {
                checked_out: repository.checked_out(),
                all: repository.branches(),
                default: repository.default_branch(),
            };
            look.warnings.retain(|warning| warning.kind != Kind::Files);
        }
        let remote = match (Remote::named(&git, place.remote), how) {
            (Ok(mut remote), _) => {
                remote.pre_push = place.pre_push;
                remote.token = (place.token)(&git, remote.url());
                Some(remote)
            }
            (Err(_), None | Some(How::Commit)) => None,
            (Err(error), Some(_)) => return Err(error),
        };
        let prefix = prefix_of(&root, &place.at.directory);
        let alive = repository.begin_run();
        Ok(Ground {
            git,
            repository: Rc::new(repository),
            remote,
            look,
            filtered: None,
            prefix,
            config: place.at.config.clone(),
            seat: Seat::Checkout {
                root,
                references: format!("refs/rakops/{}/", place.run),
                histories: place.histories.clone(),
                _alive: alive,
            },
        })
    }

    fn cached(place: &Place<'_>, url: &RemoteUrl) -> Result<Ground, Error> {
        let url = &url.seen_from(&place.at.directory)?;
        // A header of the checkout that this was started in is none of the cache.
        let outside = place.cache.ancestors().find(|path| path.is_dir());
        let outside = Git::new(outside.unwrap_or(&place.cache), place.manner.clone());
        let token = (place.token)(&outside, url);
        let mut cache = Cache::open(&place.cache, url, place.manner.clone(), token)?;
        let mut back_off = BackOff::new(place.bounds);
        let mut refreshed = loop {
            match cache.refresh(&[], KEPT) {
                Ok(refreshed) => break refreshed,
                Err(error) => again(place.progress, &mut back_off, error)?,
            }
        };
        if refreshed.branches.is_empty()
            && let Some(likely) = likely_default(&refreshed.all)
        {
            let all = std::mem::take(&mut refreshed.all);
            refreshed = cache.refresh(&[likely], KEPT)?;
            refreshed.all = all;
        }
        let Some((default, tip)) = refreshed.branches.first_key_value() else {
            return Err(no_first_look(url, &refreshed.all));
        };
        let (default, tip) = (default.clone(), tip.clone());
        let all: Vec<String> = refreshed.all.iter().map(|branch| branch.as_str().to_owned()).collect();
        let repository = Rc::new(cache.repository.sibling()?);
        let git = cache.git.clone();
        let mut remote = cache.remote.clone();
        remote.pre_push = place.pre_push;
        let view = Snapshot::of_commit(CommitView {
            repository: repository.sibling()?,
            commit: tip.clone(),
            promised_by: Some((git.clone(), remote.clone())),
        })?;
        let branches = Branches {
            checked_out: Some(default.as_str().to_owned()),
            all: all.clone(),
            default: Some(default.as_str().to_owned()),
        };
        let mut look = World::of_commit(view, branches, ("", place.at.config.as_deref()))?;
        let names = Rc::new(Names::new(&repository, &git, cache.directory()));
        look.reading = Reading::Near(Rc::clone(&names));
        Ok(Ground {
            git,
            repository,
            remote: Some(remote),
            look,
            filtered: refreshed.filtered,
            prefix: String::new(),
            config: place.at.config.clone(),
            seat: Seat::Cache {
                cache: Box::new(Mutex::new(cache)),
                default: default.clone(),
                all,
                names,
                first: Cell::new(Some((default, tip))),
            },
        })
    }

    /// Calls `land` with everything that landing needs, and takes away what this run has left in the repository.
    pub(super) fn scene<T>(
        &self,
        order: &Order<'_>,
        land: &dyn Fn(&Scene<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let view = |commit: &Oid| self.view(commit);
        let fetch = |branches: &[BranchName]| {
            order.progress.doing("fetching");
            self.fetch(branches)
        };
        let between = |lane: &Lane, base: &Oid| self.between(lane, base);
        let outcome = land(&Scene {
            repository: &self.repository,
            git: &self.git,
            remote: self.remote.as_ref(),
            view: &view,
            fetch: &fetch,
            between: &between,
            checkout: match self.seat {
                Seat::Checkout { .. } => Checkout::Users,
                Seat::Cache { .. } => Checkout::Cache,
            },
            authorship: order.authorship.clone(),
            bounds: order.bounds,
            progress: order.progress,
        });
        self.clear();
        outcome
    }

    /// Looks at the files of a commit, or of a tree.
    ///
    /// # Errors
    /// [`Kind::Files`] if it is not here.
    pub(crate) fn view(&self, commit: &Oid) -> Result<Snapshot, Error> {
        Snapshot::of_commit(CommitView {
            repository: self.repository.sibling()?,
            commit: commit.clone(),
            promised_by: self.remote.clone().map(|remote| (self.git.clone(), remote)),
        })
    }

    fn remote(&self) -> Result<&Remote, Error> {
        self.remote
            .as_ref()
            .ok_or_else(|| Error::new(Kind::NotFound, "no-remote", "there is no remote here"))
    }

    /// Reads tips from the remote. A branch that is not there is left out.
    fn fetch(&self, branches: &[BranchName]) -> Result<Tips, Error> {
        match &self.seat {
            Seat::Cache { cache, first, .. } => {
                let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
                // What the first look has just read is good for one attempt.
                if let ([only], Some((branch, tip))) = (branches, first.take())
                    && *only == branch
                {
                    return Ok(Tips::from([(branch, tip)]));
                }
                Ok(cache.refresh(branches, KEPT)?.branches)
            }
            Seat::Checkout { references, .. } => {
                let remote = self.remote()?;
                let is_known = |branch: &BranchName| {
                    let name = remote.name().unwrap_or("origin");
                    self.repository
                        .tip(&format!("refs/remotes/{name}/{branch}"))
                        .is_ok_and(|tip| tip.is_some())
                };
                // A branch that a shallow clone has never seen would come with all of its history.
                let (known, new): (Vec<BranchName>, Vec<BranchName>) = branches
                    .iter()
                    .cloned()
                    .partition(|branch| !self.repository.is_shallow() || is_known(branch));
                let mut tips = Tips::new();
                for (some, depth) in [(known, Depth::Full), (new, Depth::One(Blobs::All))] {
                    if !some.is_empty() {
                        tips.extend(remote.fetch(&self.git, &some, (references, depth))?);
                    }
                }
                Ok(tips)
            }
        }
    }

    /// Looks at a commit as it is, with no branch checked out.
    ///
    /// # Errors
    /// [`Kind::Config`] with line and column; [`Kind::Files`] if the commit is not here.
    pub(crate) fn world_at(&self, commit: &Oid) -> Result<World, Error> {
        let branches = Branches {
            checked_out: None,
            all: match &self.seat {
                Seat::Checkout { .. } => self.look.branches.all.clone(),
                Seat::Cache { all, .. } => all.clone(),
            },
            default: self.look.branches.default.clone(),
        };
        World::of_commit(self.view(commit)?, branches, (&self.prefix, self.config.as_deref()))
    }

    /// The path of the repository at its host, such as `acme/manifests`; none where no remote is known. Of a remote that is a
    /// directory, the last two names stand for it.
    pub(crate) fn own(&self) -> Option<String> {
        let url = self.remote.as_ref()?.url();
        let path = url.repository();
        if url.scheme() != Scheme::File {
            return Some(path.to_owned());
        }
        let mut names = path.rsplitn(3, '/');
        match (names.next(), names.next()) {
            (Some(last), Some(before)) => Some(format!("{before}/{last}")),
            _ => Some(path.to_owned()),
        }
    }

    /// Reads the branch of a pull request, and the commits on it that its base does not have.
    fn between(&self, lane: &Lane, base: &Oid) -> Result<Option<(Oid, Vec<Commit>)>, Error> {
        let tips = self.fetch(std::slice::from_ref(&lane.head))?;
        let Some(head) = tips.get(&lane.head).cloned() else {
            return Ok(None);
        };
        if self.repository.is_shallow() {
            let _held = match &self.seat {
                Seat::Cache { cache, .. } => Some(cache.lock().unwrap_or_else(PoisonError::into_inner).hold()?),
                Seat::Checkout { .. } => None,
            };
            self.remote()?.fetch_since(&self.git, &lane.head, &lane.base)?;
        }
        let commits = self.repository.between(&self.git, base, &head)?;
        Ok(Some((head, commits)))
    }

    /// Fetches more of the history behind a tip into the cache, as commits without trees; returns whether there is a cache. A
    /// checkout is left as it is: with a filter git would make a partial clone of it.
    pub(crate) fn deepen(&self, branch: &BranchName, by: Option<u32>) -> Result<bool, Error> {
        let (Some(remote), Seat::Cache { cache, .. }) = (&self.remote, &self.seat) else {
            return Ok(false);
        };
        let _held = cache.lock().unwrap_or_else(PoisonError::into_inner).hold()?;
        remote.deepen(
            &self.git,
            &Deepen {
                branches: std::slice::from_ref(branch),
                into: KEPT,
                by,
                content: Content::CommitsOnly,
            },
        )?;
        Ok(true)
    }

    /// Whether there is no checkout: what is here was fetched for the occasion.
    pub(crate) fn is_remote_only(&self) -> bool {
        matches!(self.seat, Seat::Cache { .. })
    }

    /// The user's checkout, and where its older history is kept; none without a checkout.
    pub(super) fn checkout_and_histories(&self) -> Option<(&Path, &Path)> {
        match &self.seat {
            Seat::Checkout { root, histories, .. } => Some((root, histories)),
            Seat::Cache { .. } => None,
        }
    }

    /// Takes away what this run leaves in the checkout, for whoever ends the program on a signal.
    pub(crate) fn sweeper(&self) -> Box<dyn Fn() + Send> {
        let place = match &self.seat {
            Seat::Checkout { root, references, .. } => Some((root.clone(), references.clone())),
            Seat::Cache { .. } => None,
        };
        Box::new(move || {
            if let Some((root, references)) = &place
                && let Ok(repository) = Repository::open(root)
            {
                repository.delete_below(references);
            }
        })
    }

    /// Deletes the references of this run.
    fn clear(&self) {
        if let Seat::Checkout { references, .. } = &self.seat {
            self.repository.delete_below(references);
        }
    }

    /// Looks at a commit as a repository of its own, with `branch` checked out.
    ///
    /// # Errors
    /// [`Kind::Config`] with line and column.
    pub(crate) fn world_of(&self, view: &Snapshot, branch: &BranchName) -> Result<World, Error> {
        let all = match &self.seat {
            Seat::Checkout { .. } => self.look.branches.all.clone(),
            Seat::Cache { all, .. } => all.clone(),
        };
        let branches = Branches {
            checked_out: Some(branch.as_str().to_owned()),
            all,
            default: self.look.branches.default.clone(),
        };
        let mut world = World::of_commit(view.clone(), branches, (&self.prefix, self.config.as_deref()))?;
        if let Seat::Cache { names, .. } = &self.seat {
            world.reading = Reading::Near(Rc::clone(names));
        }
        Ok(world)
    }

    /// Says that a revision is not there, and which branch may have been meant: `mian~2` for `main~2`.
    pub(crate) fn no_revision(&self, typed: &str) -> Error {
        let message = format!("there is no revision `{typed}`");
        let error = Error::new(Kind::NotFound, "revision-not-found", message);
        let (base, steps) = typed.split_at(typed.find(['~', '^']).unwrap_or(typed.len()));
        let short = |base: &str| base.strip_prefix("origin/").unwrap_or(base).to_owned();
        let near = match Hint::nearest(&short(base), &self.look.branches.all) {
            Some(Hint::Nearest(names)) => names.into_iter().map(|name| format!("{name}{steps}")).collect(),
            _ => return error,
        };
        error.hint(Hint::Nearest(near))
    }

    /// The configuration at the tip of a branch.
    ///
    /// # Errors
    /// As fetching and reading it.
    pub(crate) fn config_of(&self, order: &Order<'_>, branch: &BranchName) -> Result<Config, Error> {
        self.scene(order, &|scene| {
            let tips = self.tips(scene, order, std::slice::from_ref(branch))?;
            let tip = crate::landing::push::tip_of((&tips, &self.repository), branch)?;
            Ok(self.world_of(&(scene.view)(tip)?, branch)?.loaded.config)
        })
    }
}

/// What stands in for a default branch where `HEAD` of the remote names one that is not there: its name is that of the day
/// the repository was made.
fn likely_default(all: &[BranchName]) -> Option<BranchName> {
    let usual: Vec<&BranchName> = all
        .iter()
        .filter(|branch| matches!(branch.as_str(), "main" | "master"))
        .collect();
    match (usual.as_slice(), all) {
        ([only], _) => Some((*only).clone()),
        ([], [only]) => Some(only.clone()),
        _ => None,
    }
}

fn no_first_look(url: &RemoteUrl, all: &[BranchName]) -> Error {
    if all.is_empty() {
        let message = format!("`{}` has no branch yet", url.shown());
        let hint = Hint::Say("push a first commit to it, such as with `git push URL main`".into());
        return Error::new(Kind::NotFound, "remote-empty", message).hint(hint);
    }
    let message = format!("`HEAD` of `{}` names a branch that is not there", url.shown());
    let names = all.iter().take(12).map(|branch| branch.as_str().to_owned());
    Error::new(Kind::NotFound, "no-default-branch", message)
        .hint(Hint::Found(names.collect()))
        .hint(Hint::Say(
            "set the default branch at the forge, or by `git symbolic-ref HEAD refs/heads/BRANCH` there".into(),
        ))
}

/// The complaint about a directory that no work tree holds.
fn no_work_tree(directory: &Path) -> Error {
    let shown = directory.display();
    let error = |what: String| Error::new(Kind::NotFound, "no-repository", what);
    match directory.join("HEAD").is_file() && directory.join("objects").is_dir() {
        true => error(format!(
            "`{shown}` is a bare repository, with no work tree to land from"
        ))
        .hint(Hint::Flag(
            format!("--repo {shown}"),
            "works on it as on a remote one".into(),
        )),
        false => error(format!("`{shown}` lies in no git repository"))
            .hint(Hint::Flag(
                "--repo URL".into(),
                "works on a remote one, with no checkout".into(),
            ))
            .hint(Hint::Say(
                "`bump` and `yaml` edit files as they are where nothing has to land in git".into(),
            )),
    }
}

/// The directory below the root, with `/` between names.
fn prefix_of(root: &Path, directory: &Path) -> String {
    let inside = directory.strip_prefix(root).unwrap_or(Path::new(""));
    inside.to_string_lossy().replace('\\', "/")
}
