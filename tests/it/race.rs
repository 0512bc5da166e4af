//! Eight writers and one branch: all land, none is lost, none is there twice.

use crate::harness::http_git::GitHttp;
use crate::harness::race::{Layout, Race};

const WRITERS: usize = 8;

/// The race, and the same again, which finds that everything is so already.
fn all_land_and_a_second_time_changes_nothing(layout: Layout) {
    let race = Race::new(WRITERS, layout);
    race.clones(&race.file_url());
    let first = race.run(|writer| race.bump(writer));
    first.expect_all(&race);
    println!("race: {WRITERS} writers, {layout:?}: {:.1} s", first.took.as_secs_f64());
    let again = race.run(|writer| race.bump(writer));
    again.expect_all(&race);
}

#[test]
fn eight_writers_of_eight_files_all_land() {
    all_land_and_a_second_time_changes_nothing(Layout::OwnFiles);
}

#[test]
fn eight_writers_of_one_file_all_land() {
    all_land_and_a_second_time_changes_nothing(Layout::OneFile);
}

#[test]
fn eight_writers_over_http_that_share_what_is_kept_of_the_repository_all_land() {
    let race = Race::new(WRITERS, Layout::OneFile);
    let server = GitHttp::serve(race.sandbox.root());
    let url = server.url("remote.git");
    race.run(|writer| race.bump_by_address(writer, &url)).expect_all(&race);
    assert!(server.pushes() >= WRITERS, "{}", server.log());
}
