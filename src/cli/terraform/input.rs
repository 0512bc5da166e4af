//! Where a plan and texts come from: a file, or standard input.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::cli::Context;
use crate::error::{Error, Kind};
use crate::git::open::find_root;
use crate::text::encoding;

/// What standard input is called in complaints.
const STDIN: &str = "standard input";

/// Opens a file, or standard input if it is called `-` or not at all; with the name for complaints.
///
/// # Errors
/// [`crate::error::Kind::NotFound`] if there is no such file.
pub(super) fn open(context: &Context, file: Option<&str>) -> Result<(String, Box<dyn Read>), Error> {
    match file {
        None | Some("-") => Ok((STDIN.to_owned(), Box::new(std::io::stdin().lock()))),
        Some(file) => {
            let path = context.place.resolve(&context.process).directory.join(file);
            let opened = File::open(path).map_err(|cause| Error::files(file, "cannot read", &cause))?;
            Ok((file.to_owned(), Box::new(opened)))
        }
    }
}

/// What was read, and from where.
pub(super) struct Input {
    /// For complaints.
    pub(super) name: String,
    /// None if there is no such file.
    pub(super) bytes: Option<Vec<u8>>,
}

/// Reads all of a file, or of standard input.
///
/// # Errors
/// [`crate::error::Kind::Files`] if it is there and cannot be read.
pub(super) fn read(context: &Context, file: Option<&str>) -> Result<Input, Error> {
    let name = file.filter(|file| *file != "-").unwrap_or(STDIN).to_owned();
    let bytes = match file {
        None | Some("-") => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        }
        Some(file) => std::fs::read(context.place.resolve(&context.process).directory.join(file)),
    };
    match bytes {
        Ok(bytes) => Ok(Input {
            name,
            bytes: Some(bytes),
        }),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(Input { name, bytes: None }),
        Err(cause) => Err(Error::files(&name, "cannot read", &cause)),
    }
}

/// Reads a text that a program has written, in whatever form of Unicode.
///
/// # Errors
/// [`crate::error::Kind::NotFound`] if there is no such file.
pub(super) fn text(context: &Context, file: &str) -> Result<String, Error> {
    let path = context.place.resolve(&context.process).directory.join(file);
    let bytes = std::fs::read(path).map_err(|cause| Error::files(file, "cannot read", &cause))?;
    Ok(encoding::of_utf16(&bytes).unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Where the command works, as a path in the repository; empty at its top, and where there is none.
///
/// # Errors
/// [`Kind::Refused`] if the path is not UTF-8.
pub(super) fn below(context: &Context) -> Result<String, Error> {
    let directory = context.place.resolve(&context.process).directory;
    let root = match context.place.repo {
        Some(_) => None,
        None => find_root(&directory),
    };
    let below = root.and_then(|root| directory.strip_prefix(root).map(Path::to_path_buf).ok());
    let names = below.iter().flatten().map(|name| {
        name.to_str().ok_or_else(|| {
            let what = format!("the path `{}` is not UTF-8", directory.display());
            Error::new(Kind::Refused, "path-not-utf8", what)
        })
    });
    Ok(names.collect::<Result<Vec<&str>, Error>>()?.join("/"))
}
