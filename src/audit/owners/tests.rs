use super::{Certainty, Dialect, Owners};

fn owners(dialect: Dialect, text: &str) -> Owners {
    Owners::parse("CODEOWNERS", text.as_bytes(), dialect)
}

/// Who is asked for a path, in one line: owners, `*N` for more than one approval or none, `[section]`.
fn asked(owners: &Owners, path: &str) -> String {
    let demands = owners.of(path).into_iter().map(|demand| {
        let section = demand.section.map(|name| format!("[{name}] ")).unwrap_or_default();
        let count = match demand.approvals {
            1 => String::new(),
            count => format!(" *{count}"),
        };
        let doubt = if demand.certainty == Certainty::Perhaps {
            "? "
        } else {
            ""
        };
        format!("{doubt}{section}{}{count}", demand.owners.join(" "))
    });
    demands.collect::<Vec<String>>().join(", ")
}

#[track_caller]
fn expect(owners: &Owners, table: &[(&str, &str)]) {
    for (path, wanted) in table {
        assert_eq!(asked(owners, path), *wanted, "{path}");
    }
}

/// The example of GitHub Docs, "About code owners", as far as its lines do not hide each other.
#[test]
fn github_reads_its_own_example() {
    let text = "\
# A comment
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
";
    let owners = owners(Dialect::GitHub, text);
    assert!(owners.not_understood.is_empty(), "{owners:?}");
    expect(
        &owners,
        &[
            ("README.md", "@global-owner1 @global-owner2"),
            ("deep/down/here.yaml", "@global-owner1 @global-owner2"),
            ("src/a.js", "@js-owner"),
            ("a.go", "docs@example.com"),
            ("x/y/notes.txt", "@octo-org/octocats"),
            ("build/logs/today.txt", "@octocat"),
            ("build/log", "@global-owner1 @global-owner2"),
            ("docs/getting-started.md", "@doctocat"),
            ("docs/build-app/troubleshooting.md", "@doctocat"),
            ("scripts/x", "@doctocat @octocat"),
            ("my/scripts/x", "@global-owner1 @global-owner2"),
            ("deeply/nested/logs/x", "@octocat"),
            ("my/apps/x", "@octocat"),
            ("apps/github", ""),
            ("apps/github/x", ""),
            ("apps/gitlab", "@octocat"),
        ],
    );
}

#[test]
fn github_patterns_fit_what_its_documents_say() {
    let one = |pattern: &str, path: &str| {
        let found = owners(Dialect::GitHub, &format!("{pattern} @a"));
        assert!(found.not_understood.is_empty(), "{pattern}");
        asked(&found, path) == "@a"
    };
    let table = [
        ("docs/*", "docs/a.md", true),
        ("docs/*", "docs/b/a.md", false),
        ("docs/*", "x/docs/a.md", false),
        ("/*", "a", true),
        ("/*", "a/b", false),
        ("/docs", "docs/a/b", true),
        ("/docs", "x/docs/a", false),
        ("docs", "x/docs/a", true),
        ("docs/", "x/docs/a", true),
        ("docs/", "docs", false),
        ("a/b", "a/b/c", true),
        ("a/b", "x/a/b", false),
        ("/docs/**", "docs/a/b", true),
        ("/docs/**/*.md", "docs/a.md", true),
        ("/docs/**/*.md", "docs/a/b/c.md", true),
        ("/docs/**/*.md", "docs/a/b/c.mdx", false),
        ("**/base/", "overlays/base/x", true),
        ("*.yaml", ".hidden/a.yaml", true),
        ("overlays/*/kustomization.yaml", "overlays/prd/kustomization.yaml", true),
        (
            "overlays/*/kustomization.yaml",
            "overlays/prd/x/kustomization.yaml",
            false,
        ),
        ("a?.txt", "ab.txt", true),
        ("a?.txt", "a/.txt", false),
        ("A.txt", "a.txt", false),
        ("with\\ blank/", "with blank/x", true),
        ("a{b,c}", "ab", false),
        ("a{b,c}", "a{b,c}", true),
        ("ümlaut/", "ümlaut/x", true),
    ];
    for (pattern, path, wanted) in table {
        assert_eq!(one(pattern, path), wanted, "{pattern} {path}");
    }
}

#[test]
fn github_passes_over_lines_that_do_not_work_there() {
    let text = "* @all\n!x @a\n\\#x @a\n[ab].txt @a\nx nobody\n\ty @b\r\n";
    let owners = owners(Dialect::GitHub, text);
    assert_eq!(owners.not_understood, [2, 3, 4, 5]);
    expect(&owners, &[("x", "@all"), ("a.txt", "@all"), ("y", "@b")]);
}

/// After the examples of GitLab Docs, "Syntax of CODEOWNERS file".
#[test]
fn gitlab_reads_its_own_examples() {
    let text = "\
* @default-owner
*.rb @ruby-owner
\\#file_with_pound.rb @owner-file-with-pound
LICENSE @legal janedoe@gitlab.com
README @group @group/with-nested/subgroup
/docs/ @all-docs
/docs/* @root-docs
/docs/**/*.md @markdown-docs
lib/ @lib-owner
/config/ @config-owner
path\\ with\\ spaces/ @space-owner
";
    expect(
        &owners(Dialect::GitLab, text),
        &[
            ("a", "@default-owner"),
            (".gitignore", "@default-owner"),
            ("x/y/a.rb", "@ruby-owner"),
            ("x/#file_with_pound.rb", "@owner-file-with-pound"),
            ("LICENSE", "@legal janedoe@gitlab.com"),
            ("README", "@group @group/with-nested/subgroup"),
            ("docs/a/b.txt", "@all-docs"),
            ("docs/b.txt", "@root-docs"),
            ("docs/b.md", "@markdown-docs"),
            ("docs/a/b.md", "@markdown-docs"),
            ("x/lib/y/z", "@lib-owner"),
            ("config/a", "@config-owner"),
            ("x/config/a", "@default-owner"),
            ("path with spaces/a", "@space-owner"),
        ],
    );
}

#[test]
fn gitlab_sections_ask_each_for_themselves() {
    let text = "\
* @general

[Documentation][2] @docs-team
docs/
README.md
*.txt @writers

^[Database] @database-team
model/db/
config/db/database-setup.md @docs-team

[documentation]
README.md @late

[Everything] @@maintainer
*
!*.lock
";
    expect(
        &owners(Dialect::GitLab, text),
        &[
            ("x", "@general, [Everything] @@maintainer"),
            ("x.lock", "@general"),
            (
                "docs/x",
                "@general, [Documentation] @docs-team *2, [Everything] @@maintainer",
            ),
            (
                "docs/x.txt",
                "@general, [Documentation] @writers *2, [Everything] @@maintainer",
            ),
            (
                "model/db/x",
                "@general, [Database] @database-team *0, [Everything] @@maintainer",
            ),
            (
                "config/db/database-setup.md",
                "@general, [Database] @docs-team *0, [Everything] @@maintainer",
            ),
            (
                "README.md",
                "@general, [Documentation] @late *2, [Everything] @@maintainer",
            ),
        ],
    );
}

#[test]
fn gitlab_patterns_are_those_of_the_shell() {
    let one = |pattern: &str, path: &str| asked(&owners(Dialect::GitLab, &format!("{pattern} @a")), path) == "@a";
    let table = [
        ("/docs", "docs/a", false),
        ("docs", "x/docs", true),
        ("docs", "x/docs/a", false),
        ("/docs/**", "docs/a", true),
        ("/docs/**", "docs/a/b", false),
        ("/docs/**/*", "docs/a/b", true),
        ("/a[bc].txt", "ab.txt", true),
        ("/a[bc].txt", "ad.txt", false),
        ("/a{b,c}", "ab", false),
        ("**/x", "a/b/x", true),
        ("/**/x", "x", true),
    ];
    for (pattern, path, wanted) in table {
        assert_eq!(one(pattern, path), wanted, "{pattern} {path}");
    }
}

#[test]
fn gitlab_knows_no_comment_behind_a_rule() {
    expect(
        &owners(Dialect::GitLab, "a @x # and @y\nb\n"),
        &[("a", "@x @y"), ("b", "")],
    );
}

/// After the examples of Gitea Docs, "Code Owners", and its tests.
#[test]
fn gitea_reads_regular_expressions() {
    let text = "\
.*\\\\.go @user1 @user2 # This is a comment
# Comment too
frontend/src/.*\\\\.js @org1/team1 user4
docs/(aws|google|azure)/[^/]*\\\\.(md|txt) @user8 @org1/team3
!/assets/.*\\\\.(bin|exe|msi) @user9
\\#path @org3/a
path\\ with\\ spaces/.* @spaces
alone
";
    let owners = owners(Dialect::Gitea, text);
    assert_eq!(owners.not_understood, [8]);
    expect(
        &owners,
        &[
            ("x/main.go", "@user1 @user2 @user9"),
            ("frontend/src/a.js", "@org1/team1 @user4 @user9"),
            ("my/frontend/src/a.js", "@user9"),
            ("docs/aws/a.md", "@user8 @org1/team3 @user9"),
            ("docs/aws/b/a.md", "@user9"),
            ("assets/a.exe", ""),
            ("#path", "@user9 @org3/a"),
            ("path with spaces/x", "@user9 @spaces"),
        ],
    );
}

#[test]
fn what_only_gitea_can_read_may_fit() {
    let owners = owners(Dialect::Gitea, "(?!vendor/).* @all\na @b\n");
    assert_eq!(owners.not_understood, [1]);
    expect(&owners, &[("a", "@b, ? @all"), ("vendor/x", "? @all")]);
}

#[test]
fn the_first_place_that_has_a_file_counts() {
    let read = |there: &'static [&'static str]| {
        move |path: &str| {
            Ok(there
                .contains(&path)
                .then(|| format!("* @{}", path.replace('/', "-")).into_bytes()))
        }
    };
    let found = |there: &'static [&'static str], dialect| {
        let owners = Owners::read(&read(there), dialect).unwrap();
        owners.map(|owners| owners.file)
    };
    let both = &[
        "CODEOWNERS",
        ".github/CODEOWNERS",
        ".gitlab/CODEOWNERS",
        "docs/CODEOWNERS",
    ];
    assert_eq!(found(both, Dialect::GitHub).as_deref(), Some(".github/CODEOWNERS"));
    assert_eq!(found(both, Dialect::GitLab).as_deref(), Some("CODEOWNERS"));
    assert_eq!(
        found(&["docs/CODEOWNERS"], Dialect::Gitea).as_deref(),
        Some("docs/CODEOWNERS")
    );
    assert_eq!(found(&["codeowners"], Dialect::GitHub), None);
}

#[test]
fn bytes_that_are_no_text_break_nothing() {
    for dialect in [Dialect::GitHub, Dialect::GitLab, Dialect::Gitea] {
        let owners = Owners::parse(
            "CODEOWNERS",
            b"\xef\xbb\xbf* @a\n\xff\xfe [ \\\n[\n^[]\n/ @a\n// @b\n\\",
            dialect,
        );
        let _ = owners.of("x");
        let _ = Owners::parse("CODEOWNERS", b"", dialect).of("");
    }
}
