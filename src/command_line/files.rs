//! The files that the command is given: reading a source text, and kind words where something is wrong with one.

use std::io::{self, Read};
use std::path::Path;

use crate::command_line::{CHOICES, COMMANDS};
use crate::object::os_error::words;
use crate::text::source_encoding::{Refusal, source_text};
use crate::text::suggest::closest;

/// The options that write a file, each with a name for that.
const OUTPUTS: &[(&str, &str)] = &[("timeline", "out.html"), ("trace", "out.json"), ("profile", "out.txt")];

/// Reads a source text, `-` from the standard input, or says why not.
pub fn read(file: &str) -> Result<String, String> {
    if file != "-" {
        return read_file(file);
    }
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map_err(|error| words(&error))?;
    decode(file, bytes)
}

/// As `read`, of a file even if it is called `-`.
pub fn read_file(file: &str) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|error| refusal(file, &error))?;
    decode(file, bytes)
}

fn decode(file: &str, bytes: Vec<u8>) -> Result<String, String> {
    source_text(&bytes).map_err(|refusal| match refusal {
        Refusal::Invalid(..) if bytes.contains(&0) => format!("'{file}' is a binary file, not a script"),
        Refusal::Invalid(encoding, at, _) => {
            let line = bytes[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
            let name = encoding.name().to_uppercase();
            format!("line {line} of '{file}' is not {name}: it has a byte {:#04x}; save the file as UTF-8", bytes[at])
        }
        Refusal::Unknown(name) => format!("'{file}' says it is in an encoding '{name}', which there is not"),
        Refusal::Marked(name) => format!("'{file}' says it is in '{name}', and begins with the mark of UTF-8"),
    })
}

/// Why a file cannot be read, and which may have been meant.
fn refusal(file: &str, error: &io::Error) -> String {
    let refusal = format!("can't open file '{file}': {}", words(error));
    if error.kind() != io::ErrorKind::NotFound {
        return refusal;
    }
    let path = Path::new(file);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return format!("{refusal}; there is no folder '{}'", folder.display());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match near_file(folder.unwrap_or(Path::new(".")), &name) {
        Some(near) => format!("{refusal}; did you mean '{}'?", path.with_file_name(near).display()),
        None => refusal,
    }
}

/// The file or program of a folder that a name comes nearest to.
fn near_file(folder: &Path, name: &str) -> Option<String> {
    let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    // An ending that was left out, or is a slip.
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let with_suffix = [name, stem].map(|name| [".co", ".py"].map(|suffix| format!("{name}{suffix}")));
    let found = with_suffix.iter().flatten().find(|name| names.contains(name)).map(String::as_str);
    found.or_else(|| closest(name, names.iter().map(String::as_str))).map(String::from)
}

/// What to say of a first word that is neither a command nor a file but nearly a command; None of any other.
pub fn misspelt_command(word: &str) -> Option<String> {
    let is_file = ["", ".co", ".py"].iter().any(|suffix| Path::new(&format!("{word}{suffix}")).exists());
    if is_file || !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let meant = match word {
        "help" | "version" => format!("--{word}"),
        _ => closest(word, COMMANDS.iter().map(|command| command.name).filter(|name| !name.is_empty()))?.to_string(),
    };
    Some(format!("no command '{word}'; did you mean '{meant}'?"))
}

/// Refuses to write over what looks like the script, since the name of the output was forgotten.
pub fn check_output(option: &str, file: &str) -> Result<(), String> {
    let is_script = [".co", ".py"].iter().any(|suffix| file.ends_with(suffix));
    let example = OUTPUTS.iter().find(|(name, _)| *name == option);
    match example.filter(|_| is_script) {
        Some((_, output)) => Err(format!(
            "--{option} writes a file, and '{file}' is a script; name one before it: --{option} {output} {file}"
        )),
        None => Ok(()),
    }
}

/// What to say of an option of the command that stands behind a script which takes no arguments, as far as its text
/// tells; None if all is well.
pub fn misplaced_option(file: &str, text: &str, arguments: &[String]) -> Option<String> {
    let name_of = |argument: &String| argument.strip_prefix("--")?.split('=').next().map(String::from);
    let of_command = CHOICES.iter().filter(|choice| !["", "help", "version"].contains(&choice.long));
    let find = |name: String| of_command.clone().find(|choice| choice.long == name);
    let option = arguments.iter().filter_map(name_of).find_map(find)?;
    if takes_arguments(file, text) {
        return None;
    }
    let name = option.long;
    let example = [&format!("corolang --{name}"), option.operand, file].join(" ").replace("  ", " ");
    Some(format!(
        "--{name} stands behind the script and is for the script; those of corolang stand before it: {example}"
    ))
}

/// May a script take arguments, itself or by a module of the program?
fn takes_arguments(file: &str, text: &str) -> bool {
    let folder = Path::new(file).parent().unwrap_or(Path::new("."));
    let is_of_program = |line: &str| {
        let mut words = line.split([' ', '.', ',']).filter(|word| !word.is_empty());
        let is_import = matches!(words.next(), Some("import" | "from"));
        is_import && words.next().is_none_or(|name| near_file(folder, name).is_some_and(|near| near.starts_with(name)))
    };
    ["argv", "argparse", "parse_args"].iter().any(|word| text.contains(word))
        || std::env::var_os("COROLANG_PATH").is_some()
        || text.lines().map(str::trim).any(is_of_program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_command_is_told_from_a_file() {
        assert_eq!(misspelt_command("runn").as_deref(), Some("no command 'runn'; did you mean 'run'?"));
        assert_eq!(misspelt_command("help").as_deref(), Some("no command 'help'; did you mean '--help'?"));
        assert_eq!(misspelt_command("src"), None);
        assert_eq!(misspelt_command("menu"), None);
        assert_eq!(misspelt_command("runn.co"), None);
    }

    #[test]
    fn a_script_is_not_written_over() {
        assert!(check_output("timeline", "menu.co").is_err());
        assert!(check_output("timeline", "menu.html").is_ok());
    }

    #[test]
    fn an_option_behind_a_script_is_told_of_where_the_script_takes_none() {
        let told = |text, argument: &str| misplaced_option("none/a.co", text, &[argument.to_string()]).is_some();
        assert!(told("import asyncio\nprint(1)\n", "--timeline"));
        assert!(told("print(1)\n", "--seed=5"));
        assert!(!told("print(1)\n", "--verbose"));
        assert!(!told("import sys\nprint(sys.argv)\n", "--timeline"));
    }
}
