//! The instruction set, once: names, operands, cache words and meaning.
//!
//! An instruction is one word of 64 bits,
//!
//! ```text
//!     0        8        16               32               48              63
//!     ┌────────┬────────┬────────────────┬────────────────┬────────────────┐
//!     │ opcode │   a    │       b        │       c        │       d        │
//!     └────────┴────────┴────────────────┴────────────────┴────────────────┘
//!                                        └────────  w, 32 bits  ──────────┘
//! ```
//!
//! and its caches, where it has any, are the words after it. `R[x]` is a register of the frame: first the
//! parameters, then the other locals, then the temporaries, which are used like a stack. Jumps are relative to
//! the word after the instruction (after its caches). Where an instruction calls, everything from the register
//! it names as its base upwards is dead or an argument.

/// An operand of an instruction, for the disassembler and for whoever checks code. A line above tells several.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// The byte `a` as a number.
    A,
    /// Register `b`, `c`, `d`.
    RB,
    RC,
    RD,
    /// `b`, `c`, `d` as a number.
    NB,
    NC,
    ND,
    /// `c`, `d` as an index into the names.
    NameC,
    NameD,
    /// `d` as a signed number.
    IntD,
    /// `w` as a signed number.
    IntW,
    /// `w`, `d` as an index into the constants.
    ConstW,
    ConstD,
    /// `c` as an index into the nested codes.
    CodeC,
    /// `c`, `b` as an index into the free variables.
    FreeC,
    FreeB,
    /// `d`, `w` as a jump distance.
    JumpD,
    JumpW,
}

macro_rules! instructions {
    ($($(#[doc = $doc:literal])* $name:ident [$($operand:ident),*] $caches:literal;)*) => {
        /// What an instruction does. The line above a group of alike ones tells them all.
        #[allow(missing_docs)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Opcode { $($(#[doc = $doc])* $name,)* }

        impl Opcode {
            /// All of them, in order of their numbers.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$name,)*];
            /// The name, as the disassembler prints it.
            pub fn name(self) -> &'static str { match self { $(Opcode::$name => stringify!($name),)* } }
            /// How many cache words follow the instruction.
            pub fn caches(self) -> usize { match self { $(Opcode::$name => $caches,)* } }
            /// The operands in the order they are printed.
            pub fn operands(self) -> &'static [Operand] { match self { $(Opcode::$name => &[$(Operand::$operand),*],)* } }
        }
    };
}

/// What Record says: the generator begins,
pub const BEGINS: u8 = 0;
/// it goes on,
pub const GOES_ON: u8 = 1;
/// it yields,
pub const YIELDS: u8 = 2;
/// it hands over to what it delegates to,
pub const DELEGATES: u8 = 3;
/// or it awaits something.
pub const AWAITS: u8 = 4;

instructions! {
    // ----- moving values
    /// R[b] = R[c]
    Move [RB, RC] 0;
    /// R[b] = constant w
    LoadConstant [RB, ConstW] 0;
    /// R[b] = w
    LoadInt [RB, IntW] 0;
    /// R[b] = None
    LoadNone [RB] 0;
    /// R[b] = UNBOUND, the mark of a variable without value; also "nothing here" in argument windows.
    Unbind [RB] 0;
    /// Raise UnboundLocalError for the local called d if R[b] is UNBOUND.
    CheckBound [RB, NameD] 0;
    /// `del` of a local: as CheckBound, then R[b] = UNBOUND. Everything from R[c] is dead, so that what the value has
    /// to do before it goes can be done at once; so for the other deletions and for StoreGlobal.
    DeleteLocal [RB, NC, NameD] 0;
    /// The value of an expression statement in R[b] is dropped: so for it. Everything from R[b] is dead.
    Drop [RB] 0;
    /// R[b] = a new cell that holds R[b] (a captured parameter, or UNBOUND for a captured local).
    MakeCell [RB] 0;
    /// R[b] = content of the cell in R[c]; unbound: UnboundLocalError for name d.
    LoadCell [RB, RC, NameD] 0;
    /// Content of the cell in R[b] = R[c]
    StoreCell [RB, RC] 0;
    /// Empty the cell in R[b]; already empty: UnboundLocalError for name d.
    DeleteCell [RB, NC, NameD] 0;
    /// R[b] = content of free variable c; unbound: NameError "cannot access free variable".
    LoadFree [RB, FreeC] 0;
    /// Content of free variable b = R[c]
    StoreFree [FreeB, RC] 0;
    /// Empty free variable b.
    DeleteFree [FreeB, NC] 0;

    // ----- names
    /// R[b] = global c, or built-in c. Quickens to the next two.
    LoadGlobal [RB, NameC] 2;
    /// As LoadGlobal where the cache says at which entry of the globals the name stands.
    LoadGlobalModule [RB, NameC] 2;
    /// As LoadGlobal where the cache says at which entry of the builtins the name stands.
    LoadGlobalBuiltin [RB, NameC] 2;
    /// Global c = R[b]; everything from R[d] is dead.
    StoreGlobal [RB, NameC, ND] 1;
    /// `del` of a global.
    DeleteGlobal [NameC, NB] 0;
    /// R[b] = name c looked up in the frame's namespace (a class body, exec), then as a global.
    LoadName [RB, NameC] 0;
    /// Name c of the frame's namespace = R[b]
    StoreName [RB, NameC] 0;
    /// `del` of a name of the frame's namespace.
    DeleteName [NameC, NB] 0;
    /// R[b] = name c looked up in the frame's namespace, then free variable d.
    LoadNameOrFree [RB, NameC, ND] 0;
    /// R[b] = name c looked up in the mapping R[d], then as a global (annotation scopes in classes).
    LoadFromOrGlobal [RB, NameC, RD] 0;
    /// R[b] = the name of free variable c looked up in the mapping R[d], then free variable c.
    LoadFromOrFree [RB, FreeC, RD] 0;
    /// R[b] = the frame's namespace (of a class body: the mapping `__prepare__` gave).
    LoadLocals [RB] 0;

    // ----- attributes and subscripts
    /// R[b] = attribute d of R[c]
    LoadAttribute [RB, RC, NameD] 3;
    /// Attribute d of R[b] = R[c]
    StoreAttribute [RB, RC, NameD] 2;
    /// `del` of attribute d of R[b].
    DeleteAttribute [RB, NameD] 0;
    /// For a call of method d of R[c]: R[b] = function and R[b+1] = R[c], or R[b] = the attribute and
    /// R[b+1] = UNBOUND.
    LoadMethod [RB, RC, NameD] 3;
    /// R[b] = attribute d of `super(R[c], R[c+1])`, without making the super object.
    LoadSuperAttribute [RB, RC, NameD] 0;
    /// As LoadMethod, of `super(R[c], R[c+1])`.
    LoadSuperMethod [RB, RC, NameD] 0;
    /// R[b] = R[c][R[d]]
    LoadSubscript [RB, RC, RD] 0;
    /// R[b] = R[c][d]
    LoadSubscriptInt [RB, RC, IntD] 0;
    /// R[b][R[c]] = R[d]
    StoreSubscript [RB, RC, RD] 0;
    /// del R[b][R[c]]
    DeleteSubscript [RB, RC] 0;

    // ----- operators; a = 1 makes the binary ones in-place
    /// R[b] = R[c] + R[d]
    Add [RB, RC, RD, A] 0;
    /// R[b] = R[c] - R[d]
    Subtract [RB, RC, RD, A] 0;
    /// R[b] = R[c] * R[d]
    Multiply [RB, RC, RD, A] 0;
    /// R[b] = R[c] / R[d]
    Divide [RB, RC, RD, A] 0;
    /// R[b] = R[c] // R[d]
    FloorDivide [RB, RC, RD, A] 0;
    /// R[b] = R[c] % R[d]
    Modulo [RB, RC, RD, A] 0;
    /// R[b] = R[c] ** R[d]
    Power [RB, RC, RD, A] 0;
    /// R[b] = R[c] @ R[d]
    MatrixMultiply [RB, RC, RD, A] 0;
    /// R[b] = R[c] << R[d]
    ShiftLeft [RB, RC, RD, A] 0;
    /// R[b] = R[c] >> R[d]
    ShiftRight [RB, RC, RD, A] 0;
    /// R[b] = R[c] & R[d]
    And [RB, RC, RD, A] 0;
    /// R[b] = R[c] | R[d]
    Or [RB, RC, RD, A] 0;
    /// R[b] = R[c] ^ R[d]
    Xor [RB, RC, RD, A] 0;
    /// R[b] = R[c] + d, and so on: the right operand is a small integer.
    AddInt [RB, RC, IntD, A] 0;
    SubtractInt [RB, RC, IntD, A] 0;
    MultiplyInt [RB, RC, IntD, A] 0;
    FloorDivideInt [RB, RC, IntD, A] 0;
    ModuloInt [RB, RC, IntD, A] 0;
    ShiftLeftInt [RB, RC, IntD, A] 0;
    ShiftRightInt [RB, RC, IntD, A] 0;
    AndInt [RB, RC, IntD, A] 0;
    /// R[b] = -R[c]
    Negative [RB, RC] 0;
    /// R[b] = +R[c]
    Positive [RB, RC] 0;
    /// R[b] = ~R[c]
    Invert [RB, RC] 0;
    /// R[b] = not R[c]
    Not [RB, RC] 0;
    /// R[b] = R[c] compared with R[d], a says how: the numbers of `ast::Comparison`.
    Compare [RB, RC, RD, A] 0;

    // ----- jumps
    /// Nothing. It stands before the head of a `while`, as GetIterator before that of a `for`: what a handler of a signal
    /// raises between two rounds rises there.
    Nothing [] 0;
    /// Go on w words further; forwards only.
    Jump [JumpW] 0;
    /// Go on w words further, w being negative: the end of a loop and a safe point. Everything from R[b] is dead.
    JumpBack [JumpW, NB] 0;
    /// Jump w if R[b] is true; a = 1: R[b] is known to be a bool.
    JumpIfTrue [RB, JumpW, A] 0;
    /// Jump w if R[b] is false.
    JumpIfFalse [RB, JumpW, A] 0;
    /// Jump w if R[b] is None.
    JumpIfNone [RB, JumpW] 0;
    /// Jump w if R[b] is not None.
    JumpIfNotNone [RB, JumpW] 0;
    /// Jump d if R[b] < R[c] is the truth a (0 or 1).
    JumpLess [RB, RC, JumpD, A] 0;
    JumpLessEqual [RB, RC, JumpD, A] 0;
    JumpEqual [RB, RC, JumpD, A] 0;
    JumpNotEqual [RB, RC, JumpD, A] 0;
    JumpGreater [RB, RC, JumpD, A] 0;
    JumpGreaterEqual [RB, RC, JumpD, A] 0;
    /// Jump d if R[b] < c is the truth a; c is a signed number of 16 bits.
    JumpLessInt [RB, NC, JumpD, A] 0;
    JumpLessEqualInt [RB, NC, JumpD, A] 0;
    JumpEqualInt [RB, NC, JumpD, A] 0;
    JumpNotEqualInt [RB, NC, JumpD, A] 0;
    JumpGreaterInt [RB, NC, JumpD, A] 0;
    JumpGreaterEqualInt [RB, NC, JumpD, A] 0;

    // ----- calls
    /// R[b] = R[c](R[c+1] ... ), a arguments; the last of them are keyword arguments if d > 0: constant d - 1 is
    /// the tuple of their names.
    Call [RB, RC, A, ND] 0;
    /// As Call after LoadMethod or LoadSuperMethod into R[c], R[c+1]: the a arguments begin at R[c+2].
    CallMethod [RB, RC, A, ND] 0;
    /// R[b] = R[c](*R[c+1], **R[c+2]): a list or tuple, and a dict or UNBOUND.
    CallSpread [RB, RC] 0;
    /// Leave the frame with R[b].
    Return [RB] 0;
    /// R[b] = a function of nested code c. R[d]: tuple of defaults, R[d+1]: dict of keyword-only defaults,
    /// R[d+2]: the function that computes its annotations; each may be UNBOUND, and all are if a = 0. The code's
    /// captures say which cells it takes along.
    MakeFunction [RB, CodeC, RD, A] 0;
    /// R[b] = the built-in `__build_class__`.
    LoadBuildClass [RB] 0;

    // ----- building
    /// R[b] = (R[c], ... d of them)
    BuildTuple [RB, RC, ND] 0;
    /// R[b] = [R[c], ... d of them]
    BuildList [RB, RC, ND] 0;
    /// R[b] = {R[c], ... d of them}
    BuildSet [RB, RC, ND] 0;
    /// R[b] = {R[c]: R[c+1], ... d pairs}
    BuildMap [RB, RC, ND] 0;
    /// R[b] = the strings R[c], ... d of them, joined
    BuildString [RB, RC, ND] 0;
    /// Report what R[b], a list made by the compiler, warns of.
    WarnSyntax [RB] 0;
    /// R[b] = the template of the texts in R[c] and of four values a field in R[d].
    BuildTemplate [RB, RC, RD] 0;
    /// R[b] = slice(R[c], R[c+1], R[c+2])
    BuildSlice [RB, RC] 0;
    /// Append R[c] to the list R[b].
    ListAppend [RB, RC] 0;
    /// Extend the list R[b] by the iterable R[c]; a = 1: for the arguments of the call of R[d].
    ListExtend [RB, RC, RD, A] 0;
    /// R[b] = tuple of the list R[c]
    ListToTuple [RB, RC] 0;
    /// Add R[c] to the set R[b].
    SetAdd [RB, RC] 0;
    /// Add all of the iterable R[c] to the set R[b].
    SetUpdate [RB, RC] 0;
    /// Dict R[b][R[c]] = R[d]
    MapAdd [RB, RC, RD] 0;
    /// Update the dict R[b] from the mapping R[c]; a = 1: for the keyword arguments of the call of R[d], where a
    /// key may come once only and must be a string.
    MapUpdate [RB, RC, RD, A] 0;
    /// R[b] = format(R[c], R[d]) after the conversion a & 3 (0 none, 1 str, 2 repr, 3 ascii); a & 4: no spec.
    FormatValue [RB, RC, RD, A] 0;

    // ----- iterating and unpacking
    /// R[b] = iter(R[c])
    GetIterator [RB, RC] 0;
    /// R[b] = next item of the iterator R[c]; jump d at its end.
    ForIterate [RB, RC, JumpD] 0;
    /// R[b], R[b+1], ... d of them = R[c]. They may be locals, and are written only when all items are there.
    Unpack [RB, RC, ND] 0;
    /// R[b], ... = R[c]: d items, then a list, then a items
    UnpackStar [RB, RC, ND, A] 0;

    // ----- generators and coroutines
    /// Suspend with R[c]; R[b] = what is sent in. Everything from R[d] is dead. a = 1 in an async generator.
    Yield [RB, RC, ND, A] 0;
    /// Only in programs that are recorded: what the generator does now or next (a = BEGINS, GOES_ON, YIELDS); with
    /// DELEGATES and AWAITS R[c] is what to.
    Record [A, RC] 0;
    /// R[b] = the iterator that `yield from R[c]` delegates to.
    GetDelegate [RB, RC] 0;
    /// R[b] = the iterator that `await R[c]` delegates to; a says for messages who awaits: 0 await, 1 __aenter__,
    /// 2 __aexit__, 3 __anext__.
    GetAwaitable [RB, RC, A] 0;
    /// Run the iterator R[c] to its end, passing on what it yields and what is sent and thrown in;
    /// R[b] = its return value. Everything from R[d] is dead, R[c] is not. a = 1 for `await`.
    Delegate [RB, RC, ND, A] 0;
    /// R[b] = R[c].__aiter__(), checked.
    GetAsyncIterator [RB, RC] 0;
    /// R[b] = the iterator that awaiting R[c].__anext__() delegates to.
    GetAsyncNext [RB, RC] 0;
    /// In a handler of `async for`: if R[b] is a StopAsyncIteration go on after the jump w, else raise it again.
    EndAsyncFor [RB, JumpW] 0;

    // ----- exceptions and context managers
    /// Raise: a = 0 the exception being handled again, a = 1 R[b], a = 2 R[b] from R[c].
    Raise [RB, RC, A] 0;
    /// Raise the exception R[b] as it is: no new context, no second entry of this frame in its traceback.
    Reraise [RB] 0;
    /// Begin to handle R[c]: R[b] = the exception handled so far, to be put back.
    EnterHandler [RB, RC] 0;
    /// The exception handled is R[b] again.
    LeaveHandler [RB] 0;
    /// R[b] = does the exception R[c] match R[d], a class or tuple of classes?
    MatchException [RB, RC, RD] 0;
    /// `except*`: split the exception R[c] by R[d]: R[b] = the part that matches or None, R[b+1] = the rest or None.
    /// R[c] may be None, of which both parts are None.
    SplitGroup [RB, RC, RD] 0;
    /// After all `except*` clauses: R[b] = the exception to raise, or None, from R[c] the original exception and
    /// R[d] the list of exceptions raised in clauses and, last, of the unhandled rest, which may be None.
    MergeGroups [RB, RC, RD] 0;
    /// R[b] = AssertionError
    LoadAssertionError [RB] 0;
    /// `with`: R[b] = bound __exit__ of R[c], R[b+1] = bound __enter__ of R[c]; a = 1: __aexit__, __aenter__.
    EnterWith [RB, RC, A] 0;

    // ----- imports
    /// R[b] = import of the dotted name c, a dots before it; d > 0: constant d - 1 is the tuple of names wanted
    /// from it, and the last module is given instead of the first.
    ImportName [RB, NameC, A, ND] 0;
    /// R[b] = attribute or submodule d of the module R[c], for `from`.
    ImportFrom [RB, RC, NameD] 0;
    /// `from R[b] import *` into the frame's namespace.
    ImportStar [RB] 0;

    // ----- patterns
    /// R[b] = can R[c] match a sequence pattern?
    MatchSequence [RB, RC] 0;
    /// R[b] = can R[c] match a mapping pattern?
    MatchMapping [RB, RC] 0;
    /// R[b] = len(R[c])
    GetLength [RB, RC] 0;
    /// R[b] = tuple of the values of the keys R[d] (a tuple) in the mapping R[c], or None if one is missing.
    MatchKeys [RB, RC, RD] 0;
    /// R[b] = dict of the mapping R[c] without the keys R[d] (a tuple).
    MatchRest [RB, RC, RD] 0;
    /// R[b] = tuple of a positional and then the named attributes of R[c], or None if R[c] is not an instance of
    /// the class R[d]; R[d+1] is the tuple of the names.
    MatchClass [RB, RC, RD, A] 0;

    // ----- the prompt
    /// Show R[b] as a prompt does.
    PrintExpression [RB] 0;
}

/// One instruction word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Instruction(pub u64);

impl Instruction {
    /// Packs three registers or numbers.
    pub fn new(opcode: Opcode, a: u8, b: u16, c: u16, d: u16) -> Instruction {
        Instruction(opcode as u64 | (a as u64) << 8 | (b as u64) << 16 | (c as u64) << 32 | (d as u64) << 48)
    }

    /// Packs one register and a wide number.
    pub fn wide(opcode: Opcode, a: u8, b: u16, w: i32) -> Instruction {
        Instruction(opcode as u64 | (a as u64) << 8 | (b as u64) << 16 | (w as u32 as u64) << 32)
    }

    /// What to do.
    #[inline(always)]
    pub fn opcode(self) -> Opcode {
        Opcode::ALL[self.0 as u8 as usize]
    }

    /// The byte operand.
    #[inline(always)]
    pub fn a(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// The first operand of 16 bits, mostly the destination.
    #[inline(always)]
    pub fn b(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The second.
    #[inline(always)]
    pub fn c(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// The third.
    #[inline(always)]
    pub fn d(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// The second and third as one number.
    #[inline(always)]
    pub fn w(self) -> i32 {
        (self.0 >> 32) as i32
    }
}
