use std::path::PathBuf;
use std::thread;

use super::bench::{Bench, branch};
use crate::error::Kind;
use crate::git::answers::Push;
use crate::git::cache::{Cache, Filtered};
use crate::git::history::End;
use crate::git::names::RemoteUrl;
use crate::git::refs::Expect;
use crate::git::remote::{Content, Deepen, Update};
use std::ops::ControlFlow;

const INTO: &str = "refs/rakops/1/";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1"), ("dir/b", "1"), ("dir/c", "2")]);
    bench.commit("r", "second");
    bench.run("r", "branch prod");
    bench.bare("bare", "r");
    bench
}

fn open(bench: &Bench) -> Cache {
    let url = format!("file://{}", bench.path("bare").display());
    Cache::open(
        &bench.path("cache"),
        &RemoteUrl::parse(&url).unwrap(),
        bench.manner(),
        None,
    )
    .unwrap()
}

/// The one repository in the cache.
fn directory(bench: &Bench) -> PathBuf {
    let mut entries = std::fs::read_dir(bench.path("cache"))
        .unwrap()
        .flatten()
        .map(|it| it.path());
    entries.find(|path| path.is_dir()).unwrap()
}

#[test]
fn a_cache_fetches_the_tip_without_files_and_nothing_when_it_is_warm() {
    let bench = bench();
    let mut cache = open(&bench);
    let first = cache.refresh(&[branch("main"), branch("none")], INTO).unwrap();
    assert_eq!(first.filtered, Some(Filtered::Yes));
    assert!(first.branches.contains_key(&branch("main")));
    assert_eq!(first.all, [branch("main"), branch("prod")]);
    let tip = bench.tip("bare", "main");
    assert_eq!(
        first.branches.into_iter().collect::<Vec<_>>(),
        [(branch("main"), tip.clone())]
    );
    assert_eq!(cache.repository.tip("refs/rakops/1/main").unwrap(), Some(tip.clone()));
    assert!(cache.repository.is_shallow());
    let tree = cache.repository.commit(&tip).unwrap().unwrap().tree;
    let id = cache.repository.entry(&tree, "dir/b").unwrap().unwrap().id;
    assert!(!cache.repository.has(&id));
    // Both the batch and a single read find the remote.
    cache
        .remote
        .fetch_blobs(&cache.git, &cache.repository, std::slice::from_ref(&id))
        .unwrap();
    assert!(cache.repository.has(&id));
    let other = cache.repository.entry(&tree, "dir/c").unwrap().unwrap().id;
    assert_eq!(cache.repository.blob(&other).unwrap(), b"2");
    let mut again = open(&bench);
    assert_eq!(again.refresh(&[], "refs/rakops/2/").unwrap().filtered, None);
    assert_eq!(again.repository.tip("refs/rakops/2/main").unwrap(), Some(tip));
    let config = std::fs::read_to_string(directory(&bench).join("config")).unwrap();
    assert!(!config.contains("file://"), "{config}");
}

#[test]
fn a_cache_is_pushed_from_and_sees_what_others_pushed() {
    let bench = bench();
    let mut cache = open(&bench);
    for round in 0..3 {
        let tip = cache.refresh(&[branch("main")], INTO).unwrap().branches[&branch("main")].clone();
        let new = bench.build(&cache.repository, &tip, &[("dir/b", &format!("{round}"))]);
        let update = Update {
            branch: branch("main"),
            new: Some(new.clone()),
            expect: Expect::Tip(tip),
        };
        let pushed = cache.remote.push(&cache.git, &[update]).unwrap();
        assert!(matches!(pushed, Push::Landed { .. }), "{pushed:?}");
        bench.run("r", "fetch --quiet ../bare main");
        bench.run("r", "reset --quiet --hard FETCH_HEAD");
        bench.commit("r", &format!("by another {round}"));
        bench.run("r", "push --quiet ../bare main");
    }
    bench.fsck("bare");
}

#[test]
fn first_uses_at_once_make_one_cache() {
    let bench = bench();
    let tip = bench.tip("bare", "main");
    thread::scope(|scope| {
        for run in 0..8 {
            let (bench, tip) = (&bench, &tip);
            scope.spawn(move || {
                let mut cache = open(bench);
                let got = cache
                    .refresh(&[branch("main")], &format!("refs/rakops/{run}/"))
                    .unwrap();
                assert_eq!(&got.branches[&branch("main")], tip);
            });
        }
    });
    let made = std::fs::read_dir(bench.path("cache")).unwrap().count();
    assert_eq!(made, 2, "one repository and its lock");
}

#[test]
fn a_broken_cache_is_made_anew() {
    let bench = bench();
    open(&bench).refresh(&[], INTO).unwrap();
    std::fs::remove_file(directory(&bench).join("HEAD")).unwrap();
    let mut cache = open(&bench);
    assert_eq!(cache.refresh(&[], INTO).unwrap().filtered, Some(Filtered::Yes));
}

#[test]
fn what_a_killed_run_has_left_is_no_hindrance_and_many_packs_become_few() {
    let bench = bench();
    open(&bench).refresh(&[branch("prod")], INTO).unwrap();
    bench.write(
        &format!(
            "cache/{}/shallow.lock",
            directory(&bench).file_name().unwrap().to_string_lossy()
        ),
        "",
    );
    let pack = directory(&bench).join("objects/pack");
    for n in 0..320 {
        let name = pack.strip_prefix(bench.path("")).unwrap().join(format!("x{n}"));
        bench.write(&name.to_string_lossy(), "");
    }
    bench.commit("r", "third");
    bench.run("r", "push --quiet ../bare main");
    let mut cache = open(&bench);
    let got = cache.refresh(&[branch("main")], INTO).unwrap();
    assert_eq!(got.branches[&branch("main")], bench.tip("bare", "main"));
    let tree = cache
        .repository
        .commit(&got.branches[&branch("main")])
        .unwrap()
        .unwrap()
        .tree;
    let id = cache.repository.entry(&tree, "a").unwrap().unwrap().id;
    assert_eq!(cache.repository.blob(&id).unwrap(), b"1");
}

#[test]
fn a_server_that_cannot_filter_sends_everything_and_it_is_told() {
    let bench = bench();
    bench.run("bare", "config uploadpack.allowFilter false");
    let mut cache = open(&bench);
    let got = cache.refresh(&[], INTO).unwrap();
    assert_eq!(got.filtered, Some(Filtered::No));
    let tree = cache
        .repository
        .commit(&got.branches[&branch("main")])
        .unwrap()
        .unwrap()
        .tree;
    let id = cache.repository.entry(&tree, "dir/b").unwrap().unwrap().id;
    assert!(cache.repository.has(&id));
}

#[test]
fn a_remote_of_sha256_has_a_cache_of_sha256() {
    let bench = Bench::new();
    bench.repository_of("r", &[("a", "1")], "--object-format=sha256");
    bench.bare("bare", "r");
    let mut cache = open(&bench);
    let got = cache.refresh(&[], INTO).unwrap();
    let tip = &got.branches[&branch("main")];
    assert_eq!(tip.as_str().len(), 64);
    let tree = cache.repository.commit(tip).unwrap().unwrap().tree;
    let id = cache.repository.entry(&tree, "a").unwrap().unwrap().id;
    cache
        .remote
        .fetch_blobs(&cache.git, &cache.repository, std::slice::from_ref(&id))
        .unwrap();
    assert_eq!(cache.repository.blob(&id).unwrap(), b"1");
}

#[test]
fn older_commits_come_without_their_trees() {
    let bench = bench();
    for n in 0..4 {
        bench.write("r/a", format!("n {n}"));
        bench.commit("r", &format!("n {n}"));
    }
    bench.run("r", "push --quiet ../bare main");
    let mut cache = open(&bench);
    let tip = cache.refresh(&[], INTO).unwrap().branches[&branch("main")].clone();
    let deepen = |by| {
        let _held = cache.hold().unwrap();
        let more = Deepen {
            branches: &[branch("main")],
            into: INTO,
            by,
            content: Content::CommitsOnly,
        };
        cache.remote.deepen(&cache.git, &more).unwrap();
    };
    let count = || {
        let mut ids = Vec::new();
        let end = cache.repository.history(&tip, &mut |commit, _| {
            ids.push(commit.tree.clone());
            ControlFlow::Continue(())
        });
        (ids, end.unwrap())
    };
    deepen(Some(2));
    let (trees, end) = count();
    assert_eq!((trees.len(), end), (3, End::Shallow));
    assert!(cache.repository.has(&trees[0]) && !cache.repository.has(&trees[1]));
    deepen(None);
    assert_eq!((count().0.len(), count().1), (6, End::Complete));
}

#[test]
fn a_remote_that_is_not_there_is_told() {
    let bench = Bench::new();
    let mut cache = open(&bench);
    assert_eq!(cache.refresh(&[], INTO).unwrap_err().kind, Kind::NotFound);
}
