//! Runs one program in one way, closed off from the world.

use corolang::event_loop::driver::STEPS_USED_UP;
use corolang::interpreter::{Interpreter, Settings};
use corolang::object::list::List;
use corolang::object::memory::{Counting, allocated};
use corolang::object::string::text_of;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A way to run a program; what it does may not depend on it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Regime {
    /// As a user runs it.
    Plain,
    /// The collector runs at every safe point.
    #[allow(dead_code)]
    Stress,
    /// The machine is left and entered again after every instruction.
    #[allow(dead_code)]
    Fuel,
}

/// How a program ended.
#[derive(PartialEq, Debug)]
pub struct End {
    /// The exit status.
    pub status: i32,
    /// What its global list `log` holds, if it has one.
    pub log: Vec<String>,
}

impl End {
    /// Did it use up its steps? Then it stopped anywhere.
    #[allow(dead_code)]
    pub fn is_cut(&self) -> bool {
        self.status == STEPS_USED_UP
    }
}

/// The memory a program may take on top of what the process has.
const MEMORY: usize = 256 << 20;

/// Runs a program that may take so many steps.
pub fn run(text: &str, regime: Regime, steps: u64) -> End {
    let settings = Settings {
        gc_stress: regime == Regime::Stress,
        fuel: (regime == Regime::Fuel).then_some(1),
        max_steps: Some(steps),
        max_memory: Some(allocated() + MEMORY),
        virtual_time: true,
        seed: Some(1),
        closed: true,
        ..Settings::default()
    };
    let mut interpreter = Interpreter::new(settings);
    let status = interpreter.run_main("<fuzz>", text);
    End { status, log: log(&mut interpreter) }
}

fn log(interpreter: &mut Interpreter) -> Vec<String> {
    let name = interpreter.vm.cx.intern("log");
    let log = interpreter.module("__main__").and_then(|main| main.dict().get_interned(name));
    let Some(log) = log.and_then(|log| log.get::<List>()) else { return Vec::new() };
    let lines = log.to_vec().into_iter().map(|line| without_addresses(&text_of(line)));
    // An address that the program has taken apart into its characters is beyond telling.
    lines.filter(|line| !line.contains("'0', 'x'")).collect()
}

/// A text without the digits of addresses, which differ from run to run.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.trim_start_matches(|digit: char| digit.is_ascii_hexdigit()));
    }
    kept
}

/// Sends standard output nowhere; messages on standard error go where `-close_fd_mask=2` sends them.
pub fn silence() {
    // SAFETY: two calls of the system with valid arguments.
    unsafe {
        let nowhere = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        libc::dup2(nowhere, 0);
        libc::dup2(nowhere, 1);
    }
}
