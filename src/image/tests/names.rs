use super::digest;
use crate::image::{BumpWord, Fit, Name, Repository};

fn repository(text: &str) -> Repository {
    Repository::parse(text).unwrap()
}

#[test]
fn a_name_fits_the_repositories_that_end_in_it() {
    let cases = [
        ("api", "ghcr.io/acme/api", Some(Fit::Short)),
        ("acme/api", "ghcr.io/acme/api", Some(Fit::Short)),
        ("ghcr.io/acme/api", "ghcr.io/acme/api", Some(Fit::Full)),
        ("pi", "ghcr.io/acme/api", None),
        ("acme", "ghcr.io/acme/api", None),
        ("nginx", "nginx", Some(Fit::Short)),
        ("nginx", "docker.io/library/nginx", Some(Fit::Short)),
        ("nginx", "ghcr.io/acme/nginx", Some(Fit::Short)),
        ("docker.io/library/nginx", "nginx", Some(Fit::Full)),
        ("index.docker.io/library/nginx", "nginx", Some(Fit::Full)),
        ("acme/api", "docker.io/acme/api", Some(Fit::Short)),
        ("localhost:5000/api", "localhost:5000/api", Some(Fit::Full)),
    ];
    for (name, image, fit) in cases {
        assert_eq!(
            Name::parse(name).unwrap().fit(&repository(image)),
            fit,
            "{name} for {image}"
        );
    }
}

#[test]
fn a_short_name_that_fits_several_repositories_picks_them_all() {
    let all = [
        repository("ghcr.io/acme/api"),
        repository("ghcr.io/shop/api"),
        repository("ghcr.io/acme/web"),
    ];
    let picked = Name::parse("api").unwrap().pick(&all);
    assert_eq!(picked.len(), 2);
    assert_eq!(Name::parse("shop/api").unwrap().pick(&all), [&all[1]]);
    assert_eq!(Name::parse(all[0].normalised()).unwrap().pick(&all), [&all[0]]);
    assert_eq!(Name::parse("ghcr.io/acme/web").unwrap().last_segment(), "web");
}

#[test]
fn every_form_of_bump_is_read() {
    let a = digest('a');
    let cases = [
        ("api=1.4.2", "api", "", "1.4.2"),
        ("api=1.4.2@{a}", "api", "", "1.4.2@{a}"),
        ("api={a}", "api", "", "{a}"),
        ("ghcr.io/acme/api=1.4.2", "ghcr.io/acme/api", "", "1.4.2"),
        ("ghcr.io/acme/api:1.4.2", "ghcr.io/acme/api", "", "1.4.2"),
        ("ghcr.io/acme/api:1.4.2@{a}", "ghcr.io/acme/api", "", "1.4.2@{a}"),
        ("ghcr.io/acme/api@{a}", "ghcr.io/acme/api", "", "{a}"),
        ("api=ghcr.io/acme/api-v2:1.4.2", "api", "ghcr.io/acme/api-v2", "1.4.2"),
        ("api=api-v2:1.4.2", "api", "api-v2", "1.4.2"),
        ("localhost:5000/api=1.4.2", "localhost:5000/api", "", "1.4.2"),
        ("localhost:5000/api:1.4.2", "localhost:5000/api", "", "1.4.2"),
        (
            "api=localhost:5000/api:1.4.2@{a}",
            "api",
            "localhost:5000/api",
            "1.4.2@{a}",
        ),
        ("api:1", "api", "", "1"),
    ];
    for (word, name, rename, version) in cases {
        let (word, version) = (word.replace("{a}", &a), version.replace("{a}", &a));
        let read = BumpWord::parse(&word).unwrap_or_else(|why| panic!("{word}: {why}"));
        assert_eq!(read.name.as_str(), name, "{word}");
        assert_eq!(read.rename.map(|r| r.to_string()).unwrap_or_default(), rename, "{word}");
        assert_eq!(read.version.to_string(), version, "{word}");
    }
}

#[test]
fn a_word_of_bump_that_cannot_be_read_says_why() {
    let cases = [
        (
            "api",
            "`api` is not an image with a version: neither `=VERSION` nor `:TAG` follows",
        ),
        ("api=", "a version is missing"),
        ("=1.4.2", "an image name is missing"),
        (
            "api=1.4 2",
            "`1.4 2` is not a tag: a blank cannot stand there (character 4)",
        ),
        ("api:1=2", "`api:1` is not an image name: it has a version of its own"),
        (
            "a b=1",
            "`a b` is not an image name: a blank cannot stand there (character 2)",
        ),
        (
            "api=ghcr.io/acme/api-v2",
            "`ghcr.io/acme/api-v2` is not an image with a version: neither `=VERSION` nor `:TAG` follows",
        ),
        (
            "api=sha256:abc",
            "`sha256:abc` is not a digest: 64 characters must follow `sha256:`",
        ),
        (
            "ghcr.io/Acme/api:1",
            "`ghcr.io/Acme/api:1` is not an image reference: `A` cannot stand there (character 9)",
        ),
        (
            "api=1:2",
            "`1:2` is not a version: what stands before the `:` has no letter, so it is no image, and a tag holds no `:`",
        ),
        (
            "api=1.4.2:foo",
            "`1.4.2:foo` is not a version: what stands before the `:` has no letter, so it is no image, and a tag holds no `:`",
        ),
        (
            "api=shb256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "`shb256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` is not a version: 64 hexadecimal digits are a digest, which begins with `sha256:`",
        ),
    ];
    for (word, message) in cases {
        assert_eq!(BumpWord::parse(word).unwrap_err().to_string(), message);
    }
}
