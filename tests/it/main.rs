//! The integration tests: one binary, one module a topic. `house.rs` compares this list with the directory.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that fails says so by panicking; it starts programs and writes files of its own"
)]

mod acceptance;
#[cfg(unix)]
mod action;
mod audit;
mod audit_forges;
mod audit_landed;
mod awkward;
mod bad_input;
mod beside;
mod bump;
mod bump_environments;
mod bump_latest;
mod bump_reach;
mod bump_verify;
mod check;
mod check_fix;
mod check_pairs;
mod check_references;
mod check_registry;
mod check_sarif;
mod check_sites;
mod ci_gitlab;
mod ci_init;
mod completions;
mod completions_kept;
mod config;
mod demo;
mod demo_strategies;
mod did_you_mean;
mod diff;
mod drawings;
mod drift;
mod errors;
mod exit_codes;
mod faults;
mod forge_azure_devops;
mod forge_bitbucket_cloud;
mod forge_bitbucket_data_center;
mod forge_gitea;
mod forge_github;
mod forge_gitlab;
mod from_file;
mod fuzz_corpus;
#[path = "../fuzz/targets/mod.rs"]
mod fuzz_targets;
mod generated;
#[expect(
    clippy::too_many_arguments,
    clippy::needless_range_loop,
    reason = "a history is told by who, what, where and upon what"
)]
#[path = "../histories/mod.rs"]
mod generated_histories;
mod harness;
mod help;
mod histories;
mod house;
mod ignored;
mod images;
mod impact;
mod interrupted;
mod landing_ci;
mod landing_commit;
mod landing_pr;
mod landing_pr_forges;
mod landing_pr_refusals;
mod landing_pr_wait;
mod landing_push;
mod landing_repo;
mod landing_source;
mod log;
mod manners;
mod overlay_bad_input;
mod overlay_get;
mod overlay_landing;
mod overlay_landing_branches;
mod overlay_landing_drift;
mod overlay_new;
mod overlay_secrets;
mod overlay_set;
mod overlay_short;
mod overlay_unset;
mod pager;
mod pages;
mod places;
mod pr_trust;
#[cfg(unix)]
mod progress;
mod promote;
mod promote_trial;
mod race;
mod registry_errors;
mod registry_trust;
#[cfg(unix)]
mod release;
mod rollback;
mod schemas;
mod security;
mod smart_http;
mod status;
mod strategy_chain;
mod strategy_fan_out;
mod strategy_trunk;
mod strategy_trunk_settings;
mod superseded;
mod tags;
mod terraform_comment;
mod terraform_gate;
mod terraform_images;
mod terraform_summary;
mod track;
mod tty;
mod tty_bump;
mod tty_missing;
mod tty_promote;
mod tty_rules;
#[path = "../workflows/mod.rs"]
mod workflows;
mod yaml;
mod yaml_command;
