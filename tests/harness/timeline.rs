//! The timeline's page and trace, of recordings made by hand: the trace as its golden and by the rules of its format,
//! the page in a browser that tests/timeline/browser.co drives.

use super::{goldens, process, recordings, walk};
use corolang::object::timeline::Recording;
use corolang::timeline::page::write_page;
use corolang::timeline::trace::write_trace;
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All trials of the timeline.
pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("timeline::trace_as_golden", trace_as_golden),
        Trial::test("timeline::pages_hold_what_is_hostile", pages_hold_what_is_hostile),
    ];
    for page in ["README.md", "docs/src/seeing.md"] {
        trials.push(Trial::test(format!("timeline::text_in_{page}"), move || text_in_page(page)));
    }
    for (name, make) in RECORDINGS {
        trials.push(Trial::test(format!("timeline::trace_of_{name}"), move || valid_trace(name, &make())));
        let page = Trial::test(format!("timeline::page_of_{name}"), move || page_in_browser(name, &make()));
        // Where there is no browser the trial is listed as ignored, with the reason.
        let skipped = browser().is_none();
        trials.push(page.with_ignored_flag(skipped).with_kind(if skipped { "no Chromium is installed" } else { "" }));
    }
    trials
}

/// The recordings each trial looks at.
const RECORDINGS: [(&str, fn() -> Recording); 4] = [
    ("small", recordings::small),
    ("hostile", recordings::hostile),
    ("lanes", || recordings::crowd(2_000, 20_000)),
    ("runs", || recordings::crowd(60, 100_000)),
];

fn trace_as_golden() -> Result<(), Failed> {
    let mut trace = Vec::new();
    write_trace(&recordings::small(), &mut trace)?;
    goldens::hold(&walk::root().join("tests/golden/timeline/small.json"), &String::from_utf8(trace)?)
}

/// The only elements of a page are its own, whatever is in the recording.
fn pages_hold_what_is_hostile() -> Result<(), Failed> {
    let mut page = Vec::new();
    write_page(&recordings::hostile(), &mut page)?;
    let page = String::from_utf8(page)?;
    for (text, count) in [("<script", 2), ("</script", 2), ("<!--", 0), ("<img", 0)] {
        if page.matches(text).count() != count {
            return Err(Failed::from(format!("{text:?} is there {} times", page.matches(text).count())));
        }
    }
    Ok(())
}

/// The text of a timeline that a page shows is what is written of the example it names: the same lanes, lines and
/// reasons; how long something takes is the machine's.
fn text_in_page(page: &str) -> Result<(), Failed> {
    let text = fs::read_to_string(walk::root().join(page))?;
    let (before, rest) = text.split_once("```text\ntask ").ok_or("the page shows no timeline")?;
    let shown = rest.split("```").next().unwrap_or_default();
    let name = before.rsplit("examples/").next().and_then(|rest| rest.split(".co").next()).unwrap_or_default();
    let arguments = ["run", "--virtual-time", "--timeline", "-", &format!("examples/{name}.co")].map(String::from);
    let written = process::run(&arguments, "", Some(walk::root()))?.stderr;
    let without_times = |text: &str| {
        let is_no_time = |word: &&str| word.parse::<f64>().is_err() && !["ms", "s"].contains(word);
        text.lines()
            .map(|line| line.split(' ').filter(is_no_time).collect::<Vec<_>>().join(" ") + "\n")
            .collect::<String>()
    };
    match without_times(&written).contains(&without_times(&format!("task {shown}"))) {
        true => Ok(()),
        false => Err(Failed::from(format!("{name}.co gives:\n{written}"))),
    }
}

fn valid_trace(name: &str, recording: &Recording) -> Result<(), Failed> {
    let path = scratch(&format!("{name}.json"))?;
    write_trace(recording, &mut fs::File::create(&path)?)?;
    drive("trace.co", &[&path])
}

fn page_in_browser(name: &str, recording: &Recording) -> Result<(), Failed> {
    let path = scratch(&format!("{name}.html"))?;
    write_page(recording, &mut fs::File::create(&path)?)?;
    let Some(browser) = browser() else {
        return Err(Failed::from("there is no Chromium"));
    };
    drive("browser.co", &[&browser, &path])
}

/// A place for a file that stays until the next run of the tests, to be looked at.
fn scratch(name: &str) -> Result<PathBuf, Failed> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("timeline");
    fs::create_dir_all(&folder)?;
    Ok(folder.join(name))
}

/// Runs a script of tests/timeline, which takes as long as a browser takes to start and ends by itself.
fn drive(script: &str, arguments: &[&Path]) -> Result<(), Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corolang"));
    let output = command.arg(walk::root().join("tests/timeline").join(script)).args(arguments).output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(Failed::from(String::from_utf8_lossy(&text).into_owned()))
}

/// The installed Chromium or Chrome.
pub fn browser() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}
