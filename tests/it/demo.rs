//! `rakops demo`: the walk works with nothing set up, and the sandbox it leaves is a sound repository.

use crate::harness::{Sandbox, advice};

#[test]
fn the_walk_shows_commands_output_and_diffs_and_says_where_the_sandbox_is() {
    let sandbox = Sandbox::new();
    let output = sandbox.rakops(["demo", "--into", "."]).run().expect(0);
    let text = output.stdout();
    let made = sandbox.dir().read_dir().unwrap().flatten().next().unwrap();
    let root = made.path().join("shop");
    assert!(text.contains(&format!("cd {}", root.display())), "{text}");
    for part in [
        "$ rakops bump api=1.4.2 --env dev\n",
        "-    newTag: 1.4.1      # CI writes this line\n+    newTag: 1.4.2      # CI writes this line\n",
        "+  - name: ghcr.io/acme/web\n+    newTag: 2.1.0\n",
        "-    newTag: '1.9' ",
        "(exit 3)\n",
        "(exit 5)\n",
    ] {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
    assert_eq!(sandbox.git_in(&root, ["status", "--porcelain"]), "");
    sandbox.git_in(&root, ["fsck", "--strict"]);
    // A complaint stands between the command it is about and its exit code, and can be typed.
    let complaint = text.split("$ rakops bump wbe=2.1.0 --env stg\n").nth(1).unwrap();
    assert!(complaint.starts_with("error[image-not-found]"), "{text}");
    advice::assert_can_be_typed(text);
    assert!(!output.stderr.contains("error"), "{}", output.stderr);
}

#[test]
fn the_walk_lands_in_a_remote_repository_from_elsewhere_also_after_a_lost_race() {
    let sandbox = Sandbox::new();
    let output = sandbox.rakops(["demo", "--into", "."]).run().expect(0);
    let text = output.stdout();
    let home = sandbox.dir().read_dir().unwrap().flatten().next().unwrap().path();
    let remote = home.join("manifests.git");
    let url = format!("file://{}", remote.display());
    for part in [
        format!("$ rakops bump api=1.4.3 --env dev --repo {url} --push --source shop/api@4f0c2f1d9a\n"),
        "Rakops-Source: shop/api@4f0c2f1d9a\n".to_owned(),
        format!("(meanwhile, somebody else) $ rakops bump worker=1.11 --env dev --repo {url} --push\n"),
        " landed on main, at attempt 2\n".to_owned(),
        "\nsuperseded: ghcr.io/acme/api stays at 1.4.4 ".to_owned(),
        "error[protected]".to_owned(),
        "+  newTag: 1.4.4        # approved in CHG-1042\n".to_owned(),
    ] {
        assert!(text.contains(&part), "`{part}` is missing in\n{text}");
    }
    // Both landed, the one that was quicker first.
    let log = sandbox.git_in(&remote, ["log", "-3", "--format=%an: %s", "main"]);
    assert_eq!(
        log,
        "Application CI: bump dev: api 1.4.3 -> 1.4.4\nSomebody Else: bump dev: worker 1.10 -> 1.11\n\
         Application CI: bump dev: api 1.4.2 -> 1.4.3\n"
    );
    sandbox.git_in(&remote, ["fsck", "--strict"]);
    // The application's directory was no checkout and is none, and what is kept of the remote is the sandbox's.
    assert_eq!(home.join("application").read_dir().unwrap().count(), 1);
    assert!(!sandbox.path("../home/.cache/rakops").exists());
    // Whoever goes on can pull what has landed.
    let shop = home.join("shop");
    sandbox.git_in(&shop, ["pull", "--quiet", "--ff-only"]);
    assert_eq!(
        sandbox.git_in(&shop, ["rev-parse", "HEAD"]),
        sandbox.git_in(&remote, ["rev-parse", "main"])
    );
}

#[test]
fn the_walk_needs_no_identity_and_listens_to_no_setting_of_git() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "../home/.gitconfig",
        "[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = /bin/false\n[core]\n\thooksPath = /nowhere\n",
    );
    sandbox.file("../home/token", "");
    let mut command = sandbox.rakops(["demo", "--into", "."]);
    for name in [
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
    ] {
        command = command.env(name, "");
    }
    for (name, value) in [
        (
            "GIT_CONFIG_GLOBAL",
            sandbox.path("../home/.gitconfig").display().to_string(),
        ),
        ("RAKOPS_TOKEN_FILE", "nowhere".to_owned()),
        ("RAKOPS_TIMEOUT", "0s".to_owned()),
        ("RAKOPS_REPO", "https://example.com/x/y".to_owned()),
    ] {
        command = command.env(name, value);
    }
    let output = command.run().expect(0);
    assert!(output.stdout().contains("at attempt 2"), "{}", output.all());
}

#[test]
fn the_walk_is_the_same_whatever_is_set_for_rakops() {
    let walk = |settings: &[(&str, &str)]| {
        let sandbox = Sandbox::new();
        sandbox.file("../home/.config/rakops/config.yaml", "output: name\n");
        let mut command = sandbox.rakops(["demo", "--into", ".", "-o", "text"]);
        for (name, value) in settings {
            command = command.env(name, *value);
        }
        let output = command.run().expect(0);
        let made = sandbox.dir().read_dir().unwrap().flatten().next().unwrap().path();
        let text = output.stdout().replace(&*made.to_string_lossy(), "SHOP");
        // Ids of commits hold the second in which they were made.
        let is_id = |word: &str| word.len() == 10 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let words = text.split_inclusive([' ', '\n', '(', ')']);
        words
            .filter(|word| !is_id(word.trim_end_matches([' ', '\n', '(', ')'])))
            .collect::<String>()
    };
    let set = [
        ("RAKOPS_OUTPUT", "json"),
        ("RAKOPS_CONFIG", "nowhere.yaml"),
        ("RAKOPS_DIRECTORY", "/"),
        ("GITHUB_ACTIONS", "true"),
    ];
    assert_eq!(walk(&set[..3]), walk(&[]));
    assert!(!walk(&set).contains('\u{1b}'));
}

#[test]
fn the_closing_lines_can_be_typed_where_rakops_is_not_on_the_path() {
    let program = env!("CARGO_BIN_EXE_rakops");
    let directory = std::path::Path::new(program).parent().unwrap();
    for (path, expected) in [
        (
            "/usr/bin:/bin".to_owned(),
            format!("\n  {program} bump web=2.2.0 --env prd\n"),
        ),
        (
            format!("/bin:{}", directory.display()),
            "\n  rakops bump web=2.2.0 --env prd\n".to_owned(),
        ),
    ] {
        let sandbox = Sandbox::new();
        let output = sandbox
            .rakops(["demo", "--into", "."])
            .env("PATH", path)
            .run()
            .expect(0);
        assert!(output.stdout().contains(&expected), "{}", output.all());
    }
}
