//! Frames: one activation each, and the frame objects scripts see.
//!
//! ```text
//!     fiber.frames   │ main │ f │ g │            registers   │ main ...│callee│args of f ... │callee│args of g ...
//!                                   └ top                     base(main)       base(f)               base(g)
//! ```
//!
//! A call hands its arguments over in place: the callee's registers begin where the caller put them. A
//! generator's frame has its registers in the generator object instead.

use std::cell::Cell;

use crate::object::function::{CodeObject, Function};
use crate::object::generator::Generator;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::value::Value;

/// What happens with the result of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Then {
    /// It goes to register `destination` of the frame below.
    Store,
    /// It is dropped.
    Discard,
    /// The instruction of the frame below that entered it looks at it, at a stage.
    Instruction,
    /// It is fed to the machine below.
    Machine,
    /// It is the frame of an `__init__`: None is expected, and the instance under construction is the result.
    Construct,
    /// The fiber is done with it.
    Finish,
    /// The registers began a new chunk; what happens then is in `after_chunk`.
    Chunk,
    /// A generator run by ForIterate: a yield stores, a return ends the loop.
    Loop,
    /// A generator run by `next` or `send` called as a function: a yield stores, a return raises StopIteration.
    Step,
    /// As Step, for a machine below: a yield is fed as an item, a return as the end.
    StepMachine,
}

/// What kind of frame it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// Runs instructions.
    Script,
    /// A native's unfinished work: `step` counts its steps, its values are in the registers.
    Machine,
}

/// One activation.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Frame {
    /// The next instruction, while the frame is not the one that runs.
    pub pc: *const Cell<u64>,
    /// Its registers.
    pub base: *mut Value,
    /// What runs; for machines unused.
    pub function: Option<Ref<Function>>,
    /// The constants of its code.
    pub constants: *const Value,
    /// The generator whose registers it uses, if it is one's.
    pub generator: Option<Ref<Generator>>,
    /// Of a generator's frame: the root of its chain of delegation. Of any other: UNBOUND, or the `FrameObject` that
    /// a script has asked for or that holds its namespace.
    pub extra: Value,
    /// Of a generator's frame: where registers of frames called from it begin.
    pub top: *mut Value,
    /// What happens with the result.
    pub then: Then,
    /// See `Then::Chunk`.
    pub after_chunk: Then,
    /// The register of the frame below that gets the result, or the stage of its instruction.
    pub destination: u16,
    /// Script or machine.
    pub kind: FrameKind,
    /// Which machine.
    pub machine: u8,
    /// Which step comes next.
    pub step: u16,
}

const _: () = assert!(size_of::<Frame>() == 64);

impl Frame {
    /// The code that runs in it.
    #[inline(always)]
    pub fn code(&self) -> Ref<CodeObject> {
        self.function.expect("a script frame has a function").code.get()
    }
}

/// What a script may see of a frame. While the frame lives, its position and locals are read from it; when it
/// ends it keeps its last position.
pub struct FrameObject {
    /// `f_code` and `f_globals` come from it.
    pub function: Ref<Function>,
    /// `f_back`, once asked for or when the frame has ended; else UNBOUND.
    pub back: Cell<Value>,
    /// The word of the instruction it was at when it ended or was last looked at.
    pub word: Cell<u32>,
    /// Its locals as a dict, for frames of functions that have ended.
    pub locals: Cell<Value>,
    /// The namespace, if it has one.
    pub namespace: Cell<Value>,
    /// The frame while it lives: its place in its fiber.
    pub place: Cell<Option<usize>>,
    /// The generator whose frame it is, or None.
    pub generator: Cell<Value>,
    /// The fiber it lives on, or None.
    pub fiber: Cell<Value>,
    /// `f_trace` and the like, as far as scripts set them.
    pub trace: Cell<Value>,
}

impl Body for FrameObject {
    const KIND: Kind = Kind::FrameObject;

    fn trace(&self, marker: &mut Marker) {
        marker.object(self.function);
        for cell in [&self.back, &self.locals, &self.namespace, &self.generator, &self.fiber, &self.trace] {
            marker.cell(cell);
        }
    }
}
