//! Command lines that rakops prints or that a page shows: can they be typed?

/// Fails the test if a `help: rakops …` or `next: rakops …` line on stderr does not parse.
#[track_caller]
pub(crate) fn assert_can_be_typed(stderr: &str) {
    for line in stderr.lines() {
        let advice = line.strip_prefix("help: ").or_else(|| line.strip_prefix("next: "));
        if let Some(command) = advice.filter(|text| is_command(text))
            && let Err(why) = parse(command)
        {
            panic!("advice that cannot be typed\n  {line}\n{why}");
        }
    }
}

fn is_command(text: &str) -> bool {
    text == "rakops" || text.starts_with("rakops ")
}

/// Parses a whole `rakops …` line, as a shell would hand it over, with the real command line.
pub(crate) fn parse(line: &str) -> Result<(), String> {
    let words = words(line)?;
    match command().try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(shown) if !shown.use_stderr() => Ok(()),
        Err(why) => Err(why.to_string()),
    }
}

/// The real command line.
pub(crate) fn command() -> clap::Command {
    rakops::command()
}

/// Splits a line as a POSIX shell does, as far as pages and hints need it: quotes, backslashes, a comment at the end.
/// Ends at the first `|`, `>`, `&&` or `;`, so that only the first program is looked at.
pub(crate) fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        None => return Err(format!("a quote is not closed: {line}")),
                        Some(end) if end == c => break,
                        Some('\\') if c == '"' => word.extend(chars.next()),
                        Some(inner) => word.push(inner),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '#' if word.is_none() => break,
            '|' | '>' | '<' | ';' | '&' => break,
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// A word as one would type it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+^%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[test]
fn lines_are_split_as_a_shell_does() {
    let split = |line: &str| words(line).unwrap();
    assert_eq!(
        split("rakops bump 'a b=1' \"c\\\"d\"  # why"),
        ["rakops", "bump", "a b=1", "c\"d"]
    );
    assert_eq!(
        split("rakops images -o json | jq ."),
        ["rakops", "images", "-o", "json"]
    );
    assert_eq!(
        split("rakops yaml set f.yaml a[0]=''"),
        ["rakops", "yaml", "set", "f.yaml", "a[0]="]
    );
    assert!(words("rakops 'x").is_err());
}

#[test]
fn quoted_words_come_back_as_they_were() {
    for word in ["plain", "a b", "it's", "", "values[\"x\"]=1"] {
        assert_eq!(words(&quoted(word)).unwrap(), [word]);
    }
}

/// The words of every command that does something, such as `yaml set`, without the program's name.
pub(crate) fn commands() -> Vec<String> {
    fn gather(command: &clap::Command, above: &str, found: &mut Vec<String>) {
        for below in command.get_subcommands() {
            let name = format!("{above}{}", below.get_name());
            if below.has_subcommands() {
                gather(below, &format!("{name} "), found);
            } else {
                found.push(name);
            }
        }
    }
    let mut root = command();
    root.build();
    let mut found = Vec::new();
    gather(&root, "", &mut found);
    found
}
