//! What stops an operation on plain data, and how deep it may go.

use crate::object::context::Context;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;

/// Why an operation on plain data has no result.
pub enum Problem {
    /// Script code must run: the operation has had no effect, or none that doing it again would not repeat.
    Script,
    /// An exception.
    Stop(Stop),
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Problem {
        Problem::Stop(stop)
    }
}

impl Problem {
    /// The answer of a native whose script half takes over where script code must run.
    pub fn or_half(self) -> Stop {
        self.or(Stop::Half)
    }

    /// The answer of a native: `script` where script code must run.
    pub fn or(self, script: Stop) -> Stop {
        match self {
            Problem::Script => script,
            Problem::Stop(stop) => stop,
        }
    }
}

/// How deep two lists may be nested and still be compared.
pub(super) const DEEPEST: usize = 100_000;

/// How deep keys inside keys may be nested.
const DEEPEST_KEY: usize = 1_000;

/// RecursionError of data nested too deep.
pub(super) fn too_deep(cx: &mut Context) -> Problem {
    Problem::Stop(cx.error(LayoutId::RECURSION_ERROR, "maximum recursion depth exceeded in comparison"))
}

/// Runs `work` one level deeper in nested natives.
pub fn deeper<T>(cx: &mut Context, work: impl FnOnce(&mut Context) -> Result<T, Problem>) -> Result<T, Problem> {
    if cx.native_depth >= DEEPEST_KEY {
        return Err(too_deep(cx));
    }
    cx.native_depth += 1;
    let result = work(cx);
    cx.native_depth -= 1;
    result
}

/// Is this the layout of a class of `BUILTIN_CLASSES` itself?
pub(super) fn is_built_in(layout: LayoutId) -> bool {
    (layout.0 as usize) < crate::object::layout::BUILTIN_CLASSES.len()
}
