//! Unified diffs, made from splices: only the lines around them are looked at.
