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
pub(super) fn in_path(program: &OsStr, path: &str) -> Option<PathBuf> {
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
pub(super) fn in_path(_program: &OsStr, _path: &str) -> Option<PathBuf> {
    None
}
