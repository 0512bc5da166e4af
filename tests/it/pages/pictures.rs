//! Pictures of a terminal, made of real runs: `RAKOPS_UPDATE=1 cargo test --test it pages::pictures` draws them again.

use std::path::Path;

use anstyle_svg::Term;

use super::ground::Ground;
use super::run::{Colour, screen};
use crate::harness::golden::compare;

/// A picture: its file below `docs/pictures/`, where its commands run, and the commands.
struct Picture(&'static str, &'static str, &'static [&'static str]);

const PICTURES: &[Picture] = &[
    Picture(
        "bump",
        "shop",
        &[
            "rakops images api",
            "rakops bump api=1.4.2 worker=1.10 --env dev",
            "git diff -U1",
        ],
    ),
    Picture(
        "promote",
        "shop on GitHub",
        &["rakops promote stg prd -n", "rakops promote stg prd --pr"],
    ),
    Picture(
        "status",
        "shop on GitHub",
        &["rakops status", "rakops bump api=1.3.9 --env prd"],
    ),
];

#[test]
fn pictures_show_what_really_happens() {
    let complaints: Vec<String> = PICTURES.iter().filter_map(|picture| draw(picture).err()).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn draw(Picture(name, place, commands): &Picture) -> Result<(), String> {
    let mut ground = Ground::named(place);
    let mut shown = String::new();
    for command in *commands {
        shown.push_str(&format!("\u{1b}[32m$\u{1b}[0m \u{1b}[1m{command}\u{1b}[0m\n"));
        shown.push_str(&screen(&mut ground, command, Colour::With));
    }
    let svg = Term::new().render_svg(&shown);
    compare(Path::new(&format!("docs/pictures/{name}.svg")), &svg, "pages::pictures")
}

#[test]
fn no_picture_is_left_over() {
    let there = std::fs::read_dir(crate::harness::golden::project().join("docs/pictures"));
    for entry in there.into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = PICTURES.iter().any(|Picture(known, ..)| name == format!("{known}.svg"));
        assert!(known, "docs/pictures/{name} is drawn by nothing");
    }
}
