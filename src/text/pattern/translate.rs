//! From the tree of a pattern to its instructions.
//!
//! Wherever the next byte decides between two ways, the instruction looks at it and leaves no
//! choice behind: that is why the first bytes of what follows travel down the tree. It is what
//! keeps ordinary patterns from going back at all.

use super::class::{ByteSet, Class, Mode};
use super::error::{ErrorKind, PatternError};
use super::first::{self, Follow};
use super::instruction::{Code, Instruction, Item, Loop, UNKNOWN_BYTE};
use super::tree::{Look, Node, Repeat, RepeatKind, Sequence, UNLIMITED};
use crate::text::wtf8;

/// Translates a pattern with this many groups, for texts that are str or not.
pub fn translate(tree: &Sequence, group_count: usize, wide: bool) -> Result<Code, PatternError> {
    let code = Code {
        instructions: Vec::new(),
        literals: Vec::new(),
        classes: Vec::new(),
        stops: Vec::new(),
        sets: Vec::new(),
        loops: Vec::new(),
        registers: 2 * (group_count + 1),
        group_count,
        wide,
        start: first::start(tree, wide),
    };
    let mut translator = Translator { code };
    translator.sequence(tree, Follow::default())?;
    translator.add(Instruction::Match);
    translator.note_following_bytes();
    Ok(translator.code)
}

struct Translator {
    code: Code,
}

impl Translator {
    fn add(&mut self, instruction: Instruction) -> usize {
        self.code.instructions.push(instruction);
        self.code.instructions.len() - 1
    }

    /// The number of the next instruction.
    fn here(&self) -> u32 {
        self.code.instructions.len() as u32
    }

    fn registers(&mut self, count: usize) -> u32 {
        self.code.registers += count;
        (self.code.registers - count) as u32
    }

    /// Translates nodes; `follow` is what must come behind them.
    fn sequence(&mut self, sequence: &Sequence, follow: Follow) -> Result<(), PatternError> {
        let mut follows = vec![follow; sequence.nodes.len()];
        for place in (1..sequence.nodes.len()).rev() {
            follows[place - 1] = first::of_node(&sequence.nodes[place], self.code.wide).then(follows[place]);
        }
        let mut literal = Vec::new();
        for (node, follow) in sequence.nodes.iter().zip(follows) {
            match node {
                Node::Literal(code) => push_code(&mut literal, *code, self.code.wide),
                node => {
                    self.literal(&mut literal);
                    self.node(node, follow)?;
                }
            }
        }
        self.literal(&mut literal);
        Ok(())
    }

    /// Adds the instruction for bytes gathered, if there are any.
    fn literal(&mut self, bytes: &mut Vec<u8>) {
        match bytes[..] {
            [] => {}
            [byte] => {
                self.add(Instruction::One(Item::Byte(byte)));
            }
            _ => {
                let start = self.code.literals.len() as u32;
                self.code.literals.extend_from_slice(bytes);
                self.add(Instruction::Literal { start, length: bytes.len() as u32 });
            }
        }
        bytes.clear();
    }

    fn node(&mut self, node: &Node, follow: Follow) -> Result<(), PatternError> {
        match node {
            Node::Literal(_) | Node::Any(_) | Node::Class(_) => {
                if let Some(item) = self.item(node) {
                    self.add(Instruction::One(item));
                }
            }
            Node::At(place) => {
                self.add(Instruction::At(*place));
            }
            Node::Branch(choices) => self.branch(choices, follow)?,
            Node::Group(group, body) => {
                self.add(Instruction::Open(2 * *group as u32));
                self.sequence(body, follow)?;
                self.add(Instruction::Close(*group as u32));
            }
            Node::Plain(body) => self.sequence(body, follow)?,
            Node::Repeat(repeat) => self.repeat(repeat, follow)?,
            Node::Look(look, body) => self.look(*look, body)?,
            Node::Atomic(body) => {
                let register = self.registers(1);
                self.add(Instruction::Mark(register));
                self.sequence(body, Follow::default())?;
                self.add(Instruction::Commit(register));
            }
            Node::Reference(reference) => {
                self.add(Instruction::Reference { group: reference.group as u32, fold: reference.fold });
            }
            Node::Condition(group, yes, no) => self.condition(*group as u32, yes, no, follow)?,
            Node::Fail => {
                self.add(Instruction::Fail);
            }
        }
        Ok(())
    }

    /// What a node takes, if that is always one character.
    fn item(&mut self, node: &Node) -> Option<Item> {
        Some(match node {
            Node::Literal(code) if *code < 0x80 || !self.code.wide => Item::Byte(*code as u8),
            Node::Literal(code) => {
                let mode = Mode { wide: true, unicode: true, fold: false };
                Item::Class(self.class(Class::of_code(*code, mode)))
            }
            Node::Any(true) => Item::Any,
            Node::Any(false) => Item::Line,
            Node::Class(class) => Item::Class(self.class((**class).clone())),
            _ => return None,
        })
    }

    /// The number of a class; a class that was used a short while ago is not added again.
    fn class(&mut self, class: Class) -> u32 {
        let recent = self.code.classes.len().saturating_sub(32);
        if let Some(place) = self.code.classes[recent..].iter().position(|known| *known == class) {
            return (recent + place) as u32;
        }
        self.code.stops.push(class.stops());
        self.code.classes.push(class);
        self.code.classes.len() as u32 - 1
    }

    fn set(&mut self, set: ByteSet) -> u32 {
        let recent = self.code.sets.len().saturating_sub(32);
        if let Some(place) = self.code.sets[recent..].iter().position(|known| *known == set) {
            return (recent + place) as u32;
        }
        self.code.sets.push(set);
        self.code.sets.len() as u32 - 1
    }

    /// Adds the choice between going on here, where `here` must come, and another way, where
    /// `there` must come; its target is set later by `aim`.
    fn choice(&mut self, here: Follow, there: Follow) -> usize {
        match here {
            Follow::Unknown => self.add(Instruction::Split(0)),
            Follow::Bytes(bytes) => {
                let set = self.set(bytes);
                let only = matches!(there, Follow::Bytes(other) if other.is_disjoint(&bytes));
                self.add(Instruction::Choose { set, other: 0, only })
            }
        }
    }

    /// Sets the target of an instruction added before to the next one.
    fn aim(&mut self, place: usize) {
        let here = self.here();
        if let Instruction::Split(target)
        | Instruction::Jump(target)
        | Instruction::Prefer(target)
        | Instruction::Choose { other: target, .. }
        | Instruction::LookNotStart { after: target, .. }
        | Instruction::Condition { otherwise: target, .. } = &mut self.code.instructions[place]
        {
            *target = here;
        }
    }

    fn branch(&mut self, choices: &[Sequence], follow: Follow) -> Result<(), PatternError> {
        let wide = self.code.wide;
        let firsts: Vec<Follow> = choices.iter().map(|choice| first::of(choice, wide).then(follow)).collect();
        let mut later = firsts.clone();
        for place in (1..later.len()).rev() {
            later[place - 1] = later[place - 1].or(later[place]);
        }
        let mut ends = Vec::new();
        for (place, choice) in choices.iter().enumerate() {
            let last = place + 1 == choices.len();
            let split = (!last).then(|| self.choice(firsts[place], later[place + 1]));
            self.sequence(choice, follow)?;
            if let Some(split) = split {
                ends.push(self.add(Instruction::Jump(0)));
                self.aim(split);
            }
        }
        ends.into_iter().for_each(|end| self.aim(end));
        Ok(())
    }

    fn condition(&mut self, group: u32, yes: &Sequence, no: &Sequence, follow: Follow) -> Result<(), PatternError> {
        let test = self.add(Instruction::Condition { group, otherwise: 0 });
        self.sequence(yes, follow)?;
        let end = self.add(Instruction::Jump(0));
        self.aim(test);
        self.sequence(no, follow)?;
        self.aim(end);
        Ok(())
    }

    fn look(&mut self, look: Look, body: &Sequence) -> Result<(), PatternError> {
        let mut back = 0;
        if look.behind {
            if body.low != body.high {
                return Err(PatternError::new(ErrorKind::Pattern, "look-behind requires fixed-width pattern"));
            }
            let width = u32::try_from(body.low);
            back = width.map_err(|_| PatternError::new(ErrorKind::Pattern, "looks too much behind"))?;
        }
        let register = self.registers(2);
        let start = self.add(match look.negative {
            true => Instruction::LookNotStart { register, after: 0 },
            false => Instruction::LookStart(register),
        });
        if back > 0 {
            self.add(Instruction::Back(back));
        }
        self.sequence(body, Follow::default())?;
        self.add(match look.negative {
            true => Instruction::LookNotEnd(register),
            false => Instruction::LookEnd(register),
        });
        self.aim(start);
        Ok(())
    }

    fn repeat(&mut self, repeat: &Repeat, follow: Follow) -> Result<(), PatternError> {
        let Repeat { body, min, max, kind } = repeat;
        if *max == 0 {
            // Only its errors matter.
            let length = self.code.instructions.len();
            self.sequence(body, follow)?;
            self.code.instructions.truncate(length);
            return Ok(());
        }
        if let [node] = &body.nodes[..]
            && let Some(item) = self.item(node)
        {
            self.run(item, repeat, follow);
            return Ok(());
        }
        if *kind == RepeatKind::Possessive {
            return self.counted(repeat, Follow::default());
        }
        match (min, max, body.low > 0) {
            (1, 1, _) => self.sequence(body, follow),
            (0, 1, _) => self.optional(repeat, follow),
            (0, &UNLIMITED, true) => self.any_number(repeat, follow),
            (1, &UNLIMITED, true) => self.at_least_one(repeat, follow),
            _ => self.counted(repeat, follow),
        }
    }

    /// One character several times.
    fn run(&mut self, item: Item, repeat: &Repeat, follow: Follow) {
        let (min, max) = (repeat.min, repeat.max);
        if (min, max) == (1, 1) {
            self.add(Instruction::One(item));
            return;
        }
        let mine = first::of_node(&repeat.body.nodes[0], self.code.wide).bytes;
        let disjoint = matches!(follow, Follow::Bytes(other) if other.is_disjoint(&mine));
        let unknown = UNKNOWN_BYTE;
        self.add(match repeat.kind {
            _ if min == max => Instruction::FixedRun { item, min, max },
            RepeatKind::Possessive => Instruction::FixedRun { item, min, max },
            // Nothing of the run could begin what follows, so giving back is in vain.
            RepeatKind::Greedy if disjoint => Instruction::FixedRun { item, min, max },
            RepeatKind::Greedy => Instruction::Run { item, min, max, follow: unknown },
            RepeatKind::Lazy => Instruction::LazyRun { item, min, max, follow: unknown },
        });
    }

    /// `x?`
    fn optional(&mut self, repeat: &Repeat, follow: Follow) -> Result<(), PatternError> {
        let inside = first::of(&repeat.body, self.code.wide).then(follow);
        if repeat.kind == RepeatKind::Greedy {
            let split = self.choice(inside, follow);
            self.sequence(&repeat.body, follow)?;
            self.aim(split);
            return Ok(());
        }
        let skip = self.lazy_choice(inside, follow);
        self.sequence(&repeat.body, follow)?;
        self.aim(skip);
        Ok(())
    }

    /// The choice between leaving a lazy loop and its body, which is next.
    fn lazy_choice(&mut self, inside: Follow, outside: Follow) -> usize {
        match (inside, outside) {
            (Follow::Bytes(bytes), Follow::Bytes(other)) if bytes.is_disjoint(&other) => self.choice(inside, outside),
            _ => self.add(Instruction::Prefer(0)),
        }
    }

    /// `x*` where x takes at least one character.
    fn any_number(&mut self, repeat: &Repeat, follow: Follow) -> Result<(), PatternError> {
        let inside = first::of(&repeat.body, self.code.wide).then(Follow::default());
        let top = self.here();
        let exit = match repeat.kind {
            RepeatKind::Greedy => self.choice(inside, follow),
            _ => self.lazy_choice(inside, follow),
        };
        self.sequence(&repeat.body, inside.or(follow))?;
        self.add(Instruction::Jump(top));
        self.aim(exit);
        Ok(())
    }

    /// `x+` where x takes at least one character.
    fn at_least_one(&mut self, repeat: &Repeat, follow: Follow) -> Result<(), PatternError> {
        let inside = first::of(&repeat.body, self.code.wide).then(Follow::default());
        let top = self.here();
        self.sequence(&repeat.body, inside.or(follow))?;
        match (repeat.kind, inside, follow) {
            (RepeatKind::Greedy, ..) => {
                let exit = self.choice(inside, follow);
                self.add(Instruction::Jump(top));
                self.aim(exit);
            }
            (_, Follow::Bytes(bytes), Follow::Bytes(other)) if bytes.is_disjoint(&other) => {
                let exit = self.choice(inside, follow);
                self.add(Instruction::Jump(top));
                self.aim(exit);
            }
            _ => {
                self.add(Instruction::Split(top));
            }
        }
        Ok(())
    }

    /// A loop that counts, or whose iterations may be empty, or that is possessive.
    fn counted(&mut self, repeat: &Repeat, follow: Follow) -> Result<(), PatternError> {
        let inside = first::of(&repeat.body, self.code.wide).then(Follow::default());
        let register = self.registers(3);
        let number = self.code.loops.len() as u32;
        let (min, max, kind) = (repeat.min, repeat.max, repeat.kind);
        self.code.loops.push(Loop { min, max, kind, register, body: 0, exit: 0 });
        self.add(Instruction::LoopStart(number));
        self.code.loops[number as usize].body = self.here();
        let behind = if kind == RepeatKind::Possessive { Follow::default() } else { inside.or(follow) };
        self.sequence(&repeat.body, behind)?;
        self.add(Instruction::LoopNext(number));
        self.code.loops[number as usize].exit = self.here();
        Ok(())
    }

    /// Tells each run the byte that must follow it, where that is certain.
    fn note_following_bytes(&mut self) {
        for place in 0..self.code.instructions.len() {
            let byte = self.byte_at(place + 1);
            if let Instruction::Run { follow, .. } | Instruction::LazyRun { follow, .. } =
                &mut self.code.instructions[place]
            {
                *follow = byte.map_or(UNKNOWN_BYTE, |byte| byte as u16);
            }
        }
    }

    /// The byte that the instructions from here on take first.
    fn byte_at(&self, mut place: usize) -> Option<u8> {
        loop {
            match *self.code.instructions.get(place)? {
                Instruction::Open(_) | Instruction::Close(_) => place += 1,
                Instruction::Jump(target) if target as usize > place => place = target as usize,
                Instruction::One(Item::Byte(byte)) => return Some(byte),
                Instruction::Literal { start, .. } => return self.code.literals.get(start as usize).copied(),
                _ => return None,
            }
        }
    }
}

/// Adds a character to bytes.
pub fn push_code(bytes: &mut Vec<u8>, code: u32, wide: bool) {
    match wide {
        true => wtf8::push(bytes, code),
        false => bytes.push(code as u8),
    }
}
