use std::thread;
use std::time::Duration;

use super::bench::{Bench, WAYS, branch, plain};
use crate::error::Kind;
use crate::git::answers::Push;
use crate::git::history::End;
use crate::git::names::{Oid, RemoteUrl};
use crate::git::open::Repository;
use crate::git::program::Git;
use crate::git::refs::Expect;
use crate::git::remote::{Blobs, Content, Deepen, Depth, PrePush, Remote, Update};
use std::ops::ControlFlow;

const INTO: &str = "refs/rakops/1/";

/// `bare` with `main` and `prod`, and `c`, a clone of it.
fn bench() -> (Bench, Git, Remote) {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1"), ("dir/b", "1")]);
    bench.run("r", "branch prod");
    bench.bare("bare", "r");
    let git = bench.clone_of("bare", "c", "");
    let remote = Remote::named(&git, "origin").unwrap();
    (bench, git, remote)
}

fn update(name: &str, new: &Oid, old: &Oid) -> Update {
    Update {
        branch: branch(name),
        new: Some(new.clone()),
        expect: Expect::Tip(old.clone()),
    }
}

#[test]
fn tips_are_those_of_the_remote() {
    let (bench, git, remote) = bench();
    let tips = remote.tips(&git).unwrap();
    assert_eq!(tips.default, Some(branch("main")));
    assert_eq!(tips.branches.len(), 2);
    assert_eq!(tips.branches[&branch("prod")], bench.tip("bare", "prod"));
}

#[test]
fn a_fetch_touches_nothing_but_its_own_references() {
    let (bench, git, remote) = bench();
    let new = bench.commit("r", "second");
    bench.run("r", "tag v1");
    let bare = bench.path("bare").to_string_lossy().into_owned();
    bench.run("r", &format!("push --quiet --tags {bare} main"));
    let before = bench.run("c", "for-each-ref");
    let fetched = remote
        .fetch(
            &git,
            &[branch("none"), branch("main"), branch("nor/this")],
            (INTO, Depth::Full),
        )
        .unwrap();
    assert_eq!(fetched.into_iter().collect::<Vec<_>>(), [(branch("main"), new.clone())]);
    assert_eq!(bench.tip("c", "refs/rakops/1/main"), new);
    bench.run("c", "update-ref -d refs/rakops/1/main");
    assert_eq!(bench.run("c", "for-each-ref"), before);
    assert!(!bench.path("c/.git/FETCH_HEAD").exists());
}

#[test]
fn what_was_built_is_pushed_by_its_id_and_only_from_where_it_was_read() {
    let (bench, git, remote) = bench();
    for way in WAYS {
        let repository = bench.open("c", way);
        let old = remote.fetch(&git, &[branch("main")], (INTO, Depth::Full)).unwrap()[&branch("main")].clone();
        let new = bench.build(&repository, &old, &[("dir/b", &format!("{way:?}"))]);
        let pushed = remote.push(&git, &[update("main", &new, &old)]).unwrap();
        assert!(matches!(pushed, Push::Landed { .. }), "{pushed:?}");
        assert_eq!(bench.tip("bare", "main"), new);
        let other = bench.build(&repository, &old, &[("a", "other")]);
        let pushed = remote.push(&git, &[update("main", &other, &old)]).unwrap();
        assert!(
            matches!(&pushed, Push::Moved { wording } if wording.contains("stale info")),
            "{pushed:?}"
        );
        assert_eq!(bench.tip("bare", "main"), new);
    }
    bench.fsck("bare");
}

#[test]
fn a_new_branch_is_pushed_only_if_there_is_none_and_one_is_removed_only_from_its_tip() {
    let (bench, git, remote) = bench();
    let repository = bench.open("c", WAYS[0]);
    let tip = bench.tip("c", "HEAD");
    let new = bench.build(&repository, &tip, &[("a", "2")]);
    let create = |id: &Oid| Update {
        branch: branch("pr/1"),
        new: Some(id.clone()),
        expect: Expect::Absent,
    };
    assert!(matches!(
        remote.push(&git, &[create(&new)]).unwrap(),
        Push::Landed { .. }
    ));
    assert!(matches!(
        remote.push(&git, &[create(&tip)]).unwrap(),
        Push::Moved { .. }
    ));
    let delete = |old: &Oid| Update {
        branch: branch("pr/1"),
        new: None,
        expect: Expect::Tip(old.clone()),
    };
    assert!(matches!(
        remote.push(&git, &[delete(&tip)]).unwrap(),
        Push::Moved { .. }
    ));
    assert!(matches!(
        remote.push(&git, &[delete(&new)]).unwrap(),
        Push::Landed { .. }
    ));
    assert!(!bench.run("bare", "for-each-ref").contains("pr/1"));
    let clash = Update {
        branch: branch("main/x"),
        new: Some(new),
        expect: Expect::Absent,
    };
    match remote.push(&git, &[clash]).unwrap() {
        Push::Refused(error) => assert_eq!(error.code, "branch-clash", "{error:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn several_branches_land_all_or_none() {
    let (bench, git, remote) = bench();
    let repository = bench.open("c", WAYS[0]);
    let tip = bench.tip("c", "HEAD");
    let new = bench.build(&repository, &tip, &[("a", "2")]);
    let both = |second: &Oid| [update("main", &new, &tip), update("prod", &new, second)];
    let pushed = remote.push(&git, &both(&new)).unwrap();
    assert!(matches!(pushed, Push::Moved { .. }), "{pushed:?}");
    assert_eq!(
        (bench.tip("bare", "main"), bench.tip("bare", "prod")),
        (tip.clone(), tip.clone())
    );
    assert!(matches!(remote.push(&git, &both(&tip)).unwrap(), Push::Landed { .. }));
    assert_eq!(
        (bench.tip("bare", "main"), bench.tip("bare", "prod")),
        (new.clone(), new)
    );
}

#[test]
fn refusals_of_hooks_locks_and_checked_out_branches_are_told_apart() {
    let (bench, git, remote) = bench();
    let repository = bench.open("c", WAYS[0]);
    let tip = bench.tip("c", "HEAD");
    let new = bench.build(&repository, &tip, &[("a", "2")]);
    let push = |remote: &Remote| remote.push(&git, &[update("main", &new, &tip)]).unwrap();
    let refused = |push: Push| match push {
        Push::Refused(error) => error,
        other => panic!("{other:?}"),
    };
    for hook in ["pre-receive", "update"] {
        let path = bench.script(&format!("bare/hooks/{hook}"), "echo ask Ann first >&2; exit 1");
        let error = refused(push(&remote));
        assert_eq!((error.kind, error.code), (Kind::Refused, "push-refused"));
        assert!(
            error.causes.iter().any(|cause| cause.contains("ask Ann first")),
            "{error:?}"
        );
        std::fs::remove_file(path).unwrap();
    }
    let hook = bench.script("c/.git/hooks/pre-push", "echo not on Fridays >&2; exit 1");
    let error = refused(push(&remote));
    assert!(error.causes[0].contains("not on Fridays"), "{error:?}");
    bench.write("bare/refs/heads/main.lock", "");
    let mut skipping = remote.clone();
    skipping.pre_push = PrePush::Skip;
    let pushed = push(&skipping);
    assert!(matches!(pushed, Push::Moved { .. }), "{pushed:?}");
    std::fs::remove_file(bench.path("bare/refs/heads/main.lock")).unwrap();
    std::fs::remove_file(hook).unwrap();
    bench.run("r", "remote add bare ../bare");
    bench.run("c", "remote add checked-out ../r");
    let error = refused(push(&Remote::named(&bench.git("c"), "checked-out").unwrap()));
    assert!(error.causes[0].contains("checked out"), "{error:?}");
    bench.run("bare", "config receive.denyNonFastForwards true");
    let rebuilt = bench.build(&repository, &tip, &[("a", "3")]);
    assert!(matches!(push(&remote), Push::Landed { .. }));
    match remote.push(&git, &[update("main", &rebuilt, &new)]).unwrap() {
        Push::Unclear { otherwise, .. } => assert_eq!(otherwise.kind, Kind::Refused),
        other => panic!("{other:?}"),
    }
}

#[test]
fn remotes_that_are_not_there_are_told_with_those_that_are() {
    let (bench, git, _) = bench();
    let error = Remote::named(&git, "upstream").unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::NotFound, "no-remote"));
    assert!(format!("{:?}", error.hints).contains("origin"));
    let gone = Remote::at(RemoteUrl::parse(&bench.path("gone").to_string_lossy()).unwrap());
    assert_eq!(gone.tips(&git).unwrap_err().code, "remote-not-found");
    let down = Remote::at(RemoteUrl::parse("http://127.0.0.1:9/x.git").unwrap());
    assert_eq!(down.tips(&git).unwrap_err().code, "remote-unreachable");
    let tip = bench.tip("c", "HEAD");
    assert!(matches!(
        down.push(&git, &[update("main", &tip, &tip)]).unwrap(),
        Push::NetworkDown(_)
    ));
    let down = Remote::at(RemoteUrl::parse("git://127.0.0.1:9/x.git").unwrap());
    assert_eq!(
        down.fetch(&git, &[branch("main")], (INTO, Depth::Full))
            .unwrap_err()
            .code,
        "remote-unreachable"
    );
}

#[test]
fn addresses_are_rewritten_as_git_does_and_secrets_stay_out_of_arguments() {
    let (bench, git, _) = bench();
    let bare = bench.path("bare").to_string_lossy().into_owned();
    bench.run("c", &format!("config url.{bare}.pushInsteadOf https://example.com/m"));
    bench.run("c", "remote add web https://example.com/m");
    let git = git.at(&bench.path("c"));
    let web = Remote::named(&git, "web").unwrap();
    assert_eq!(web.url().written(), bare);
    assert_eq!(web.fetch_url().written(), "https://example.com/m");
    let recorder = bench.script("recorder", "echo \"$@\"; env | grep GIT_CONFIG | sort");
    let mut by_address = Remote::at(RemoteUrl::parse("https://me:pass-of-a-test@example.com/m").unwrap());
    by_address.token = Some(crate::git::credentials::GitToken {
        user: "x-access-token".into(),
        token: crate::text::secret::Secret::new("token-of-a-test"),
    });
    let git = git.with_program(&recorder).with_variables(vec![
        ("GIT_CONFIG_COUNT".into(), "1".into()),
        ("GIT_CONFIG_KEY_0".into(), "user.name".into()),
        ("GIT_CONFIG_VALUE_0".into(), "X".into()),
    ]);
    let done = git
        .run(&["ls-remote", "rakops"], None, &by_address.variables(&git))
        .unwrap()
        .text();
    let (args, variables) = done.split_once('\n').unwrap();
    assert_eq!(args, "ls-remote rakops");
    assert!(variables.contains("GIT_CONFIG_COUNT=4"), "{variables}");
    assert!(variables.contains("GIT_CONFIG_KEY_2=http.https://example.com/m.extraheader\n"));
    assert!(variables.contains("GIT_CONFIG_VALUE_2=\n"));
    assert!(variables.contains("GIT_CONFIG_VALUE_3=AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46dG9rZW4tb2YtYS10ZXN0"));
}

#[test]
fn a_shallow_clone_pushes_and_learns_more_when_it_is_deepened() {
    let (bench, _, _) = bench();
    for n in 0..5 {
        bench.commit("r", &format!("number {n}"));
    }
    let bare = bench.path("bare").to_string_lossy().into_owned();
    bench.run("r", &format!("push --quiet {bare} main"));
    let git = bench.clone_of("bare", "shallow", "--depth=1");
    let remote = Remote::named(&git, "origin").unwrap();
    let repository = bench.open("shallow", WAYS[0]);
    let tip = remote.fetch(&git, &[branch("main")], (INTO, Depth::Full)).unwrap()[&branch("main")].clone();
    let count = || {
        let mut count = 0;
        let end = repository.history(&tip, &mut |_, _| {
            count += 1;
            ControlFlow::Continue(())
        });
        (count, end.unwrap())
    };
    assert_eq!(count(), (1, End::Shallow));
    let deepen = |by| {
        let more = Deepen {
            branches: &[branch("main")],
            into: INTO,
            by,
            content: Content::Usual,
        };
        remote.deepen(&git, &more).unwrap();
    };
    deepen(Some(2));
    assert_eq!(count(), (3, End::Shallow));
    let new = bench.build(&repository, &tip, &[("a", "2")]);
    assert!(matches!(
        remote.push(&git, &[update("main", &new, &tip)]).unwrap(),
        Push::Landed { .. }
    ));
    deepen(None);
    assert_eq!(count(), (6, End::Complete));
    deepen(None);
    bench.fsck("bare");
}

#[test]
fn promised_files_are_fetched_at_once_and_a_single_one_when_it_is_read() {
    let bench = Bench::new();
    let files: Vec<(String, String)> = (0..40).map(|n| (format!("d{n}/f"), format!("{n}\n"))).collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    bench.repository("r", &files);
    bench.bare("bare", "r");
    let git = bench.clone_of("bare", "partial", "--filter=blob:none --no-checkout");
    let remote = Remote::named(&git, "origin").unwrap();
    for way in WAYS {
        let repository = bench.open("partial", way);
        let tree = bench.tip("r", "HEAD^{tree}");
        let id = |n: usize| repository.entry(&tree, &format!("d{n}/f")).unwrap().unwrap().id;
        let ids: Vec<Oid> = (20..40).map(id).collect();
        let first = id(way as usize);
        assert!(!repository.has(&first), "{way:?}");
        assert_eq!(
            repository.blob(&first).unwrap(),
            format!("{}\n", way as usize).as_bytes()
        );
        remote.fetch_blobs(&git, &repository, &ids).unwrap();
        assert!(ids.iter().all(|id| repository.has(id)));
        assert!(!repository.has(&id(10)));
        remote.fetch_blobs(&git, &repository, &ids).unwrap();
        let tip = bench.tip("r", "HEAD");
        let new = bench.build(&repository, &tip, &[("d5/f", &format!("new {way:?}"))]);
        let update = Update {
            branch: branch(&format!("b{}", way as usize)),
            new: Some(new),
            expect: Expect::Absent,
        };
        assert!(matches!(remote.push(&git, &[update]).unwrap(), Push::Landed { .. }));
    }
    bench.fsck("bare");
}

#[test]
fn the_tip_alone_is_fetched_without_files() {
    let (bench, _, _) = bench();
    bench.commit("r", "second");
    std::fs::create_dir(bench.path("empty")).unwrap();
    bench.run("empty", "init --quiet --bare");
    let url = format!("file://{}", bench.path("bare").display());
    let git = bench.git("empty");
    let remote = Remote::at(RemoteUrl::parse(&url).unwrap());
    let fetched = remote
        .fetch(&git, &[branch("main")], (INTO, Depth::One(Blobs::All)))
        .unwrap();
    let repository = bench.open("empty", WAYS[0]);
    assert!(repository.is_shallow());
    let tree = repository.commit(&fetched[&branch("main")]).unwrap().unwrap().tree;
    let blob = repository.entry(&tree, "a").unwrap().unwrap().id;
    assert_eq!(repository.blob(&blob).unwrap(), b"1");
}

#[test]
fn writers_that_race_lose_nothing() {
    const WRITERS: usize = 6;
    let (bench, _, _) = bench();
    let start = bench.tip("bare", "main");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let bench = &bench;
            scope.spawn(move || {
                let git = bench.clone_of("bare", &format!("w{writer}"), "");
                let remote = Remote::named(&git, "origin").unwrap();
                let repository = Repository::open_with(git.directory(), &git).unwrap();
                for attempt in 0..60 {
                    let tips = remote.fetch(&git, &[branch("main")], (INTO, Depth::Full)).unwrap();
                    let tip = &tips[&branch("main")];
                    let base = repository.commit(tip).unwrap().unwrap();
                    let file = (format!("w{writer}"), b"x".to_vec());
                    let tree = repository.write_tree(&base.tree, &[file]).unwrap();
                    let new = repository.write_commit(&git, &plain(tree, tip)).unwrap();
                    match remote.push(&git, &[update("main", &new, tip)]).unwrap() {
                        Push::Landed { .. } => return,
                        Push::Moved { .. } => thread::sleep(Duration::from_millis(20 * (attempt % 7))),
                        other => panic!("{other:?}"),
                    }
                }
                panic!("never landed");
            });
        }
    });
    let count = bench.run("bare", &format!("rev-list --count {start}..main"));
    assert_eq!(count, WRITERS.to_string());
    assert_eq!(
        bench.run("bare", "ls-tree --name-only main").lines().count(),
        2 + WRITERS
    );
    bench.fsck("bare");
}

/// `actions/checkout` from v6 keeps its header in a file that only this checkout includes.
#[test]
fn a_header_that_only_the_checkout_includes_is_seen_and_a_token_takes_its_place() {
    let (bench, _, _) = bench();
    let included = bench.path("runner").to_string_lossy().into_owned();
    let directory = bench.path("c/.git").to_string_lossy().into_owned();
    bench.write(
        "runner",
        "[http \"http://127.0.0.1:9/\"]\n\textraheader = \"AUTHORIZATION: basic b2xk\"\n",
    );
    bench.run("c", &format!("config includeIf.gitdir:{directory}.path {included}"));
    let git = bench.git("c");
    let url = RemoteUrl::parse("http://127.0.0.1:9/a/b.git").unwrap();
    assert!(crate::git::credentials::has_header(&git, &url).unwrap());
    let elsewhere = RemoteUrl::parse("http://127.0.0.2:9/a/b.git").unwrap();
    assert!(!crate::git::credentials::has_header(&git, &elsewhere).unwrap());
    assert!(!crate::git::credentials::has_header(&bench.git("r"), &url).unwrap());
    let mut remote = Remote::at(url.clone());
    remote.token = Some(crate::git::credentials::GitToken {
        user: "x".into(),
        token: crate::text::secret::Secret::new("new-token-of-a-test"),
    });
    let asked = ["config", "--get-urlmatch", "http.extraheader", url.written()];
    let ours = git.run(&asked, None, &remote.variables(&git)).unwrap().text();
    assert!(ours.starts_with("AUTHORIZATION: basic eDpuZXc"), "{ours}");
}

#[test]
fn a_credential_helper_is_asked_and_nobody_else() {
    let bench = Bench::new();
    bench.repository("r", &[("a", "1")]);
    let url = RemoteUrl::parse("https://example.com/a/b.git").unwrap();
    assert!(crate::git::credentials::fill(&bench.git("r"), &url).unwrap().is_none());
    let helper = bench.script(
        "helper",
        "cat >>\"$0.heard\"; test \"$1\" = get && echo username=ann && echo password=pass-of-ann",
    );
    bench.run("r", &format!("config credential.helper {}", helper.display()));
    let git = bench.git("r");
    let filled = crate::git::credentials::fill(&git, &url).unwrap().unwrap();
    assert_eq!((filled.0.as_str(), filled.1.reveal()), ("ann", "pass-of-ann"));
    let heard = std::fs::read_to_string(bench.path("helper.heard")).unwrap();
    assert!(heard.contains("host=example.com"), "{heard}");
    let ssh = RemoteUrl::parse("git@example.com:a/b.git").unwrap();
    assert!(crate::git::credentials::fill(&git, &ssh).unwrap().is_none());
}

#[test]
fn ssh_asks_nobody_unless_the_user_has_set_a_command() {
    let bench = Bench::new();
    let git = bench.repository("r", &[("a", "1")]);
    let remote = Remote::at(RemoteUrl::parse("git@example.com:a/b.git").unwrap());
    let command = |git: &Git| {
        remote
            .variables(git)
            .into_iter()
            .find(|(name, _)| name == "GIT_SSH_COMMAND")
    };
    assert_eq!(command(&git).unwrap().1, "ssh -o BatchMode=yes");
    assert!(command(&git.with_variables(vec![("GIT_SSH".into(), "plink".into())])).is_none());
    bench.run("r", "config core.sshCommand my-ssh");
    assert!(command(&bench.git("r")).is_none());
}

#[test]
fn sparse_checkouts_and_reftables_can_be_committed_to() {
    let (bench, git, remote) = bench();
    bench.run("c", "sparse-checkout set dir");
    bench.run("c", "config core.repositoryFormatVersion 1");
    let reftable = bench
        .git("")
        .run(&["init", "--quiet", "--ref-format=reftable", "rt"], None, &[])
        .unwrap();
    if reftable.is_success() {
        bench.repository_of("rt", &[("a", "1")], "--ref-format=reftable");
        let repository = bench.open("rt", WAYS[0]);
        let tip = repository.tip("HEAD").unwrap().unwrap();
        let new = bench.build(&repository, &tip, &[("a", "2")]);
        repository
            .move_branch(&branch("stg"), &new, &Expect::Tip(tip.clone()))
            .unwrap();
        repository.move_branch(&branch("stg"), &new, &Expect::Absent).unwrap();
        assert_eq!(repository.branches(), ["main", "stg"]);
    }
    let repository = bench.open("c", WAYS[0]);
    let tip = bench.tip("c", "HEAD");
    let new = bench.build(&repository, &tip, &[("dir/b", "2")]);
    assert!(matches!(
        remote.push(&git, &[update("main", &new, &tip)]).unwrap(),
        Push::Landed { .. }
    ));
    assert_eq!(bench.run("bare", "ls-tree -r --name-only main").lines().count(), 2);
    assert_eq!(bench.run("c", "status --porcelain"), "");
}

#[test]
fn a_checkout_of_somebodys_is_never_made_a_partial_clone() {
    let (bench, _, _) = bench();
    bench.run("bare", "config uploadpack.allowFilter true");
    bench.run("c", "checkout -q -b topic");
    bench.write("c/more", "1");
    bench.run("c", "add more");
    bench.run("c", "commit -q -m more");
    bench.run("c", "push -q origin topic");
    let url = format!("file://{}", bench.path("bare").display());
    bench.run(".", &format!("clone -q --depth=1 {url} shallow"));
    let read = || std::fs::read_to_string(bench.path("shallow/.git/config")).unwrap();
    let before = read();
    let git = bench.git("shallow");
    let remote = Remote::named(&git, "origin").unwrap();
    let (topic, main) = (branch("topic"), branch("main"));
    remote.fetch_since(&git, &topic, &main).unwrap();
    assert_eq!(read(), before);
}
