//! The command as it is told of: its commands and options, once, and what is made of them: the help, completions for
//! shells and the man page. `main.rs` reads what is given.

pub mod files;

use std::fmt::Write;

/// A command.
pub struct Command {
    /// How it begins; empty for the prompt and for what may be left out.
    pub name: &'static str,
    /// What follows it.
    pub operands: &'static str,
    /// What it does.
    pub help: &'static str,
}

/// An option of `run`.
pub struct Choice {
    /// `v` of `-v`.
    pub short: Option<char>,
    /// `version` of `--version`; empty if there is only the short form.
    pub long: &'static str,
    /// What it takes, in capitals; FILE is a name of a file. Empty if it takes nothing.
    pub operand: &'static str,
    /// What it does.
    pub help: &'static str,
}

const fn command(name: &'static str, operands: &'static str, help: &'static str) -> Command {
    Command { name, operands, help }
}

const fn choice(short: Option<char>, long: &'static str, operand: &'static str, help: &'static str) -> Choice {
    Choice { short, long, operand, help }
}

/// The commands.
pub const COMMANDS: &[Command] = &[
    command("", "", "the prompt"),
    command("run", "[OPTION...] FILE [ARGUMENT...]", "run a script; - is the standard input; `run` may be left out"),
    command("", "[OPTION...] -c CODE [ARGUMENT...]", "run a text"),
    command("", "[OPTION...] -m MODULE [ARGUMENT...]", "run a module"),
    command("check", "FILE...", "report errors of syntax and compilation"),
    command("dis", "FILE", "print the bytecode"),
    command("tasks", "PID", "print what the threads and tasks of a running program wait for"),
    command("completions", "bash|zsh|fish", "print completions for a shell"),
    command("man", "", "print the man page"),
];

/// The options of `run`.
pub const CHOICES: &[Choice] = &[
    choice(Some('i'), "interactive", "", "show the prompt after the script, and also where there is no terminal"),
    choice(
        None,
        "timeline",
        "FILE",
        "write who ran when and who waited for whom: a page for a browser, or text if FILE ends in .txt or is -",
    ),
    choice(None, "trace", "FILE", "write the same for Perfetto and chrome://tracing"),
    choice(
        None,
        "profile",
        "FILE",
        "write in which lines time passes: stacks, each with its milliseconds, for tools that draw flame graphs",
    ),
    choice(None, "virtual-time", "", "sleeping takes no time"),
    choice(None, "seed", "N", "the seed of string hashes and of the order of ready tasks"),
    choice(
        None,
        "connect-to",
        "HOST:PORT:ADDR:PORT",
        "connect to ADDR and PORT instead of HOST and PORT; an empty HOST or PORT is any",
    ),
    choice(None, "max-steps", "N", "end after N calls and turns of loops, with exit status 124"),
    choice(
        None,
        "max-memory",
        "SIZE",
        "raise MemoryError above SIZE bytes (K, M and G are understood), then exit status 137",
    ),
    choice(
        Some('W'),
        "",
        "ACTION",
        "how warnings are dealt with: ACTION:MESSAGE:CATEGORY:MODULE:LINE, all but ACTION optional",
    ),
    choice(None, "gc-stress", "", "collect garbage at every safe point"),
    choice(None, "fuel", "N", "leave and re-enter the VM every N instructions"),
    choice(Some('V'), "version", "", "print the version"),
    choice(Some('h'), "help", "", "print this"),
];

/// So wide is the help.
const WIDTH: usize = 100;

impl Choice {
    /// `-v, --version FILE`
    fn shown(&self) -> String {
        let short = self.short.map(|letter| format!("-{letter}"));
        let long = (!self.long.is_empty()).then(|| format!("--{}", self.long));
        let mut shown = [short, long].into_iter().flatten().collect::<Vec<_>>().join(", ");
        if !self.operand.is_empty() {
            shown.push(' ');
            shown.push_str(self.operand);
        }
        shown
    }
}

/// What `--help` prints.
pub fn help() -> String {
    let mut text = String::from("Corolang, a tiny scripting language with native coroutines.\n\nusage:\n");
    for command in COMMANDS {
        let usage = usage(command);
        row(&mut text, &usage, 52, command.help);
    }
    text.push_str(
        "\nWithout a FILE the standard input is run where it is no terminal.\nOptions end at the script: what follows \
         it is the script's.\n\noptions:\n",
    );
    for choice in CHOICES {
        row(&mut text, &choice.shown(), 22, choice.help);
    }
    text
}

fn usage(command: &Command) -> String {
    ["corolang", command.name, command.operands]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A line of two columns, the second broken where it is too long, and begun below where the first is.
fn row(text: &mut String, first: &str, column: usize, second: &str) {
    let mut line = format!("  {first:<width$}", width = column - 2);
    if first.len() + 3 > column {
        text.push_str(line.trim_end());
        text.push('\n');
        line = " ".repeat(column);
    }
    for word in second.split(' ') {
        if line.len() + word.len() > WIDTH {
            text.push_str(line.trim_end());
            text.push('\n');
            line = " ".repeat(column);
        }
        line.push_str(word);
        line.push(' ');
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

/// The completions for a shell, or None if it is not one of those known.
pub fn completions(shell: &str) -> Option<String> {
    match shell {
        "bash" => Some(bash()),
        "zsh" => Some(zsh()),
        "fish" => Some(fish()),
        _ => None,
    }
}

/// The commands with a name.
fn named() -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().filter(|command| !command.name.is_empty())
}

fn bash() -> String {
    let names: Vec<_> = named().map(|command| command.name).collect();
    let options: Vec<_> = CHOICES
        .iter()
        .flat_map(|choice| {
            let long = (!choice.long.is_empty()).then(|| format!("--{}", choice.long));
            [long, choice.short.map(|letter| format!("-{letter}"))]
        })
        .flatten()
        .collect();
    format!(
        "_corolang() {{\n    local word=${{COMP_WORDS[COMP_CWORD]}}\n    case $word in\n    -*) COMPREPLY=($(compgen -W \
         '{}' -- \"$word\")) ;;\n    *)\n        COMPREPLY=($(compgen -f -- \"$word\"))\n        [ \"$COMP_CWORD\" -eq 1 \
         ] && COMPREPLY+=($(compgen -W '{}' -- \"$word\"))\n        ;;\n    esac\n}}\ncomplete -o filenames -F _corolang \
         corolang\n",
        options.join(" "),
        names.join(" "),
    )
}

fn zsh() -> String {
    let mut text = String::from("#compdef corolang\n_corolang() {\n    local -a commands\n    commands=(\n");
    for command in named() {
        let _ = writeln!(text, "        '{}:{}'", command.name, quoted(command.help));
    }
    text.push_str("    )\n    _arguments -S \\\n");
    for choice in CHOICES {
        let help = quoted(choice.help).replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
        let action = match choice.operand {
            "" => String::new(),
            "FILE" => ":FILE:_files".to_string(),
            operand => format!(":{}:", operand.replace(':', "\\:")),
        };
        let names = [
            choice.short.map(|letter| format!("-{letter}")),
            (!choice.long.is_empty()).then(|| format!("--{}", choice.long)),
        ];
        for name in names.into_iter().flatten() {
            let _ = writeln!(text, "        '{name}[{help}]{action}' \\");
        }
    }
    text.push_str(
        "        '1: :{ _describe command commands; _files }' \\\n        '*:file:_files'\n}\n_corolang \"$@\"\n",
    );
    text
}

fn fish() -> String {
    let mut text = String::new();
    for command in named() {
        let _ = writeln!(
            text,
            "complete -c corolang -n __fish_use_subcommand -a {} -d '{}'",
            command.name,
            quoted(command.help)
        );
    }
    for choice in CHOICES {
        let short = choice.short.map(|letter| format!(" -s {letter}")).unwrap_or_default();
        let long = if choice.long.is_empty() { String::new() } else { format!(" -l {}", choice.long) };
        let takes = match choice.operand {
            "" => "",
            "FILE" => " -r -F",
            _ => " -x",
        };
        let _ = writeln!(text, "complete -c corolang{short}{long}{takes} -d '{}'", quoted(choice.help));
    }
    text
}

/// A text within single quotes of a shell.
fn quoted(text: &str) -> String {
    text.replace('\'', "'\\''")
}

/// The man page.
pub fn man() -> String {
    let mut page = format!(
        ".TH COROLANG 1 \"\" \"corolang {}\"\n.SH NAME\ncorolang \\- a tiny scripting language with native \
         coroutines\n.SH SYNOPSIS\n",
        env!("CARGO_PKG_VERSION")
    );
    for command in COMMANDS {
        let _ = writeln!(page, ".B {}\n.br", roff(&usage(command)));
    }
    page.push_str(
        ".SH DESCRIPTION\nCorolang runs scripts in the syntax and with the semantics of Python 3. Generators, coroutines, \
         greenlets\nand threads are frames that can suspend, and the event loop is built in. Options end at the \
         script: what\nfollows it is the script's.\n.SH COMMANDS\n",
    );
    for command in COMMANDS {
        let _ = writeln!(page, ".TP\n.B {}\n{}", roff(&usage(command)), roff(command.help));
    }
    page.push_str(".SH OPTIONS\n");
    for choice in CHOICES {
        let _ = writeln!(page, ".TP\n.B {}\n{}", roff(&choice.shown()), roff(choice.help));
    }
    page.push_str(
        ".SH EXIT STATUS\n1 after an exception that nobody caught, 2 for a command that cannot be carried out, 13 when \
         nothing can wake the\nprogram any more, 124 and 137 at a limit of steps and of memory, 130 after Ctrl-C.\n\
         .SH ENVIRONMENT\n.TP\n.B COROLANG_PATH\nfolders in which modules are looked for after the script's own\n\
         .TP\n.B COROLANG_TRACEBACK\nwith the value full, tracebacks show all frames, those of the library as well\n\
         .TP\n.B COROLANG_HISTORY\nthe file that keeps what was typed at the prompt\n\
         .TP\n.B NO_COLOR\nno colours, if it is set\n",
    );
    page
}

fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_the_help_is_longer_than_it_is_wide() {
        for line in help().lines() {
            assert!(line.len() <= WIDTH, "{line}");
        }
    }

    #[test]
    fn every_shell_is_told_of_every_option() {
        for shell in ["bash", "zsh", "fish"] {
            let text = completions(shell).expect("the shell is known");
            for choice in CHOICES.iter().filter(|choice| !choice.long.is_empty()) {
                assert!(text.contains(choice.long), "{} for {shell}", choice.long);
            }
        }
        assert!(completions("csh").is_none());
    }
}
