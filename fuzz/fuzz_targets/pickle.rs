//! Any bytes as a pickle: they are read or refused, some of them in the other regimes too, alike; and what was read can be
//! written and read again. Of the classes that a pickle names only a few that do no harm are known.
#![no_main]

#[path = "../regime.rs"]
mod regime;

use libfuzzer_sys::fuzz_target;

use regime::{Regime, run};

/// Reads `DATA`, and logs what came of it.
const PROGRAM: &str = r#"
import io, pickle
from collections import Counter, OrderedDict, defaultdict, deque
class Plain:
    def __repr__(self):
        return f"Plain({self.__dict__})"
class Stateful:
    def __setstate__(self, state):
        self.state = state
    def __getstate__(self):
        return getattr(self, "state", 1)
class Keyed:
    def __hash__(self):
        return 1
    def __eq__(self, other):
        return isinstance(other, Keyed)
class Derived(list, metaclass=type):
    def append(self, item):
        super().append((item,))
known = {kind.__name__: kind for kind in (
    Plain, Stateful, Keyed, Derived, Counter, OrderedDict, defaultdict, deque, set, frozenset, list, dict, tuple, str,
    int, float, complex, bytes, bytearray, object, range, slice, ValueError, OSError, StopIteration)}
class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        return known[name]
    def persistent_load(self, pid):
        return ["persistent", pid]
log = []
def attempt(function, *arguments, **keywords):
    try:
        return function(*arguments, **keywords)
    except Exception as error:
        log.append(f"{type(error).__name__} {error}"[:300])
def read(data, **keywords):
    return Reader(io.BytesIO(data), **keywords).load()
def note(value):
    log.append(attempt(repr, value) if not isinstance(value, str) else value[:300])
value = attempt(read, DATA)
note(value)
note(attempt(read, DATA, encoding="bytes", buffers=[b"one", bytearray(b"two")]))
for protocol in range(6):
    written = attempt(pickle.dumps, value, protocol)
    if written is not None:
        note(attempt(read, written))
"#;

fuzz_target!(init: regime::silence(), |bytes: &[u8]| {
    let text = format!("DATA = bytes.fromhex('{}'){PROGRAM}", hex(bytes));
    let plain = run(&text, Regime::Plain, 50_000);
    if plain.is_cut() || plain.log.iter().any(|line| line.contains("MemoryError")) {
        return;
    }
    // The others take many times as long.
    match bytes.last().map_or(0, |last| last % 32) {
        0 => {
            let fuel = run(&text, Regime::Fuel, 500_000);
            assert!(plain == fuel, "plain and fuel differ: {plain:#?} {fuel:#?}");
        }
        1 => drop(run(&text, Regime::Stress, 500_000)),
        _ => {}
    }
});

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
