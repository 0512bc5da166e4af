//! Others in the same checkout: git that runs meanwhile, a monitor of files, filters, modules, and what git does not track.

use std::fs;

use crate::harness::Sandbox;
use crate::harness::landing::DEV;

/// The shop with a remote, where `main` is checked out.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox
}

/// Everything that a landing could move here.
fn state(sandbox: &Sandbox) -> (String, String, std::collections::BTreeMap<String, Vec<u8>>) {
    (sandbox.tip("main"), sandbox.status(), sandbox.tree())
}

#[test]
#[cfg(unix)]
fn a_monitor_of_files_that_is_wrong_costs_nobody_their_work() {
    let sandbox = shop();
    // It says that nothing has ever changed.
    let monitor = sandbox.root().join("monitor");
    script(&monitor, "printf 'token\\0'");
    sandbox.git(["config", "core.fsmonitor", &monitor.to_string_lossy()]);
    sandbox.git(["update-index", "--fsmonitor"]);
    sandbox.git(["status", "--porcelain"]);
    sandbox.file(DEV, sandbox.read(DEV) + "# mine\n");
    assert_eq!(sandbox.status(), "", "it is believed");
    let before = state(&sandbox);
    let output = sandbox.bump("1.4.2", &["--commit"]).run().expect(3);
    assert!(output.stderr.contains("error[work-tree-dirty]"), "{}", output.all());
    let output = sandbox.bump("1.4.2", &["--push"]).run().expect(0);
    assert!(
        output.stderr.contains("your checkout of main is left as it is"),
        "{}",
        output.all()
    );
    assert_eq!(state(&sandbox), before);
}

#[test]
#[cfg(unix)]
fn a_monitor_of_files_that_never_answers_is_not_waited_for() {
    let sandbox = shop();
    let monitor = sandbox.root().join("monitor");
    script(&monitor, "sleep 1000");
    sandbox.git(["update-index", "--fsmonitor"]);
    sandbox.git(["config", "core.fsmonitor", &monitor.to_string_lossy()]);
    sandbox.bump("1.4.2", &["--commit"]).run().expect(0);
    sandbox.git(["config", "--unset", "core.fsmonitor"]);
    assert_eq!(sandbox.status(), "");
    assert!(sandbox.read(DEV).contains("1.4.2"));
}

#[cfg(unix)]
fn script(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_index_that_somebody_holds_is_named_and_nothing_is_half_done() {
    let sandbox = shop();
    let before = state(&sandbox);
    sandbox.file(".git/index.lock", "");
    let output = sandbox.bump("1.4.2", &["--commit"]).run().expect(3);
    assert!(
        output.stderr.contains("index.lock") && output.stderr.contains("remove the file"),
        "{}",
        output.all()
    );
    assert_eq!(state(&sandbox), before);
    // What has landed elsewhere has landed, and the checkout that could not follow is told of.
    let output = sandbox.bump("1.4.2", &["--push"]).run().expect(0);
    assert!(
        output.stderr.contains("your checkout of main is left as it is") && output.stderr.contains("index.lock"),
        "{}",
        output.all()
    );
    assert_eq!(state(&sandbox), before);
    fs::remove_file(sandbox.path(".git/index.lock")).unwrap();
    sandbox.git(["pull", "--quiet", "--ff-only"]);
    assert_eq!(sandbox.tip("main"), sandbox.remote_tip("main"));
}

/// The shop with environments on branches, where that of the last, `main`, is checked out and `staging` has something for it.
fn to_promote(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    sandbox.put(("staging", "something new"), files);
    sandbox.on("main");
    sandbox
}

#[test]
fn what_git_does_not_track_is_never_overwritten() {
    type Put = fn(&Sandbox);
    let puts: [Put; 4] = [
        |sandbox| {
            sandbox.file("base/new/one.yaml", "mine\n");
        },
        |sandbox| {
            sandbox.file(".git/info/exclude", "one.yaml\n");
            sandbox.file("base/new/one.yaml", "ignored, and mine\n");
        },
        |sandbox| {
            sandbox.file("base/new/one.yaml/inside", "a directory of mine\n");
        },
        |sandbox| {
            sandbox.file("base/new", "a file of mine\n");
        },
    ];
    for put in puts {
        let sandbox = to_promote(&[("base/new/one.yaml", "a: 1\n")]);
        put(&sandbox);
        let before = (sandbox.tip("main"), sandbox.tree());
        let output = sandbox
            .rakops(["promote", "stg", "prd", "--commit", "-y"])
            .run()
            .expect(3);
        assert!(output.stderr.contains("error[not-fast-forwarded]"), "{}", output.all());
        assert!(!output.stderr.contains("\\t"), "{}", output.all());
        assert_eq!((sandbox.tip("main"), sandbox.tree()), before);
    }
}

#[test]
fn directories_become_files_files_become_directories_and_names_change_their_case() {
    let sandbox = to_promote(&[("base/a", "a: 1\n"), ("base/b/inside", "b: 1\n"), ("base/c", "c: 1\n")]);
    let promote = || {
        sandbox
            .rakops(["promote", "stg", "prd", "--commit", "-y"])
            .run()
            .expect(0)
    };
    promote();
    sandbox.on("staging");
    sandbox.git(["mv", "base/a", "base/x"]);
    fs::create_dir(sandbox.path("base/a")).unwrap();
    sandbox.git(["mv", "base/x", "base/a/inside"]);
    sandbox.git(["mv", "base/b/inside", "base/x"]);
    let _ = fs::remove_dir(sandbox.path("base/b"));
    sandbox.git(["mv", "base/x", "base/b"]);
    sandbox.git(["mv", "base/c", "base/y"]);
    sandbox.git(["mv", "base/y", "base/C"]);
    sandbox.commit_all("turned round");
    sandbox.git(["push", "--quiet", "origin", "staging"]);
    let wanted = sandbox.git(["ls-tree", "-r", "--name-only", "staging", "base"]);
    sandbox.on("main");
    promote();
    assert_eq!(sandbox.git(["ls-tree", "-r", "--name-only", "main", "base"]), wanted);
    assert_eq!(sandbox.status(), "");
    assert_eq!(sandbox.read("base/a/inside"), "a: 1\n");
    assert_eq!(sandbox.read("base/b"), "b: 1\n");
}

#[test]
fn garbage_collected_meanwhile_is_garbage() {
    let sandbox = shop();
    let (root, env) = (sandbox.dir(), sandbox.env());
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let over = &over;
        let collecting = scope.spawn(move || {
            let mut runs = 0;
            while !over.load(std::sync::atomic::Ordering::SeqCst) {
                let mut gc = std::process::Command::new("git");
                gc.args(["gc", "--quiet"])
                    .current_dir(&root)
                    .env_clear()
                    .envs(env.clone());
                assert!(gc.output().unwrap().status.success());
                runs += 1;
            }
            runs
        });
        for at in 0..6 {
            let way: &[&str] = if at % 2 == 0 { &["--commit"] } else { &["--push"] };
            sandbox.bump(&format!("1.5.{at}"), way).run().expect(0);
            if at % 2 == 0 {
                sandbox.git(["push", "--quiet", "origin", "main"]);
            }
        }
        over.store(true, std::sync::atomic::Ordering::SeqCst);
        assert!(collecting.join().unwrap() > 0);
    });
    assert_eq!(sandbox.remote_commits("main"), 7);
    assert_eq!(sandbox.status(), "");
}

#[test]
#[cfg(unix)]
fn filters_and_encodings_make_the_files_of_the_checkout_from_what_lands() {
    let sandbox = shop();
    let (there, back) = ("sed s/acme/ACME/", "sed s/ACME/acme/");
    for (key, value) in [("clean", back), ("smudge", there), ("required", "true")] {
        sandbox.git(["config", &format!("filter.loud.{key}"), value]);
    }
    sandbox.file(
        ".gitattributes",
        "overlays/dev/*.yaml filter=loud\nbase/web.yaml working-tree-encoding=UTF-16\n",
    );
    let wide = sandbox.read("base/web.yaml");
    let wide = ["\u{feff}", &wide]
        .concat()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect::<Vec<u8>>();
    sandbox.file("base/web.yaml", &wide);
    sandbox.commit_all("attributes");
    fs::remove_dir_all(sandbox.path("overlays/dev")).unwrap();
    sandbox.git(["checkout", "--quiet", "--", "."]);
    assert!(sandbox.read(DEV).contains("ACME"));
    let base = fs::read(sandbox.path("base/web.yaml")).unwrap();
    sandbox.git(["push", "--quiet", "origin", "main"]);
    for (version, way) in [("1.4.2", "--commit"), ("1.4.3", "--push")] {
        sandbox.bump(version, &[way, "--onto", "main"]).run().expect(0);
        assert_eq!(sandbox.status(), "");
        let (stored, shown) = (sandbox.git(["show", &format!("HEAD:{DEV}")]), sandbox.read(DEV));
        assert!(stored.contains("acme") && stored.contains(version), "{stored}");
        assert_eq!(shown, stored.replace("acme", "ACME"));
        assert_eq!(fs::read(sandbox.path("base/web.yaml")).unwrap(), base);
        sandbox.git(["push", "--quiet", "origin", "main"]);
    }
    // A filter that fails is named, and nothing moves.
    sandbox.git(["config", "filter.loud.smudge", "false"]);
    let before = state(&sandbox);
    let output = sandbox.bump("1.4.4", &["--commit"]).run();
    assert!([3, 6].contains(&output.code), "{}", output.all());
    assert!(output.stderr.contains("filter"), "{}", output.all());
    assert_eq!(state(&sandbox), before);
}

#[test]
fn a_module_inside_is_somebody_elses_repository() {
    let sandbox = shop();
    let remote = sandbox.remote_path().to_string_lossy().into_owned();
    let words = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &remote,
    ];
    sandbox.git(words.iter().copied().chain(["overlays/vendor"]));
    sandbox.commit_all("a module");
    sandbox.file("overlays/vendor/base/api.yaml", "# somebody is at work here\n");
    let inside = || sandbox.git_in(&sandbox.path("overlays/vendor"), ["diff"]);
    let before = inside();
    sandbox.bump("1.4.2", &["--commit"]).run().expect(0);
    sandbox.rakops(["bump", "api=1.4.3", "--all"]).run().expect(0);
    assert_eq!(inside(), before);
}

#[test]
#[cfg(unix)]
fn many_overlays_need_few_descriptors() {
    let sandbox = shop();
    let files: Vec<(String, String)> = (0..200)
        .flat_map(|at| {
            let kustomization = "resources: [../../base]\nimages:\n- name: acme/x\n  newTag: 1.0.0\n";
            [(format!("overlays/e{at}/kustomization.yaml"), kustomization.to_owned())]
        })
        .collect();
    for (path, text) in &files {
        sandbox.file(path, text);
    }
    sandbox.commit_all("many");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    for (at, way) in ["", "--commit", "--push"].iter().enumerate() {
        let script = format!("ulimit -n 64; exec \"$1\" bump acme/x=1.1.{at} --all {way}");
        let output = std::process::Command::new("bash")
            .args(["-c", &script, "bash", env!("CARGO_BIN_EXE_rakops")])
            .current_dir(sandbox.dir())
            .env_clear()
            .envs(sandbox.env())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{way}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        match *way {
            "" => {
                assert_eq!(sandbox.status().lines().count(), 200);
                sandbox.git(["checkout", "--quiet", "--", "."]);
            }
            _ => assert_eq!(sandbox.status(), ""),
        }
        if *way == "--commit" {
            sandbox.git(["push", "--quiet", "origin", "main"]);
        }
    }
}
