use std::sync::atomic::{AtomicUsize, Ordering};

use super::commit::CommitView;
use super::{Snapshot, Walk};
use crate::error::Kind;
use crate::git::remote::Remote;
use crate::git::tests::bench::{Bench, WAYS, Way};

fn view(bench: &Bench, name: &str, way: Way) -> Snapshot {
    let repository = bench.open(name, way);
    let commit = repository.tip("HEAD").unwrap().unwrap();
    Snapshot::of_commit(CommitView {
        repository,
        commit,
        promised_by: None,
    })
    .unwrap()
}

fn paths(snapshot: &Snapshot, below: &[&str]) -> (Vec<String>, Vec<String>) {
    let below: Vec<String> = below.iter().map(|path| (*path).to_owned()).collect();
    let read = AtomicUsize::new(0);
    let walk = Walk {
        below: &below,
        wanted: &|path| !path.ends_with(".txt"),
        on_read: &|| {
            read.fetch_add(1, Ordering::Relaxed);
        },
    };
    let walked = snapshot.walk(&walk, &|path, bytes| {
        // The view can be asked while it is walked.
        assert!(snapshot.has_file(path));
        Some(String::from_utf8(std::mem::take(bytes)).unwrap())
    });
    assert_eq!(read.load(Ordering::Relaxed), walked.found.len());
    (
        walked
            .found
            .into_iter()
            .map(|(path, text)| format!("{path}={text}"))
            .collect(),
        walked.unreadable.into_iter().map(|(path, _)| path).collect(),
    )
}

fn repository(bench: &Bench) {
    bench.repository(
        "r",
        &[
            ("a.yaml", "A"),
            ("d/b.yaml", "B"),
            ("d/e/c.yaml", "C"),
            ("d/no.txt", "no"),
            ("x/y", "Y"),
        ],
    );
    for (target, link) in [
        ("a.yaml", "link"),
        ("../a.yaml", "d/up"),
        ("d", "dir"),
        ("../../outside", "d/out"),
        ("/etc/passwd", "absolute"),
        ("loop", "loop"),
    ] {
        std::os::unix::fs::symlink(target, bench.path("r").join(link)).unwrap();
    }
    let tip = bench.commit("r", "links");
    bench.run("r", &format!("update-index --add --cacheinfo 160000,{tip},module"));
    bench.run("r", "commit --quiet -m module");
}

#[test]
fn a_walk_reads_files_of_a_commit_in_order_and_follows_nothing() {
    let bench = Bench::new();
    repository(&bench);
    for way in WAYS {
        let snapshot = view(&bench, "r", way);
        let all = ["a.yaml=A", "d/b.yaml=B", "d/e/c.yaml=C", "x/y=Y"];
        assert_eq!(
            paths(&snapshot, &[]),
            (all.map(str::to_owned).to_vec(), vec![]),
            "{way:?}"
        );
        assert_eq!(paths(&snapshot, &[""]).0, all);
        assert_eq!(paths(&snapshot, &["d/e", "d", "a.yaml"]).0, all[..3]);
        assert_eq!(paths(&snapshot, &["d/e/"]).0, all[2..3]);
        assert_eq!(
            paths(&snapshot, &["none", "link", "module"]),
            (vec![], vec!["none".to_owned()])
        );
    }
}

#[test]
fn a_path_is_read_through_links_inside_of_the_commit_only() {
    let bench = Bench::new();
    repository(&bench);
    for way in WAYS {
        let snapshot = view(&bench, "r", way);
        for (path, text) in [
            ("a.yaml", "A"),
            ("link", "A"),
            ("d/up", "A"),
            ("dir/b.yaml", "B"),
            ("dir/up", "A"),
            ("d/../a.yaml", "A"),
        ] {
            assert!(snapshot.has_file(path), "{path}");
            assert_eq!(snapshot.read(path).unwrap(), text.as_bytes(), "{path}");
        }
        for path in [
            "none",
            "d",
            "d/out",
            "absolute",
            "loop",
            "module",
            "a.yaml/x",
            "../r/a.yaml",
        ] {
            assert!(!snapshot.has_file(path), "{path}");
            assert_eq!(snapshot.read(path).unwrap_err().kind, Kind::NotFound, "{path}");
        }
        assert!(snapshot.has_directory("d") && snapshot.has_directory("dir") && snapshot.has_directory(""));
        assert!(!snapshot.has_directory("a.yaml") && !snapshot.has_directory("module"));
        assert!(snapshot.commit().is_some());
    }
}

#[test]
fn many_files_are_read_from_several_threads() {
    let bench = Bench::new();
    let files: Vec<(String, String)> = (0..300)
        .map(|n| (format!("d{}/f{n:03}", n % 10), n.to_string()))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    bench.repository("r", &files);
    for way in WAYS {
        let (found, unreadable) = paths(&view(&bench, "r", way), &[]);
        assert_eq!((found.len(), unreadable.len()), (300, 0), "{way:?}");
        assert!(found.is_sorted());
        assert_eq!(found[299], "d9/f299=299");
    }
}

#[test]
fn promised_files_come_in_one_batch_and_only_those_that_are_wanted() {
    let bench = Bench::new();
    bench.repository("r", &[("d/a", "1"), ("d/b", "2"), ("d/c.txt", "3"), ("e/x", "4")]);
    bench.bare("bare", "r");
    for way in WAYS {
        let name = format!("partial{}", way as usize);
        let git = bench.clone_of("bare", &name, "--filter=blob:none --no-checkout");
        let remote = Remote::named(&git, "origin").unwrap();
        let repository = bench.open(&name, way);
        let commit = repository.tip("HEAD").unwrap().unwrap();
        let promised_by = Some((git, remote));
        let snapshot = Snapshot::of_commit(CommitView {
            repository,
            commit,
            promised_by,
        })
        .unwrap();
        let packs = || {
            std::fs::read_dir(bench.path(&name).join(".git/objects/pack"))
                .unwrap()
                .flatten()
                .filter(|it| it.path().extension().is_some_and(|it| it == "promisor"))
                .count()
        };
        let before = packs();
        assert_eq!(paths(&snapshot, &["d"]).0, ["d/a=1", "d/b=2"], "{way:?}");
        assert_eq!(packs(), before + 1);
        assert_eq!(snapshot.read("e/x").unwrap(), b"4");
        assert_eq!(packs(), before + 2);
    }
}
