//! Templates of an ApplicationSet, as far as its own lists say what they come to.

/// A name that a template knows and what stands in its place.
pub(super) type Element = Vec<(String, String)>;

/// Tells whether a text holds a template.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// Replaces each `{{name}}` by what the element says, and what it does not say by `*`.
pub(super) fn fill(text: &str, element: &Element) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        filled.push_str(&rest[..start]);
        let Some(end) = rest[start..].find("}}") else {
            rest = &rest[start..];
            break;
        };
        let name = rest[start + 2..start + end].trim().trim_start_matches('.');
        match element.iter().find(|(known, _)| known == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push('*'),
        }
        rest = &rest[start + end + 2..];
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn a_template_takes_what_its_element_says_and_leaves_the_rest_open() {
        let element = vec![("env".to_owned(), "dev".to_owned())];
        assert_eq!(fill("overlays/{{env}}", &element), "overlays/dev");
        assert_eq!(fill("overlays/{{ .env }}/x", &element), "overlays/dev/x");
        assert_eq!(fill("apps/{{name}}/{{env}}", &element), "apps/*/dev");
        assert_eq!(fill("plain", &element), "plain");
        assert_eq!(fill("{{open", &element), "{{open");
    }
}
