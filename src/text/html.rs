//! Pages and pictures that need nothing else: no script, no font, no picture, no address is loaded.

/// Returns a whole page. `style` is CSS, `body` is markup; only the title is text.
pub(crate) fn page(title: &str, style: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )
}

/// Text that is nothing but text, between tags and in quotes, in HTML and in SVG.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            // Bidirectional controls would show another text than there is.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            // XML has no way to write these.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Returns a link where the address is one of the web, and the text alone otherwise.
pub(crate) fn link(address: &str, text: &str) -> String {
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    match is_web {
        true => format!(
            "<a href=\"{}\" rel=\"noreferrer\">{}</a>",
            escaped(address),
            escaped(text)
        ),
        false => escaped(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, link};

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            escaped("<script>alert('x')</script> & \"y\""),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;"
        );
        assert_eq!(escaped("a\u{202e}b\u{1b}[31m"), "a\u{fffd}b\u{fffd}[31m");
    }

    #[test]
    fn an_address_that_is_none_of_the_web_is_no_link() {
        assert_eq!(link("javascript:alert(1)", "#5"), "#5");
        assert!(link("https://example.com/?a=\"", "#5").contains("a=&quot;\""));
    }
}
