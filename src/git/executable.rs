//! Where a program that is started by its name stands.

use std::ffi::{OsStr, OsString};
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The program as it is started: by its full name where that is known, since a name that is to be looked up has std copy the whole process
/// first. What may depend on the directory that it runs in, or has to go through a shell, keeps its name.
pub(super) fn named(program: &OsStr, path: Option<&String>) -> OsString {
    static FOUND: OnceLock<(OsString, String, Option<PathBuf>)> = OnceLock::new();
    let path = path.map_or("", String::as_str);
    let (of, on, found) = FOUND.get_or_init(|| (program.to_owned(), path.to_owned(), in_path(program, path)));
    match found {
        Some(found) if of == program && on == path => found.clone().into(),
        _ => program.to_owned(),
    }
}

/// Where a program stands on a path, as `execvp` finds it; none where that is not plain.
#[cfg(unix)]
fn in_path(program: &OsStr, path: &str) -> Option<PathBuf> {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
    const FOR_ALL: u32 = 0o111;
    if program.as_encoded_bytes().contains(&b'/') {
        return None;
    }
    for directory in path.split(':').map(Path::new) {
        if !directory.is_absolute() {
            return None;
        }
        let file = directory.join(program);
        let about = match std::fs::metadata(&file) {
            Ok(about) => about,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => continue,
            Err(_) => return None,
        };
        let mut first = [0; 4];
        let is_binary = std::fs::File::open(&file)
            .and_then(|mut file| file.read_exact(&mut first))
            .is_ok_and(|()| BINARIES.contains(&first));
        let is_plain = about.is_file() && about.permissions().mode() & FOR_ALL == FOR_ALL && is_binary;
        return is_plain.then_some(file);
    }
    None
}

/// How programs begin that the system starts by itself: ELF, and Mach-O for one processor and for several.
#[cfg(unix)]
const BINARIES: [[u8; 4]; 3] = [*b"\x7fELF", [0xcf, 0xfa, 0xed, 0xfe], [0xca, 0xfe, 0xba, 0xbe]];

#[cfg(not(unix))]
fn in_path(_program: &OsStr, _path: &str) -> Option<PathBuf> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::in_path;

    fn program(directory: &Path, text: &[u8]) {
        fs::create_dir_all(directory).unwrap();
        let file = directory.join("tool");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_first_of_its_name_is_taken_and_what_is_not_plain_is_left_to_the_system() {
        let place = tempfile::tempdir().unwrap();
        let [none, binary, script, other] = ["none", "binary", "script", "other"].map(|name| place.path().join(name));
        fs::create_dir(&none).unwrap();
        program(&binary, b"\x7fELF and more");
        program(&script, b"#!/bin/sh\n");
        program(&other, b"\x7fELF and more");
        let path = |directories: &[&Path]| {
            let all: Vec<_> = directories.iter().map(|it| it.to_str().unwrap()).collect();
            in_path("tool".as_ref(), &all.join(":"))
        };
        assert_eq!(path(&[&none, &binary, &other]), Some(binary.join("tool")));
        // Another one further back is not the one that would be started.
        assert_eq!(path(&[&script, &binary]), None);
        assert_eq!(path(&[Path::new("."), &binary]), None);
        assert_eq!(path(&[Path::new(""), &binary]), None);
        assert_eq!(path(&[&none]), None);
        fs::set_permissions(binary.join("tool"), fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(path(&[&binary, &other]), None);
        assert_eq!(in_path("./tool".as_ref(), other.to_str().unwrap()), None);
    }
}
