//! `rakops demo`: the walk works with nothing set up, and the sandbox it leaves is a sound repository.

use crate::harness::{Sandbox, advice};

#[test]
fn the_walk_shows_commands_output_and_diffs_and_says_where_the_sandbox_is() {
    let sandbox = Sandbox::new();
    let output = sandbox.rakops(["demo", "--into", "."]).run().expect(0);
    let text = output.stdout();
    let made = sandbox.dir().read_dir().unwrap().flatten().next().unwrap();
    let root = made.path();
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
        output.stdout().replace(&*made.to_string_lossy(), "SHOP")
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
