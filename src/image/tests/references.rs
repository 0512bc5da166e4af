use super::digest;
use crate::image::{Reference, Repository, Version};

#[test]
fn a_reference_is_split_where_the_grammar_says() {
    let a = digest('a');
    let cases = [
        ("nginx", "nginx", "", ""),
        ("nginx:1.25", "nginx", "1.25", ""),
        ("library/nginx:1.25-alpine", "library/nginx", "1.25-alpine", ""),
        ("ghcr.io/acme/api:v1.4.2", "ghcr.io/acme/api", "v1.4.2", ""),
        ("localhost:5000/api", "localhost:5000/api", "", ""),
        ("localhost:5000/api:1", "localhost:5000/api", "1", ""),
        ("reg.example:5000/a/b:v1", "reg.example:5000/a/b", "v1", ""),
        ("reg.example:5000/a/b@{a}", "reg.example:5000/a/b", "", "a"),
        ("registry.k8s.io/pause:3.9@{a}", "registry.k8s.io/pause", "3.9", "a"),
        ("[2001:db8::1]:5000/api:1", "[2001:db8::1]:5000/api", "1", ""),
        ("10.0.0.1:5000/api:2024.01.02", "10.0.0.1:5000/api", "2024.01.02", ""),
        ("quay.io/a/b__c-d.e---f:_x", "quay.io/a/b__c-d.e---f", "_x", ""),
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api:main-1a2b3c4",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api",
            "main-1a2b3c4",
            "",
        ),
    ];
    for (text, repository, tag, with_digest) in cases {
        let text = text.replace("{a}", &a);
        let read = Reference::parse(&text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(read.repository.as_str(), repository, "{text}");
        assert_eq!(read.version.tag.as_deref().unwrap_or(""), tag, "{text}");
        assert_eq!(read.version.digest.is_some(), !with_digest.is_empty(), "{text}");
        assert_eq!(read.to_string(), text);
    }
}

#[test]
fn what_is_no_reference_is_refused_with_the_character() {
    let cases = [
        ("", "an image reference is missing"),
        (
            "Nginx:1",
            "`Nginx:1` is not an image reference: `N` cannot stand at its start",
        ),
        (
            "nginx:1.2 ",
            "`nginx:1.2 ` is not an image reference: a blank cannot stand there (character 10)",
        ),
        ("nginx:", "`nginx:` is not an image reference: it ends too early"),
        (
            "${IMAGE}",
            "`${IMAGE}` is not an image reference: `$` cannot stand at its start",
        ),
        (
            "$(params.image)",
            "`$(params.image)` is not an image reference: `$` cannot stand at its start",
        ),
        (
            "<TOKEN>",
            "`<TOKEN>` is not an image reference: `<` cannot stand at its start",
        ),
        (
            "acme/{{ .Values.image }}:v1",
            "`acme/{{ .Values.image }}:v1` is not an image reference: `{` cannot stand there (character 6)",
        ),
        (
            "acme//api",
            "`acme//api` is not an image reference: `/` cannot stand there (character 6)",
        ),
        (
            "acme/api-:1",
            "`acme/api-:1` is not an image reference: `-` cannot stand there (character 9)",
        ),
        (
            "https://ghcr.io/acme/api:1",
            "`https://ghcr.io/acme/api:1` is not an image reference: `/` cannot stand there (character 7)",
        ),
        (
            "ghcr.io/acme/api:é",
            "`ghcr.io/acme/api:é` is not an image reference: `é` cannot stand there (character 18)",
        ),
        (
            "/etc/passwd:1",
            "`/etc/passwd:1` is not an image reference: `/` cannot stand at its start",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(Reference::parse(text).unwrap_err().to_string(), message);
    }
}

#[test]
fn docker_hub_has_many_spellings_of_one_name() {
    let nginx = [
        "nginx",
        "library/nginx",
        "docker.io/nginx",
        "docker.io/library/nginx",
        "index.docker.io/library/nginx",
    ];
    for name in nginx {
        assert_eq!(
            Repository::parse(name).unwrap().normalised(),
            "docker.io/library/nginx",
            "{name}"
        );
    }
    let same = |a: &str, b: &str| Repository::parse(a).unwrap().same_as(&Repository::parse(b).unwrap());
    assert!(same("acme/api", "docker.io/acme/api"));
    assert!(!same("acme/api", "ghcr.io/acme/api"));
    assert!(!same("quay.io/nginx", "nginx"));
    assert_eq!(Repository::parse("ghcr.io/acme/api").unwrap().short_name(), "api");
    assert_eq!(
        Repository::parse("localhost/api").unwrap().registry(),
        Some("localhost")
    );
    assert_eq!(Repository::parse("acme/api").unwrap().registry(), None);
    assert!(
        Repository::parse("ghcr.io/acme/api:1").is_err(),
        "a repository has no tag"
    );
}

#[test]
fn a_version_is_a_tag_a_digest_or_both() {
    let a = digest('a');
    assert_eq!(Version::parse("1.4.2").unwrap().to_string(), "1.4.2");
    let both = Version::parse(&format!("1.4.2@{a}")).unwrap();
    assert_eq!(
        (both.tag.as_deref(), both.digest.as_deref()),
        (Some("1.4.2"), Some(a.as_str()))
    );
    let alone = Version::parse(&a).unwrap();
    assert_eq!((alone.tag, alone.digest.as_deref()), (None, Some(a.as_str())));
}

#[test]
fn a_tag_that_cannot_be_one_says_which_character_is_wrong() {
    let long = "a".repeat(129);
    let cases = [
        ("", "a tag is missing"),
        (
            "1.4\n2",
            "`1.4\\n2` is not a tag: a line break cannot stand there (character 4)",
        ),
        (
            "1.4 2",
            "`1.4 2` is not a tag: a blank cannot stand there (character 4)",
        ),
        ("1.4#2", "`1.4#2` is not a tag: `#` cannot stand there (character 4)"),
        ("1.4\t", "`1.4\\t` is not a tag: a tab cannot stand there (character 4)"),
        ("-rc1", "`-rc1` is not a tag: `-` cannot stand at its start"),
        (
            "v1.0+build",
            "`v1.0+build` is not a tag: `+` cannot stand there (character 5)",
        ),
        (
            long.as_str(),
            "`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` is not a tag: it has 129 characters, 128 are allowed",
        ),
        (
            "sha256:abc",
            "`sha256:abc` is not a digest: 64 characters must follow `sha256:`",
        ),
        (
            "1@md5:abc",
            "`md5:abc` is not a digest: its algorithm is none of `sha256`, `sha384`, `sha512`",
        ),
        ("1@abc", "`abc` is not a digest: it does not start with `sha256:`"),
        (
            "sha256:XYZ",
            "`sha256:XYZ` is not a digest: `X` cannot stand there (character 8)",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(Version::parse(text).unwrap_err().to_string(), message);
    }
    assert!(Version::parse(&"a".repeat(128)).is_ok());
}
