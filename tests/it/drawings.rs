//! Files for people who would rather look: what runs where as a page, and what a change reaches as a picture.

use crate::harness::Sandbox;

/// The shop on a branch that changes its base.
fn shop_with_a_change() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["checkout", "-q", "-b", "feature/<x>"]);
    let api = sandbox.read("base/api.yaml");
    sandbox.file("base/api.yaml", format!("{api}# more\n"));
    sandbox.commit_all("Change the base");
    sandbox
}

/// Neither an address nor a script: a page that is opened years later shows the same.
fn stands_alone(text: &str) {
    let loaded = [
        "<script",
        "<link",
        "<img",
        "<image",
        "@import",
        "url(http",
        "src=",
        " href=\"http",
    ];
    for word in loaded {
        assert!(!text.contains(word), "{word}\n{text}");
    }
}

#[test]
fn a_change_is_a_picture_that_stands_alone() {
    let sandbox = shop_with_a_change();
    let output = sandbox.rakops(["impact", "--write", "i.svg"]).run().expect(0);
    assert!(output.stderr.contains("wrote i.svg"), "{}", output.all());
    let svg = sandbox.read("i.svg");
    stands_alone(&svg);
    assert!(svg.contains("main...feature/&lt;x&gt; is a shared change"), "{svg}");
    for name in [
        "base/api.yaml",
        "base/kustomization.yaml",
        "overlays/prd/kustomization.yaml",
        ">prd<",
    ] {
        assert!(svg.contains(name), "{name}\n{svg}");
    }
    // base/api.yaml, base, three overlays, three environments: seven arrows.
    assert_eq!(svg.matches("<path ").count(), 7, "{svg}");
    sandbox.rakops(["impact", "--write", "again.svg"]).run().expect(0);
    assert_eq!(sandbox.read("again.svg"), svg);
}

#[test]
fn a_change_is_a_chart_that_a_forge_draws() {
    let sandbox = shop_with_a_change();
    sandbox
        .rakops(["impact", "--write", "i.md", "--write", "i.svg", "-q"])
        .run()
        .expect(0);
    let page = sandbox.read("i.md");
    assert!(
        page.starts_with("### `main...feature/<x> is a shared change`\n\n```mermaid\nflowchart LR\n"),
        "{page}"
    );
    assert!(page.contains("[\"base/api.yaml\"]:::changed"), "{page}");
    assert!(page.contains("([\"prd\"]):::reached"), "{page}");
    assert!(
        page.contains("| `base/api.yaml` | shared | `dev`, `stg`, `prd` |"),
        "{page}"
    );
    assert!(sandbox.read("i.svg").ends_with("</svg>\n"));
}

#[test]
fn many_files_of_one_kind_are_one_box() {
    let sandbox = shop_with_a_change();
    let mut resources = String::new();
    for number in 0..40 {
        sandbox.file(
            &format!("base/more/{number:02}.yaml"),
            "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n",
        );
        resources.push_str(&format!("- {number:02}.yaml\n"));
    }
    sandbox.file("base/more/kustomization.yaml", format!("resources:\n{resources}"));
    let base = sandbox.read("base/kustomization.yaml");
    sandbox.file(
        "base/kustomization.yaml",
        base.replace("- api.yaml", "- more\n- api.yaml"),
    );
    sandbox.commit_all("Many files");
    sandbox.rakops(["impact", "--write", "i.svg"]).run().expect(0);
    let svg = sandbox.read("i.svg");
    assert!(svg.contains(">and 32 more<"), "{svg}");
    assert!(svg.matches("<rect ").count() < 14, "{svg}");
}

#[test]
fn a_change_that_reaches_nothing_is_a_picture_too() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["checkout", "-q", "-b", "feature/y"]);
    sandbox.file("README.md", "words\n");
    sandbox.commit_all("Words");
    sandbox
        .rakops(["impact", "--write", "i.svg", "--write", "i.md"])
        .run()
        .expect(0);
    let svg = sandbox.read("i.svg");
    assert!(
        svg.contains("reaches no environment") && svg.contains("class=\"untouched\""),
        "{svg}"
    );
    assert!(!sandbox.read("i.md").contains("| file |"));
}

#[test]
fn what_runs_where_is_a_page_that_stands_alone() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
        .rakops(["status", "--write", "now.html", "--write", "now.md"])
        .run()
        .expect(0);
    let page = sandbox.read("now.html");
    stands_alone(&page);
    assert!(
        page.contains("Content-Security-Policy\" content=\"default-src 'none'"),
        "{page}"
    );
    assert!(
        page.contains("<td class=\"behind\" title=\"1.4.0\">1.4.0 behind"),
        "{page}"
    );
    assert!(page.contains(">protected<"), "{page}");
    assert!(
        sandbox
            .read("now.md")
            .starts_with("| image | slot | dev | stg | prd |\n")
    );
}

#[test]
fn another_ending_is_refused_before_anything_is_read() {
    let sandbox = Sandbox::new();
    for words in [["impact", "--write", "i.png"], ["status", "--write", "s.pdf"]] {
        let output = sandbox.rakops(words).run().expect(2);
        assert!(output.stderr.starts_with("error[unknown-form]: `"), "{}", output.all());
    }
}

#[test]
fn a_directory_that_is_not_there_is_told_before_anything_is_read() {
    let sandbox = Sandbox::new();
    for words in [["impact", "--write", "no/i.svg"], ["status", "--write", "no/s.html"]] {
        let output = sandbox.rakops(words).run().expect(5);
        assert!(
            output.stderr.starts_with("error[directory-not-found]"),
            "{}",
            output.all()
        );
    }
}
