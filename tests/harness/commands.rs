//! The command line itself: each form of `corolang`, its exit status and which of its outputs says what.

use super::process;
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;

/// One call of the command and what it must do.
struct Call {
    /// The name of the trial.
    name: &'static str,
    /// The arguments; `FOLDER` stands for a folder with the files of `FILES`.
    arguments: &'static [&'static str],
    /// Standard input.
    stdin: &'static str,
    /// The exit status.
    status: i32,
    /// Standard output, whole; or only a part of it where it begins with `...`.
    stdout: &'static str,
    /// A part of standard error, with `FOLDER` likewise; an empty one means that nothing may be there.
    stderr: &'static str,
}

/// The files the calls name.
const FILES: [(&str, &[u8]); 13] = [
    ("bare/__init__.co", b""),
    ("greet.co", b"import sys\nprint('hello', *sys.argv[1:])\n"),
    ("broken.co", b"x = (1\ny = = 2\n"),
    ("fails.co", b"print('before')\nraise ValueError('bad')\n"),
    ("package/__init__.co", b"name = 'package'\n"),
    ("package/__main__.co", b"from . import name\nprint('main of', name, __name__)\n"),
    ("program/__main__.co", b"import beside\nprint(beside.name, __name__)\n"),
    ("program/beside.co", b"name = 'beside'\n"),
    ("package/part.co", b"import sys\nprint(__name__, len(sys.argv))\n"),
    ("binary.co", b"\x7fELF\0\xff"),
    ("latin.co", b"print(1)\nprint('\xe9')\n"),
    ("named_latin.co", b"# coding: latin-1\nprint(ascii('\xe9'))\n"),
    ("named_nonsense.co", b"# coding: nonsense\nprint(1)\n"),
];

const SORTED: &str = "{\n    \"a\": [\n        2\n    ],\n    \"b\": 1\n}\n";

const FEBRUARY: &str = concat!(
    "   February 2021\nMo Tu We Th Fr Sa Su\n 1  2  3  4  5  6  7\n 8  9 10 11 12 13 14\n",
    "15 16 17 18 19 20 21\n22 23 24 25 26 27 28\n"
);

const OF_A_NAME: &str = "886313e1-3b8a-5372-9b90-0c9aee199e5d\n";

const CALLS: &[Call] = &[
    call("run_file", &["run", "FOLDER/greet.co", "a", "--b"], "", 0, "hello a --b\n", ""),
    call("file_is_short_for_run", &["FOLDER/greet.co", "a"], "", 0, "hello a\n", ""),
    call("dash_reads_standard_input", &["-", "x"], "import sys\nprint(sys.argv)\n", 0, "['-', 'x']\n", ""),
    call("run_dash", &["run", "-"], "print(1 + 1)\n", 0, "2\n", ""),
    call("c_runs_code", &["-c", "import sys; print(sys.argv, __name__)", "z"], "", 0, "['-c', 'z'] __main__\n", ""),
    call("c_reads_standard_input", &["-c", "print(input() * 2)"], "ab\n", 0, "abab\n", ""),
    call("c_syntax_error", &["-c", "1 +"], "", 1, "", "SyntaxError"),
    call("m_runs_a_package", &["-m", "package"], "", 0, "main of package __main__\n", ""),
    call("run_folder", &["run", "FOLDER/program"], "", 0, "beside __main__\n", ""),
    call("run_folder_without_a_main", &["run", "FOLDER"], "", 2, "", "can't find '__main__' module"),
    call("m_runs_a_module", &["-m", "package.part", "1", "2"], "", 0, "__main__ 3\n", ""),
    call("m_missing_module", &["-m", "no_such_module"], "", 1, "", "corolang: no module named 'no_such_module'\n"),
    call("m_misspelt_module", &["-m", "pakage.part"], "", 1, "", "no module named 'pakage.part'"),
    call("m_package_without_a_main", &["-m", "bare"], "", 1, "", "the package 'bare' has no __main__ to run"),
    call("m_module_with_a_suffix", &["-m", "greet.co"], "", 1, "hello\n", "no module named 'greet.co'"),
    call("m_pprint_has_no_command", &["-m", "pprint"], "", 1, "", "the module 'pprint' has no command to run\n"),
    call("m_native_has_no_command", &["-m", "zlib"], "", 1, "", "the module 'zlib' has no command to run\n"),
    call("m_part_has_a_command", &["-m", "json"], "", 1, "", "no command to run; 'json.tool' has\n"),
    call("m_misspelt_part", &["-m", "http.sever"], "", 1, "", "did you mean `http.server`?\n"),
    call("m_asyncio_is_a_prompt", &["-m", "asyncio"], "await asyncio.sleep(0, 5)\n", 0, "5\n", ">>> "),
    call("m_json_tool", &["-m", "json.tool", "--sort-keys"], "{\"b\": 1, \"a\": [2]}", 0, SORTED, ""),
    call("m_json_tool_refuses", &["-m", "json.tool"], "{1", 1, "", "property name enclosed in double quotes: line 1"),
    call("m_json_tool_of_lines", &["-m", "json.tool", "--json-lines", "--compact"], "[1, 2]\n3", 0, "[1,2]\n3\n", ""),
    call("m_base64", &["-m", "base64"], "hello", 0, "aGVsbG8=\n", ""),
    call("m_base64_back", &["-m", "base64", "-d"], "aGVsbG8=\n", 0, "hello", ""),
    call("m_base64_without_the_file", &["-m", "base64", "none"], "", 1, "", "corolang: [Errno 2] No such file"),
    call("m_calendar", &["-m", "calendar", "2021", "2"], "", 0, FEBRUARY, ""),
    call("m_calendar_without_the_month", &["-m", "calendar", "2021", "13"], "", 2, "", "13 is no month"),
    call(
        "m_timeit",
        &["-m", "timeit", "-n1", "-r1", "-s", "n = 5", "if n:", " print(n)"],
        "",
        0,
        "...5\n1 loop, best",
        "",
    ),
    call("m_timeit_of_an_error", &["-m", "timeit", "1 / 0"], "", 1, "", "ZeroDivisionError: division by zero\n"),
    call("m_timeit_of_a_slip", &["-m", "timeit", "x ="], "", 1, "", "SyntaxError: "),
    call("m_uuid", &["-m", "uuid", "-u", "uuid5", "-n", "@dns", "-N", "python.org"], "", 0, OF_A_NAME, ""),
    call("m_random", &["-m", "random", "--choice", "a", "a"], "", 0, "a\n", ""),
    call("m_random_number", &["-m", "random", "1"], "", 0, "1\n", ""),
    call("m_gzip_refuses", &["-m", "gzip", "-d", "greet.co"], "", 1, "", "doesn't end in .gz"),
    call("m_http_server_refuses", &["-m", "http.server", "99999"], "", 1, "", "corolang: 99999 is no port"),
    call("misspelt_command", &["runn", "FOLDER/greet.co"], "", 2, "", "no command 'runn'; did you mean 'run'?"),
    call("help_without_dashes", &["help"], "", 2, "", "did you mean '--help'?"),
    call(
        "misspelt_file",
        &["FOLDER/great.co"],
        "",
        2,
        "",
        "No such file or directory; did you mean 'FOLDER/greet.co'?\n",
    ),
    call("misspelt_suffix", &["FOLDER/greet.oc"], "", 2, "", "did you mean 'FOLDER/greet.co'?\n"),
    call("file_without_its_suffix", &["FOLDER/greet"], "", 2, "", "did you mean 'FOLDER/greet.co'?\n"),
    call("misspelt_folder", &["FOLDER/pakage/part.co"], "", 2, "", "; there is no folder 'FOLDER/pakage'\n"),
    call("script_in_the_place_of_an_output", &["--timeline", "greet.co"], "", 2, "", "--timeline out.html greet.co"),
    call(
        "option_behind_the_script",
        &["FOLDER/fails.co", "--seed", "1"],
        "",
        1,
        "before\n",
        "corolang --seed N FOLDER/",
    ),
    call("option_for_the_script", &["FOLDER/greet.co", "--seed", "1"], "", 0, "hello --seed 1\n", ""),
    call("binary_file", &["FOLDER/binary.co"], "", 2, "", "binary.co' is a binary file, not a script"),
    call("latin_file", &["FOLDER/latin.co"], "", 2, "", "is not UTF-8: it has a byte 0xe9; save the file as UTF-8"),
    call("named_encoding", &["FOLDER/named_latin.co"], "", 0, "'\\xe9'\n", ""),
    call("named_nonsense", &["FOLDER/named_nonsense.co"], "", 2, "", "in an encoding 'nonsense', which there is not"),
    call("check_nothing", &["check"], "", 2, "", "check takes a FILE or several"),
    call("check_a_folder", &["check", "FOLDER"], "", 2, "", "Is a directory\n"),
    call("check_accepts", &["check", "FOLDER/greet.co", "FOLDER/fails.co"], "", 0, "", ""),
    call("check_refuses", &["check", "FOLDER/greet.co", "FOLDER/broken.co"], "", 1, "", "broken.co"),
    call("check_runs_nothing", &["check", "FOLDER/fails.co"], "", 0, "", ""),
    call("dis_lists", &["dis", "FOLDER/greet.co"], "", 0, "...", ""),
    call("dis_refuses", &["dis", "FOLDER/broken.co"], "", 1, "", "broken.co"),
    call("version", &["--version"], "", 0, concat!("corolang ", env!("CARGO_PKG_VERSION"), "\n"), ""),
    call("help", &["--help"], "", 0, "...run", ""),
    call("completions_for_bash", &["completions", "bash"], "", 0, "...complete -o filenames -F _corolang corolang", ""),
    call("completions_for_an_unknown_shell", &["completions", "csh"], "", 2, "", "takes bash, zsh or fish"),
    call("man_page", &["man"], "", 0, "....SH EXIT STATUS", ""),
    call("unknown_option", &["run", "--no-such-option", "FOLDER/greet.co"], "", 2, "", "--no-such-option"),
    call("option_without_value", &["run", "--max-steps"], "", 2, "", "--max-steps"),
    call("option_with_wrong_value", &["run", "--max-steps", "many", "FOLDER/greet.co"], "", 2, "", "many"),
    call("missing_file", &["run", "FOLDER/none.co"], "", 2, "", "none.co"),
    call("output_before_an_exception", &["FOLDER/fails.co"], "", 1, "before\n", "ValueError: bad"),
    call("exit_status", &["-c", "raise SystemExit(7)"], "", 7, "", ""),
    call("exit_with_text", &["-c", "raise SystemExit('told')"], "", 1, "", "told"),
    call("exit_none", &["-c", "import sys; sys.exit()"], "", 0, "", ""),
    call("exit_wraps", &["-c", "import sys; sys.exit(256 + 3)"], "", 3, "", ""),
    call("max_steps", &["run", "--max-steps", "1000", "-"], "while True: pass\n", 124, "", "..."),
    call("seeded_hashes", &["run", "--seed", "5", "FOLDER/greet.co"], "", 0, "hello\n", ""),
    call("no_trailing_newline", &["-c", "print('x', end='')"], "", 0, "x", ""),
    call("i_reads_lines", &["-i"], "1 + 1\nfor i in 'ab':\n    print(i)\n\n_\nexit(4)\n", 4, "2\na\nb\n2\n", ">>> "),
    call("i_ends_with_the_input", &["-i"], "print('x')", 0, "x\n", ">>> "),
    call("i_survives_errors", &["-i"], "1 +\n1 / 0\n5\n", 0, "5\n", "ZeroDivisionError"),
    call("i_after_code", &["-i", "-c", "import sys; x = 5; sys.exit(3)"], "x\n", 0, "5\n", "SystemExit: 3"),
    call("i_after_a_module", &["-i", "-m", "package.part"], "__name__\n", 0, "__main__ 1\n'__main__'\n", ">>> "),
    call("i_after_a_folder", &["-i", "FOLDER/program"], "beside.name\n", 0, "beside __main__\n'beside'\n", ">>> "),
    call("i_after_a_folder_without_a_main", &["-i", "FOLDER"], "", 2, "", "can't find '__main__' module"),
    call("piped_text_is_a_script", &[], "for i in 'ab':\n  print(i)\nprint(1)\n", 0, "a\nb\n1\n", ""),
    call("output_in_order", &["-c", "for n in range(3): print(n)"], "", 0, "0\n1\n2\n", ""),
];

const fn call(
    name: &'static str,
    arguments: &'static [&'static str],
    stdin: &'static str,
    status: i32,
    stdout: &'static str,
    stderr: &'static str,
) -> Call {
    Call { name, arguments, stdin, status, stdout, stderr }
}

/// One trial for each call.
pub fn trials() -> Vec<Trial> {
    let trials = CALLS.iter();
    trials.map(|call| Trial::test(format!("command::{}", call.name), || run(call))).collect()
}

fn run(call: &Call) -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("command-{}", call.name));
    for (name, text) in FILES {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&folder)).map_err(|error| error.to_string())?;
        fs::write(&path, text).map_err(|error| error.to_string())?;
    }
    let place = folder.to_string_lossy();
    let arguments: Vec<String> = call.arguments.iter().map(|text| text.replace("FOLDER", &place)).collect();
    let finished = process::run(&arguments, call.stdin, Some(&folder));
    drop(fs::remove_dir_all(&folder));
    let finished = finished?;
    let stdout_fits = match call.stdout.strip_prefix("...") {
        Some(part) => !finished.stdout.is_empty() && finished.stdout.contains(part),
        None => finished.stdout == call.stdout,
    };
    let stderr_fits = match call.stderr {
        "" => finished.stderr.is_empty(),
        "..." => true,
        part => finished.stderr.contains(&part.replace("FOLDER", &place)),
    };
    if stdout_fits && stderr_fits && finished.status == Some(call.status) {
        return Ok(());
    }
    Err(Failed::from(format!(
        "expected status {}, stdout {:?}, stderr with {:?}; got {finished:?}",
        call.status, call.stdout, call.stderr
    )))
}
