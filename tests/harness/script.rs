//! Reads what a script says about itself in comments.
//!
//! Where the output is made:
//!
//! ```text
//! print(x)  # expect: 1
//! # expect: a second line of output, directly below
//! raise TypeError("no")  # expect raise: TypeError: no
//! sys.exit(3)  # expect exit: 3
//! warn("x")  # expect error: a part of what is on standard error
//! ```
//!
//! All standard output must be accounted for, in the order of the comments in the file; blanks at line ends do not
//! count. `expect raise` is the last line of standard error, with exit status 1.
//!
//! Anywhere, one a line:
//!
//! ```text
//! # stdin: a line of standard input
//! # args: arguments of the script
//! # options: --max-steps 1000
//! # regimes: plain (a reason)
//! # order: a reason         shows the order of ready tasks, which no seed keeps
//! # python: 3.14            the least CPython that can judge it
//! # corolang only: reason   no CPython judges it
//! ```

use std::fs;
use std::path::Path;

/// A way to run a script; the result may not depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Regime {
    /// As a user runs it.
    Plain,
    /// The collector runs at every safe point.
    Stress,
    /// The VM is left and entered again after every instruction.
    Fuel,
    /// Tasks that are ready together run in any order: once for each of a few seeds.
    Seeded,
}

impl Regime {
    /// Every regime, in the order the trials are listed.
    pub const ALL: [Regime; 4] = [Regime::Plain, Regime::Stress, Regime::Fuel, Regime::Seeded];

    /// The word that stands before the path in the name of a trial.
    pub fn name(self) -> &'static str {
        match self {
            Regime::Plain => "plain",
            Regime::Stress => "stress",
            Regime::Fuel => "fuel",
            Regime::Seeded => "seeded",
        }
    }

    /// The options of `corolang run` that make this regime.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Regime::Plain | Regime::Seeded => &[],
            Regime::Stress => &["--gc-stress"],
            Regime::Fuel => &["--fuel", "1"],
        }
    }
}

/// What a script expects and how it wants to be run.
#[derive(Debug)]
pub struct Script {
    /// The lines of standard output.
    pub output: Vec<String>,
    /// The last line of standard error, for a script that ends with an exception.
    pub raise: Option<String>,
    /// The exit status.
    pub status: i32,
    /// Texts that standard error must contain.
    pub error: Vec<String>,
    /// What the script reads from standard input.
    pub stdin: String,
    /// The arguments of the script.
    pub arguments: Vec<String>,
    /// Further options of `corolang run`.
    pub options: Vec<String>,
    /// The regimes it runs in.
    pub regimes: Vec<Regime>,
    /// Whether any output is expected at all by a comment.
    pub has_output_comments: bool,
}

impl Script {
    /// Reads the comments of a file.
    pub fn read(path: &Path) -> Result<Script, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Script::parse(&text)
    }

    /// Reads the comments of a program's text.
    pub fn parse(text: &str) -> Result<Script, String> {
        let mut script = Script {
            output: Vec::new(),
            raise: None,
            status: 0,
            error: Vec::new(),
            stdin: String::new(),
            arguments: Vec::new(),
            options: Vec::new(),
            regimes: Regime::ALL.to_vec(),
            has_output_comments: false,
        };
        let mut exit = None;
        for line in text.lines() {
            if let Some(value) = comment(line, "# expect:") {
                script.has_output_comments = true;
                script.output.push(value.to_string());
            } else if let Some(value) = comment(line, "# expect raise:") {
                script.raise = Some(value.to_string());
            } else if let Some(value) = comment(line, "# expect exit:") {
                exit = Some(value.parse::<i32>().map_err(|error| format!("{line}: {error}"))?);
            } else if let Some(value) = comment(line, "# expect error:") {
                script.error.push(value.to_string());
            } else {
                script.read_directive(line);
            }
        }
        script.status = exit.unwrap_or(if script.raise.is_some() { 1 } else { 0 });
        Ok(script)
    }

    /// Takes in a comment that says how the script is run.
    fn read_directive(&mut self, line: &str) {
        if let Some(value) = line.strip_prefix("# stdin:") {
            self.stdin.push_str(value.strip_prefix(' ').unwrap_or(value));
            self.stdin.push('\n');
        } else if let Some(value) = line.strip_prefix("# args:") {
            self.arguments.extend(value.split_whitespace().map(String::from));
        } else if let Some(value) = line.strip_prefix("# options:") {
            self.options.extend(value.split_whitespace().map(String::from));
        } else if let Some(value) = line.strip_prefix("# regimes:") {
            let names = value.split('(').next().unwrap_or_default();
            let wanted: Vec<&str> = names.split([' ', ',']).collect();
            self.regimes.retain(|regime| wanted.contains(&regime.name()));
        } else if line.starts_with("# order:") {
            self.regimes.retain(|&regime| regime != Regime::Seeded);
        }
    }
}

/// The value of the comment that begins with `mark`, wherever on the line it stands.
fn comment<'line>(line: &'line str, mark: &str) -> Option<&'line str> {
    let start = line.find(mark)?;
    Some(line[start + mark.len()..].strip_prefix(' ').unwrap_or(&line[start + mark.len()..]).trim_end())
}
