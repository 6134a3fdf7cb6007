//! Folders and the names in them: listing, making, removing, renaming, linking.
#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirEntryExt, FileTypeExt};

use crate::modules::os::argument::{
    Target, checked, checked_pair, folder, int, name_value, path, target, target_or_here,
};
use crate::object::arguments::Truth;
use crate::object::context::Context;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::os_error::os_error;
use crate::object::value::Value;

/// The functions.
pub const FUNCTIONS: &[Declaration] = &[
    plain("fspath(path, /)", fspath, "Return the str or bytes of a path."),
    plain("getcwd()", getcwd, "Return the working folder."),
    plain("chdir(path)", chdir, "Make a folder the working folder."),
    plain("fchdir(fd)", fchdir, "Make an open folder the working folder."),
    plain("listdir(path=None)", listdir, "Return the names in a folder."),
    plain("_scandir(path, /)", scandir, "Return names, inodes and kinds of what is in a folder."),
    plain("mkdir(path, mode=511, *, dir_fd=None)", mkdir, "Make a folder."),
    plain("rmdir(path, *, dir_fd=None)", rmdir, "Remove an empty folder."),
    plain("remove(path, *, dir_fd=None)", remove, "Remove a file."),
    plain("unlink(path, *, dir_fd=None)", unlink, "Remove a file."),
    plain("rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None)", rename, "Rename a file or folder."),
    plain("replace(src, dst, *, src_dir_fd=None, dst_dir_fd=None)", replace, "Rename, over what is there."),
    plain("symlink(src, dst, target_is_directory=False, *, dir_fd=None)", symlink, "Make a symbolic link to src."),
    plain(
        "link(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)",
        link,
        "Give a file a second name.",
    ),
    plain("readlink(path, *, dir_fd=None)", readlink, "Return where a symbolic link leads."),
    plain("mkfifo(path, mode=438, *, dir_fd=None)", mkfifo, "Make a named pipe."),
];

fn fspath(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    use crate::object::native::Check;
    let value = args.get(0);
    if value.is::<crate::object::string::Str>() || value.is::<crate::object::bytes::Bytes>() {
        return Ok(value);
    }
    let name = cx.names.__fspath__;
    if crate::object::arguments::has_special(cx, value, name) {
        return Err(cx.call_special(value, name, &[], Check::Path));
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("expected str, bytes or os.PathLike object, not {found}")))
}

fn getcwd(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    match std::env::current_dir() {
        Ok(folder) => Ok(name_value(cx, folder.as_os_str().as_bytes(), false)),
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}

fn chdir(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let target = target(cx, args, 0, "chdir")?;
    let result = match &target {
        // SAFETY: the path ends in a null byte.
        Target::Path(path) => unsafe { libc::chdir(path.text.as_ptr()) },
        // SAFETY: the call takes a number.
        Target::Descriptor(number) => unsafe { libc::fchdir(*number) },
    };
    checked(cx, result as i64, target.value())?;
    Ok(Value::NONE)
}

fn fchdir(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = int(cx, args, 0)?;
    // SAFETY: the call takes a number.
    checked(cx, unsafe { libc::fchdir(number) } as i64, Value::UNBOUND)?;
    Ok(Value::NONE)
}

/// What stands in a folder.
fn entries(cx: &mut Context, target: &Target) -> Result<Vec<std::fs::DirEntry>, Stop> {
    let found = match target {
        Target::Path(path) => std::fs::read_dir(OsStr::from_bytes(path.text.as_bytes())),
        Target::Descriptor(number) => {
            // SAFETY: the call takes numbers.
            checked(cx, unsafe { libc::fcntl(*number, libc::F_GETFD) } as i64, Value::UNBOUND)?;
            std::fs::read_dir(format!("/dev/fd/{number}"))
        }
    };
    match found.and_then(|entries| entries.collect()) {
        Ok(entries) => Ok(entries),
        Err(error) => Err(os_error(cx, &error, target.value())),
    }
}

fn gives_bytes(target: &Target) -> bool {
    matches!(target, Target::Path(path) if path.is_bytes)
}

fn listdir(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let target = target_or_here(cx, args, 0, "listdir")?;
    let is_bytes = gives_bytes(&target);
    let entries = entries(cx, &target)?;
    let names = entries.iter().map(|entry| name_value(cx, entry.file_name().as_bytes(), is_bytes)).collect();
    Ok(cx.list(names))
}

/// The bits of the mode that say what an entry is; 0 if that is not known.
fn kind_of(entry: &std::fs::DirEntry) -> i64 {
    let Ok(kind) = entry.file_type() else { return 0 };
    let bits = if kind.is_file() {
        libc::S_IFREG
    } else if kind.is_dir() {
        libc::S_IFDIR
    } else if kind.is_symlink() {
        libc::S_IFLNK
    } else if kind.is_fifo() {
        libc::S_IFIFO
    } else if kind.is_socket() {
        libc::S_IFSOCK
    } else if kind.is_char_device() {
        libc::S_IFCHR
    } else if kind.is_block_device() {
        libc::S_IFBLK
    } else {
        0
    };
    bits as i64
}

fn scandir(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let target = target(cx, args, 0, "scandir")?;
    let is_bytes = gives_bytes(&target);
    let entries = entries(cx, &target)?;
    let mut found = Vec::with_capacity(entries.len());
    for entry in &entries {
        let name = name_value(cx, entry.file_name().as_bytes(), is_bytes);
        let inode = cx.int(entry.ino() as i64);
        found.push(cx.tuple(&[name, inode, Value::small(kind_of(entry))]));
    }
    Ok(cx.list(found))
}

fn mkdir(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (path, mode, folder) = (path(cx, args, 0, "mkdir", "path")?, int(cx, args, 1)?, folder(cx, args, 2)?);
    // SAFETY: the path ends in a null byte.
    let result = unsafe { libc::mkdirat(folder, path.text.as_ptr(), mode as libc::mode_t) };
    checked(cx, result as i64, path.value)?;
    Ok(Value::NONE)
}

fn unlink_at(cx: &mut Context, args: Args<'_>, function: &str, flags: i32) -> Result<Value, Stop> {
    let (path, folder) = (path(cx, args, 0, function, "path")?, folder(cx, args, 1)?);
    // SAFETY: as above.
    let result = unsafe { libc::unlinkat(folder, path.text.as_ptr(), flags) };
    checked(cx, result as i64, path.value)?;
    Ok(Value::NONE)
}

fn rmdir(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unlink_at(cx, args, "rmdir", libc::AT_REMOVEDIR)
}

fn remove(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unlink_at(cx, args, "remove", 0)
}

fn unlink(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unlink_at(cx, args, "unlink", 0)
}

fn rename_at(cx: &mut Context, args: Args<'_>, function: &str) -> Result<Value, Stop> {
    let (from, to) = (path(cx, args, 0, function, "src")?, path(cx, args, 1, function, "dst")?);
    let (from_folder, to_folder) = (folder(cx, args, 2)?, folder(cx, args, 3)?);
    // SAFETY: both paths end in null bytes.
    let result = unsafe { libc::renameat(from_folder, from.text.as_ptr(), to_folder, to.text.as_ptr()) };
    checked_pair(cx, result, &from, &to)
}

fn rename(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    rename_at(cx, args, "rename")
}

fn replace(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    rename_at(cx, args, "replace")
}

fn symlink(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (from, to) = (path(cx, args, 0, "symlink", "src")?, path(cx, args, 1, "symlink", "dst")?);
    let folder = folder(cx, args, 3)?;
    // SAFETY: both paths end in null bytes.
    let result = unsafe { libc::symlinkat(from.text.as_ptr(), folder, to.text.as_ptr()) };
    checked_pair(cx, result, &from, &to)
}

fn link(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (from, to) = (path(cx, args, 0, "link", "src")?, path(cx, args, 1, "link", "dst")?);
    let (from_folder, to_folder) = (folder(cx, args, 2)?, folder(cx, args, 3)?);
    let flags = if Truth::of(cx, args.get(4), 4)? { libc::AT_SYMLINK_FOLLOW } else { 0 };
    // SAFETY: both paths end in null bytes.
    let result = unsafe { libc::linkat(from_folder, from.text.as_ptr(), to_folder, to.text.as_ptr(), flags) };
    checked_pair(cx, result, &from, &to)
}

fn readlink(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (path, folder) = (path(cx, args, 0, "readlink", "path")?, folder(cx, args, 1)?);
    let mut room = vec![0u8; libc::PATH_MAX as usize];
    // SAFETY: the range is that of the vector.
    let result = unsafe { libc::readlinkat(folder, path.text.as_ptr(), room.as_mut_ptr().cast(), room.len()) };
    let length = checked(cx, result as i64, path.value)? as usize;
    Ok(name_value(cx, &room[..length], path.is_bytes))
}

fn mkfifo(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (path, mode) = (path(cx, args, 0, "mkfifo", "path")?, int(cx, args, 1)?);
    // SAFETY: the path ends in a null byte.
    let result = unsafe { libc::mkfifo(path.text.as_ptr(), mode as libc::mode_t) };
    checked(cx, result as i64, path.value)?;
    Ok(Value::NONE)
}
