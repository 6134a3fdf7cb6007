//! Where the history of inputs is kept.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// So many inputs are remembered.
pub const LONGEST: usize = 10_000;

/// Longer inputs are not.
pub const LONGEST_INPUT: usize = 1 << 16;

/// The file: what COROLANG_HISTORY names, else one in the folder for state, which is made. None if there can be none;
/// an empty COROLANG_HISTORY wants none.
pub fn file() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name);
    let file = place(variable("COROLANG_HISTORY"), variable("XDG_STATE_HOME"), variable("HOME"))?;
    if let Some(folder) = file.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    Some(file)
}

fn place(own: Option<OsString>, state: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    if let Some(own) = own {
        return (!own.is_empty()).then(|| PathBuf::from(own));
    }
    // The convention has relative paths ignored.
    let state = state.map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(Path::new(&home?).join(".local/state")))?;
    Some(state.join("corolang/history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_say_where() {
        let text = |text: &str| Some(OsString::from(text));
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(place(text("/a"), text("/s"), text("/h")), path("/a"));
        assert_eq!(place(text(""), text("/s"), text("/h")), None);
        assert_eq!(place(None, text("/s"), text("/h")), path("/s/corolang/history"));
        assert_eq!(place(None, text("s"), text("/h")), path("/h/.local/state/corolang/history"));
        assert_eq!(place(None, None, None), None);
    }
}
