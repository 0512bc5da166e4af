//! Git against real repositories, made and judged by the `git` program.
