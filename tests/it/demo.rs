//! `rakops demo`: the walk works with nothing set up, and the sandbox it leaves is a sound repository.

use crate::harness::Sandbox;

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
}
