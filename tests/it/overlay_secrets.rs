//! What Secrets say is written where it was asked for, and told nowhere.

use crate::harness::Sandbox;

const SECRET: &str =
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: keys\nstringData:\n  TOKEN: old-token # rotate\n";

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.settings(
        "  - keys.yaml\nsecretGenerator:\n  - name: made\n    literals:\n      - PASS=prd-old-pass\n    envs: [made.env]\n",
        &[("keys.yaml", SECRET), ("made.env", "DB=prd-old-db\n")],
    );
    sandbox
}

#[test]
fn values_of_secrets_are_set_and_not_told() {
    let sandbox = shop();
    for (words, file, new) in [
        (
            &["Secret/keys", "stringData.TOKEN=new-token"][..],
            "keys.yaml",
            "TOKEN: new-token # rotate",
        ),
        (
            &["Secret/made", "data.PASS=new-pass"],
            "kustomization.yaml",
            "PASS=new-pass",
        ),
        (&["Secret/made", "data.DB=new-db"], "made.env", "DB=new-db"),
    ] {
        let words: Vec<&str> = ["overlay", "set", "prd"].iter().chain(words).copied().collect();
        for form in ["text", "json"] {
            let output = sandbox
                .rakops(words.iter().copied().chain(["-o", form]))
                .run()
                .expect(0);
            let told = format!("{}{}", output.stdout(), output.stderr);
            assert!(!told.contains("old-") && !told.contains("new-"), "{told}");
        }
        assert!(sandbox.read(&format!("overlays/prd/{file}")).contains(new), "{file}");
    }
}

#[test]
fn a_commit_of_a_secret_does_not_say_it() {
    let sandbox = shop();
    let set = ["overlay", "set", "prd", "Secret/keys", "stringData.TOKEN=new-token"];
    let yaml = ["yaml", "set", "overlays/prd/keys.yaml", "stringData.TOKEN=newer-token"];
    for words in [&set[..], &yaml] {
        let landing = ["--commit", "--allow", "protected"];
        sandbox.rakops(words.iter().chain(&landing).copied()).run().expect(0);
        let message = sandbox.git(["log", "-1", "--format=%B"]);
        assert!(!message.contains("-token") && message.contains("(hidden)"), "{message}");
    }
}

#[test]
fn complaints_about_a_secret_do_not_say_it() {
    let sandbox = shop();
    let output = sandbox
        .rakops(["overlay", "set", "prd", "Secret/keys", "stringData.TOKEN.x=1"])
        .run()
        .expect(3);
    assert!(!output.all().contains("old-token\""), "{}", output.all());
    assert!(!output.stderr.contains("old-token"), "{}", output.stderr);
}

#[test]
fn a_new_environment_keeps_secrets_as_they_are_and_tells_none() {
    let sandbox = shop();
    let output = sandbox
        .rakops(["overlay", "new", "uat", "--from", "prd"])
        .run()
        .expect(0);
    assert!(
        !output.stderr.contains("old-") && !output.stdout().contains("old-"),
        "{}",
        output.stderr
    );
    assert!(
        sandbox
            .read("overlays/uat/kustomization.yaml")
            .contains("PASS=prd-old-pass")
    );
    assert_eq!(sandbox.read("overlays/uat/made.env"), "DB=prd-old-db\n");
    assert!(output.stderr.contains("overlays/uat/made.env:1"), "{}", output.stderr);
}
