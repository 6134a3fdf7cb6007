//! Running a pattern over a text.
//!
//! A `Search` holds everything of one search that is under way: where it stands, the registers, and
//! a stack of choices to come back to. The stack also holds what has to be undone on the way back:
//! old values of registers. It borrows nothing, so it can be put aside between two calls of
//! `advance`; the text and the code must be the same each time. Nothing here recurses.

use super::instruction::{Code, Instruction, Item, Loop, UNKNOWN_BYTE};
use super::text_reader::TextReader;
use super::tree::{RepeatKind, UNLIMITED};

/// A register without a position.
pub const NOWHERE: usize = usize::MAX;

/// Where a match has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Anywhere from the start position on.
    Search,
    /// At the start position.
    Match,
    /// From the start position to the end.
    FullMatch,
}

/// What came of some steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<T> {
    /// The search is over.
    Done(T),
    /// The steps were used up; call again.
    Pending,
}

/// The groups of a match, as positions in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captures {
    /// Start and end of each group, the whole match first; `NOWHERE` where a group did not take part.
    slots: Vec<usize>,
    /// The number of the group that ended last, zero if none did.
    last_group: usize,
}

impl Captures {
    /// Start and end of a group; `None` if it did not take part in the match.
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        let (start, end) = (*self.slots.get(2 * group)?, *self.slots.get(2 * group + 1)?);
        (start != NOWHERE && end != NOWHERE).then_some((start, end))
    }

    /// Start and end of the whole match.
    pub fn whole(&self) -> (usize, usize) {
        (self.slots[0], self.slots[1])
    }

    /// The number of the group that ended last: `lastindex`.
    pub fn last_group(&self) -> Option<usize> {
        (self.last_group != 0).then_some(self.last_group)
    }

    /// How many groups there are, the whole match included.
    pub fn count(&self) -> usize {
        self.slots.len() / 2
    }
}

/// Something to do on the way back.
#[derive(Clone, Copy, Debug)]
enum Saved {
    /// Another way: go on at this instruction and position.
    Retry { pc: u32, at: usize },
    /// A run that can give characters back down to a position.
    Shrink { pc: u32, low: usize, at: usize },
    /// A lazy run that can take so many more.
    Grow { pc: u32, left: u32, at: usize },
    /// The old value of a register.
    Register { index: u32, old: usize },
    /// The old value of a register of a group, and which group ended last then.
    Group { index: u32, last_group: u32, old: usize },
}

/// What a search does next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// Look for a place to start.
    Scan(usize),
    /// Go on at this instruction and position.
    Run { pc: usize, at: usize },
    /// Go back to the last choice.
    Back,
    /// Nothing more.
    Finished,
}

/// Where an attempt ended.
enum Outcome {
    Matched(usize),
    Failed,
    Pending,
}

/// A search that is under way.
#[derive(Clone, Debug)]
pub struct Search {
    registers: Vec<usize>,
    stack: Vec<Saved>,
    /// The group that ended last.
    last_group: u32,
    /// Whether registers have changed since they were cleared.
    dirty: bool,
    /// Where the attempt under way began.
    origin: usize,
    /// Where the text ends for this search.
    end: usize,
    anchor: Anchor,
    /// A position where an empty match does not count.
    forbidden: usize,
    next: Next,
    /// The steps left.
    fuel: isize,
}

impl Search {
    /// A search of the text between two positions in bytes.
    pub fn new(code: &Code, start: usize, end: usize, anchor: Anchor) -> Self {
        // As in CPython, a start behind the end can still match nothing there, but not be found.
        let next = if start > end && anchor != Anchor::Match { Next::Finished } else { Next::Scan(start) };
        Search {
            registers: vec![NOWHERE; code.registers],
            stack: Vec::new(),
            last_group: 0,
            dirty: false,
            origin: start,
            end: end.max(start),
            anchor,
            forbidden: NOWHERE,
            next,
            fuel: 0,
        }
    }

    /// Begins anew behind the last match; after an empty one, the next must not be empty there.
    pub fn go_on(&mut self, from: usize, last_was_empty: bool) {
        self.forbidden = if last_was_empty { from } else { NOWHERE };
        self.next = Next::Scan(from);
    }

    /// How many of the steps given last are left.
    pub fn steps_left(&self) -> usize {
        self.fuel.max(0) as usize
    }

    /// How many bytes it occupies, for those who count memory.
    pub fn size(&self) -> usize {
        size_of::<Self>() + size_of_val(&self.registers[..]) + self.stack.capacity() * size_of::<Saved>()
    }

    /// Goes on for about so many steps. The text must be the one of the calls before.
    pub fn advance(&mut self, code: &Code, text: &[u8], steps: usize) -> Progress<Option<Captures>> {
        let mut captures = Captures::default();
        match self.advance_into(code, text, steps, &mut captures) {
            Progress::Done(found) => Progress::Done(found.then_some(captures)),
            Progress::Pending => Progress::Pending,
        }
    }

    /// As `advance`, with the groups put where those of the last match are; says whether there is a match.
    pub fn advance_into(&mut self, code: &Code, text: &[u8], steps: usize, captures: &mut Captures) -> Progress<bool> {
        let text = TextReader { bytes: &text[..self.end.min(text.len())], wide: code.wide };
        self.fuel = steps.min(isize::MAX as usize) as isize;
        loop {
            let outcome = match self.next {
                Next::Finished => return Progress::Done(false),
                Next::Scan(from) => {
                    let Some(origin) = self.find_start(code, text, from) else {
                        self.next = Next::Finished;
                        continue;
                    };
                    self.begin(origin);
                    self.attempt(code, text, 0, origin)
                }
                Next::Run { pc, at } => self.attempt(code, text, pc, at),
                Next::Back => match self.back(code, text) {
                    Some((pc, at)) => self.attempt(code, text, pc, at),
                    None => Outcome::Failed,
                },
            };
            match outcome {
                Outcome::Pending => return Progress::Pending,
                Outcome::Matched(end) => {
                    self.capture(code, end, captures);
                    return Progress::Done(true);
                }
                Outcome::Failed => {
                    let ended = self.anchor != Anchor::Search || self.origin >= text.bytes.len();
                    self.next = if ended { Next::Finished } else { Next::Scan(text.after(self.origin)) };
                    if self.fuel <= 0 {
                        return Progress::Pending;
                    }
                }
            }
        }
    }

    /// The next position where an attempt is worth it.
    fn find_start(&self, code: &Code, text: TextReader<'_>, from: usize) -> Option<usize> {
        match self.anchor {
            Anchor::Search => text.find_start(&code.start, from),
            _ => Some(from),
        }
    }

    fn begin(&mut self, origin: usize) {
        self.fuel -= 1;
        self.origin = origin;
        self.stack.clear();
        if self.dirty {
            self.registers.fill(NOWHERE);
            self.last_group = 0;
            self.dirty = false;
        }
    }

    fn capture(&mut self, code: &Code, end: usize, captures: &mut Captures) {
        self.next = Next::Finished;
        self.registers[0] = self.origin;
        self.registers[1] = end;
        self.dirty = true;
        captures.slots.clear();
        captures.slots.extend_from_slice(&self.registers[..2 * (code.group_count + 1)]);
        captures.last_group = self.last_group as usize;
    }

    /// Sets a register so that going back undoes it.
    fn set(&mut self, index: u32, value: usize) {
        self.dirty = true;
        let old = std::mem::replace(&mut self.registers[index as usize], value);
        if !self.stack.is_empty() {
            self.stack.push(Saved::Register { index, old });
        }
    }

    /// Sets a register of a group, and which group ended last.
    fn set_group(&mut self, index: u32, value: usize, last_group: u32) {
        self.dirty = true;
        let old = std::mem::replace(&mut self.registers[index as usize], value);
        if !self.stack.is_empty() {
            self.stack.push(Saved::Group { index, last_group: self.last_group, old });
        }
        self.last_group = last_group;
    }

    /// Runs instructions until the attempt has matched or failed, or the steps are used up.
    fn attempt(&mut self, code: &Code, text: TextReader<'_>, mut pc: usize, mut at: usize) -> Outcome {
        loop {
            match self.step(code, text, pc, at) {
                Some(Step::Matched(end)) => return Outcome::Matched(end),
                Some(Step::Pause(pc, at)) => {
                    self.next = Next::Run { pc, at };
                    return Outcome::Pending;
                }
                None => {}
            }
            self.fuel -= 1;
            if self.fuel <= 0 {
                self.next = Next::Back;
                return Outcome::Pending;
            }
            match self.back(code, text) {
                Some(choice) => (pc, at) = choice,
                None => return Outcome::Failed,
            }
        }
    }

    /// Runs instructions as long as they go forward; `None` when one fails.
    #[inline(always)]
    fn step(&mut self, code: &Code, text: TextReader<'_>, mut pc: usize, mut at: usize) -> Option<Step> {
        let instructions = &code.instructions[..];
        loop {
            match instructions[pc] {
                Instruction::Literal { start, length } => {
                    let literal = &code.literals[start as usize..(start + length) as usize];
                    at = text.bytes.get(at..)?.starts_with(literal).then_some(at + literal.len())?;
                }
                Instruction::One(item) => at = text.one(code, item, at)?,
                Instruction::FixedRun { item, min, max } => at = self.run(code, text, item, min, max, at)?.1,
                Instruction::Run { item, min, max, follow } => {
                    let (low, high) = self.run(code, text, item, min, max, at)?;
                    at = self.shrink(text, pc, low, high, follow)?;
                }
                Instruction::LazyRun { item, min, max, follow } => {
                    at = self.run(code, text, item, min, min, at)?.1;
                    if max > min {
                        let left = if max == UNLIMITED { UNLIMITED } else { max - min };
                        at = self.grow(code, text, Lazy { pc, item, left, follow }, at)?;
                    }
                }
                Instruction::At(place) => text.is_at(place, at).then_some(())?,
                Instruction::Open(index) => self.set_group(index, at, self.last_group),
                Instruction::Close(group) => self.set_group(2 * group + 1, at, group),
                Instruction::Jump(target) => {
                    if (target as usize) < pc && self.is_spent() {
                        return Some(Step::Pause(target as usize, at));
                    }
                    pc = target as usize;
                    continue;
                }
                Instruction::Split(target) => self.stack.push(Saved::Retry { pc: target, at }),
                Instruction::Prefer(target) => {
                    self.stack.push(Saved::Retry { pc: pc as u32 + 1, at });
                    pc = target as usize;
                    continue;
                }
                Instruction::Choose { set, other, only } => match text.bytes.get(at) {
                    Some(&byte) if code.sets[set as usize].contains(byte) => {
                        if !only {
                            self.stack.push(Saved::Retry { pc: other, at });
                        }
                    }
                    _ => {
                        pc = other as usize;
                        continue;
                    }
                },
                Instruction::LoopStart(number) => {
                    let looped = &code.loops[number as usize];
                    self.set(looped.register, 0);
                    self.set(looped.register + 1, NOWHERE);
                    pc = self.iterate(looped, at);
                    continue;
                }
                Instruction::LoopNext(number) => {
                    pc = self.finish_iteration(&code.loops[number as usize], at);
                    if self.is_spent() {
                        return Some(Step::Pause(pc, at));
                    }
                    continue;
                }
                Instruction::Fail => return None,
                Instruction::Match => {
                    let short = self.anchor == Anchor::FullMatch && at != text.bytes.len();
                    let refused = at == self.forbidden && at == self.origin;
                    return (!short && !refused).then_some(Step::Matched(at));
                }
                other => (pc, at) = self.rare(text, other, pc, at)?,
            }
            pc += 1;
        }
    }

    /// Counts reading so many bytes, which are a good deal cheaper than instructions.
    #[inline(always)]
    fn charge(&mut self, bytes: usize) {
        self.fuel -= (bytes / 16) as isize;
    }

    /// Counts a step backwards in the code; says whether they are used up.
    #[inline(always)]
    fn is_spent(&mut self) -> bool {
        self.fuel -= 1;
        self.fuel <= 0
    }

    /// The instructions that ordinary patterns do without; gives the position, and the instruction
    /// before the next one.
    fn rare(&mut self, text: TextReader<'_>, instruction: Instruction, pc: usize, at: usize) -> Option<(usize, usize)> {
        let mut place = (pc, at);
        match instruction {
            Instruction::Mark(register) => {
                let height = self.height_after(1);
                self.set(register, height);
            }
            Instruction::Commit(register) => self.commit(register),
            Instruction::LookStart(register) => {
                let height = self.height_after(2);
                self.set(register, height);
                self.set(register + 1, at);
            }
            Instruction::LookEnd(register) => {
                place.1 = self.registers[register as usize + 1];
                self.commit(register);
            }
            Instruction::LookNotStart { register, after } => {
                let height = self.height_after(1);
                self.set(register, height);
                self.stack.push(Saved::Retry { pc: after, at });
            }
            Instruction::LookNotEnd(register) => {
                let height = self.registers[register as usize];
                while self.stack.len() > height
                    && let Some(saved) = self.stack.pop()
                {
                    self.undo(saved);
                }
                return None;
            }
            Instruction::Back(count) => place.1 = text.back(at, count)?,
            Instruction::Reference { group, fold } => {
                let (start, end) = self.group(group)?;
                self.charge(end - start);
                place.1 = text.again(start, end, fold, at)?;
            }
            Instruction::Condition { group, otherwise } if self.group(group).is_none() => {
                place.0 = otherwise as usize - 1;
            }
            _ => {}
        }
        Some(place)
    }

    /// The text of a group, if it has matched.
    fn group(&self, group: u32) -> Option<(usize, usize)> {
        let slot = 2 * group as usize;
        let (start, end) = (self.registers[slot], self.registers[slot + 1]);
        (start != NOWHERE && end != NOWHERE && start <= end).then_some((start, end))
    }

    /// The height of the stack after so many registers are set.
    fn height_after(&self, count: usize) -> usize {
        if self.stack.is_empty() { 0 } else { self.stack.len() + count }
    }

    /// Forgets the choices above the height in a register, keeping what has to be undone.
    fn commit(&mut self, register: u32) {
        let height = self.registers[register as usize];
        let mut kept = height;
        for place in height..self.stack.len() {
            let saved = self.stack[place];
            let undoes = matches!(saved, Saved::Register { .. } | Saved::Group { .. });
            // With nothing below to come back to, there is nothing to undo for.
            if undoes && kept > 0 {
                self.stack[kept] = saved;
                kept += 1;
            }
        }
        self.stack.truncate(kept);
    }

    /// Begins another iteration of a loop, or leaves it; gives the next instruction.
    fn iterate(&mut self, looped: &Loop, at: usize) -> usize {
        let (body, exit) = (looped.body as usize, looped.exit as usize);
        let count = self.registers[looped.register as usize];
        let needed = count < looped.min as usize;
        let possible = needed
            || (looped.max == UNLIMITED || count < looped.max as usize)
                && self.registers[looped.register as usize + 1] != at;
        if !possible {
            return exit;
        }
        if looped.kind == RepeatKind::Possessive {
            let height = self.height_after(1);
            self.set(looped.register + 2, height);
        }
        if needed {
            return body;
        }
        if looped.kind == RepeatKind::Lazy {
            self.set(looped.register + 1, at);
            self.stack.push(Saved::Retry { pc: looped.body, at });
            return exit;
        }
        self.stack.push(Saved::Retry { pc: looped.exit, at });
        self.set(looped.register + 1, at);
        body
    }

    /// Counts an iteration and begins the next or leaves the loop.
    fn finish_iteration(&mut self, looped: &Loop, at: usize) -> usize {
        if looped.kind == RepeatKind::Possessive {
            self.commit(looped.register + 2);
        }
        let count = self.registers[looped.register as usize];
        self.set(looped.register, count + 1);
        self.iterate(looped, at)
    }

    /// Takes a run of characters; gives where the least of it ends, and where it ends.
    #[inline(always)]
    fn run(
        &mut self,
        code: &Code,
        text: TextReader<'_>,
        item: Item,
        min: u32,
        max: u32,
        at: usize,
    ) -> Option<(usize, usize)> {
        let (low, taken) = match min {
            0 => (at, 0),
            1 => (text.one(code, item, at)?, 1),
            _ => text.run(code, item, min, at),
        };
        let high = match max {
            _ if taken < min => low,
            UNLIMITED => text.run_to_end(code, item, low),
            max => text.run(code, item, max - min, low).0,
        };
        self.charge(high - at);
        (taken == min).then_some((low, high))
    }

    /// Takes back as little of a run as lets the byte that must follow come next.
    #[inline(always)]
    fn shrink(&mut self, text: TextReader<'_>, pc: usize, low: usize, high: usize, follow: u16) -> Option<usize> {
        let mut at = high;
        if follow != UNKNOWN_BYTE && text.bytes.get(at) != Some(&(follow as u8)) {
            let part = text.bytes.get(low..high)?;
            self.charge(part.len());
            at = low + memchr::memrchr(follow as u8, part)?;
        }
        if at > low {
            self.stack.push(Saved::Shrink { pc: pc as u32, low, at });
        }
        Some(at)
    }

    /// Takes as little more in a lazy run as lets the byte that must follow come next.
    fn grow(&mut self, code: &Code, text: TextReader<'_>, lazy: Lazy, mut at: usize) -> Option<usize> {
        let (mut left, start) = (lazy.left, at);
        if lazy.follow != UNKNOWN_BYTE {
            while text.bytes.get(at) != Some(&(lazy.follow as u8)) {
                let next = if left == 0 { None } else { text.one(code, lazy.item, at) };
                let Some(next) = next else {
                    self.charge(at - start);
                    return None;
                };
                at = next;
                left -= (left != UNLIMITED) as u32;
            }
        }
        self.charge(at - start);
        if left > 0 {
            self.stack.push(Saved::Grow { pc: lazy.pc as u32, left, at });
        }
        Some(at)
    }

    fn undo(&mut self, saved: Saved) {
        match saved {
            Saved::Register { index, old } => self.registers[index as usize] = old,
            Saved::Group { index, last_group, old } => {
                self.registers[index as usize] = old;
                self.last_group = last_group;
            }
            _ => {}
        }
    }

    /// Goes back to the last choice; gives the instruction and the position to go on at.
    #[inline(always)]
    fn back(&mut self, code: &Code, text: TextReader<'_>) -> Option<(usize, usize)> {
        while let Some(saved) = self.stack.pop() {
            match saved {
                Saved::Retry { pc, at } => return Some((pc as usize, at)),
                Saved::Shrink { pc, low, at } => {
                    let pc = pc as usize;
                    let at = text.before(at);
                    let follow = match code.instructions[pc] {
                        Instruction::Run { follow, .. } => follow,
                        _ => UNKNOWN_BYTE,
                    };
                    if let Some(at) = self.shrink(text, pc, low, at, follow) {
                        return Some((pc + 1, at));
                    }
                }
                Saved::Grow { pc, left, at } => {
                    let pc = pc as usize;
                    let Instruction::LazyRun { item, follow, .. } = code.instructions[pc] else {
                        continue;
                    };
                    let Some(at) = text.one(code, item, at) else {
                        continue;
                    };
                    let left = if left == UNLIMITED { left } else { left - 1 };
                    if let Some(at) = self.grow(code, text, Lazy { pc, item, left, follow }, at) {
                        return Some((pc + 1, at));
                    }
                }
                undone => self.undo(undone),
            }
        }
        None
    }
}

/// What one stretch of instructions led to.
enum Step {
    /// The pattern has matched up to here.
    Matched(usize),
    /// The steps are used up; go on here later.
    Pause(usize, usize),
}

/// A lazy run that wants to go on.
struct Lazy {
    pc: usize,
    item: Item,
    left: u32,
    follow: u16,
}
