//! The `match` statement.
//!
//! A pattern jumps away when it fails. What it captures stays in the register where it was found, and is bound to
//! its names when the whole pattern has matched, before the guard.

use crate::bytecode::code::Constant;
use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::Compiler;
use crate::compiler::constant::{fold, small, string};
use crate::compiler::emitter::{Label, Register};
use crate::compiler::scope::{Result, error, refuse};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Case, Comparison, Expression, Name, Pattern, PatternKind};

/// Where captured values wait, in the order their names occur.
type Captured = Vec<(Name, Register)>;

impl<'a> Compiler<'a> {
    /// `match`
    pub(super) fn match_statement(&mut self, subject: &'a Expression, cases: &'a [Case]) -> Result<()> {
        let is_value = |pattern: &Pattern| matches!(pattern.kind, PatternKind::Literal(_) | PatternKind::Value(_));
        let binds = cases.iter().any(|case| !is_value(&case.pattern)) || self.scopes.get(self.unit.scope).has_walrus;
        let subject = if binds { self.next(subject)? } else { self.expression(subject, None)? };
        let end = self.label();
        for (index, case) in cases.iter().enumerate() {
            if case.guard.is_none() && index + 1 < cases.len() {
                let next = cases[index + 1].pattern.span;
                refuse_irrefutable(&case.pattern).map_err(|error| Box::new(error.also(next, "never reached")))?;
            }
            let failed = self.label();
            self.case(case, subject, failed)?;
            self.goto(end, case.pattern.span);
            self.place(failed);
        }
        self.place(end);
        Ok(())
    }

    fn case(&mut self, case: &'a Case, subject: Register, failed: Label) -> Result<()> {
        let mark = self.mark();
        captures(&case.pattern, &mut Vec::new())?;
        match &case.pattern.kind {
            PatternKind::Capture(name) => self.store_name(name, subject, case.pattern.span),
            _ => {
                let mut captured = Vec::new();
                self.pattern(&case.pattern, subject, failed, &mut captured)?;
                for (name, register) in &captured {
                    self.store_name(name, *register, case.pattern.span);
                }
            }
        }
        self.release(mark);
        if let Some(guard) = &case.guard {
            self.condition(guard, false, failed)?;
        }
        self.block(&case.body)
    }

    fn pattern(
        &mut self,
        pattern: &'a Pattern,
        subject: Register,
        failed: Label,
        captured: &mut Captured,
    ) -> Result<()> {
        let span = pattern.span;
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Star(None) => {}
            PatternKind::Capture(name) | PatternKind::Star(Some(name)) => {
                captured.push((name.clone(), subject));
            }
            PatternKind::Literal(value) => self.literal_pattern(value, subject, failed)?,
            PatternKind::Value(value) => self.value_pattern(value, subject, failed)?,
            PatternKind::Sequence(patterns) => {
                self.sequence_pattern(patterns, subject, failed, captured, span)?;
            }
            PatternKind::Mapping(entries, rest) => {
                self.mapping_pattern(entries, rest.as_ref(), subject, failed, captured, span)?;
            }
            PatternKind::Class(class, patterns, named) => {
                self.class_pattern(class, (patterns, named), subject, failed, captured, span)?;
            }
            PatternKind::Or(patterns) => self.or_pattern(patterns, subject, failed, captured, span)?,
            PatternKind::As(inner, name) => {
                self.pattern(inner, subject, failed, captured)?;
                captured.push((name.clone(), subject));
            }
        }
        Ok(())
    }

    fn literal_pattern(&mut self, value: &'a Expression, subject: Register, failed: Label) -> Result<()> {
        let span = value.span;
        match fold(value) {
            Some(Constant::None) => self.branch(Opcode::JumpIfNotNone, 0, subject, 0, failed, span),
            Some(constant @ Constant::Bool(_)) => {
                let register = self.constant(&constant, None, span);
                self.emit(Opcode::Compare, Comparison::Is as u8, register, subject, register, span);
                self.release(register);
                self.branch(Opcode::JumpIfFalse, 1, register, 0, failed, span);
            }
            _ => match small(value) {
                Some(value) => self.branch(Opcode::JumpEqualInt, 0, subject, value as u16, failed, span),
                None => self.value_pattern(value, subject, failed)?,
            },
        }
        Ok(())
    }

    fn value_pattern(&mut self, value: &'a Expression, subject: Register, failed: Label) -> Result<()> {
        let mark = self.mark();
        let register = self.expression(value, None)?;
        self.release(mark);
        self.branch(Opcode::JumpEqual, 0, subject, register, failed, value.span);
        Ok(())
    }

    /// Goes away unless the subject has the length, or at least the length.
    fn check_length(&mut self, subject: Register, length: usize, at_least: bool, failed: Label, span: Span) {
        let register = self.allocate(2);
        self.emit(Opcode::GetLength, 0, register, subject, 0, span);
        match i16::try_from(length) {
            Ok(length) => {
                let opcode = if at_least { Opcode::JumpGreaterEqualInt } else { Opcode::JumpEqualInt };
                self.branch(opcode, 0, register, length as u16, failed, span);
            }
            Err(_) => {
                let opcode = if at_least { Opcode::JumpGreaterEqual } else { Opcode::JumpEqual };
                self.constant(&Constant::Int(length as i64), Some(register + 1), span);
                self.branch(opcode, 0, register, register + 1, failed, span);
            }
        }
        self.release(register);
    }

    fn check_kind(&mut self, opcode: Opcode, subject: Register, failed: Label, span: Span) {
        let register = self.allocate(1);
        self.emit(opcode, 0, register, subject, 0, span);
        self.branch(Opcode::JumpIfFalse, 1, register, 0, failed, span);
        self.release(register);
    }

    fn sequence_pattern(
        &mut self,
        patterns: &'a [Pattern],
        subject: Register,
        failed: Label,
        captured: &mut Captured,
        span: Span,
    ) -> Result<()> {
        let star = patterns.iter().position(|pattern| matches!(pattern.kind, PatternKind::Star(_)));
        self.check_kind(Opcode::MatchSequence, subject, failed, span);
        match star {
            None => self.check_length(subject, patterns.len(), false, failed, span),
            Some(_) if patterns.len() > 1 => self.check_length(subject, patterns.len() - 1, true, failed, span),
            Some(_) => {}
        }
        if patterns.iter().all(|pattern| matches!(pattern.kind, PatternKind::Wildcard | PatternKind::Star(None))) {
            return Ok(());
        }
        if let Some(star) = star
            && matches!(patterns[star].kind, PatternKind::Star(None))
        {
            return self.ends_of_sequence(patterns, star, subject, failed, captured);
        }
        let window = self.allocate(patterns.len());
        match star {
            None => self.emit(Opcode::Unpack, 0, window, subject, patterns.len() as u16, span),
            Some(before) => match u8::try_from(patterns.len() - before - 1) {
                Ok(after) => self.emit(Opcode::UnpackStar, after, window, subject, before as u16, span),
                Err(_) => return error("too many expressions in star-unpacking sequence pattern", span),
            },
        }
        self.patterns(patterns.iter(), window, failed, captured)
    }

    /// `[a, *_, b]`: what the star stands for is not looked at.
    fn ends_of_sequence(
        &mut self,
        patterns: &'a [Pattern],
        star: usize,
        subject: Register,
        failed: Label,
        captured: &mut Captured,
    ) -> Result<()> {
        for (index, pattern) in patterns.iter().enumerate() {
            let span = pattern.span;
            if matches!(pattern.kind, PatternKind::Wildcard | PatternKind::Star(None)) {
                continue;
            }
            let item = self.allocate(2);
            let number = item + 1;
            if index < star {
                self.constant(&Constant::Int(index as i64), Some(number), span);
            } else {
                self.constant(&Constant::Int((patterns.len() - index) as i64), Some(number), span);
                self.emit(Opcode::GetLength, 0, item, subject, 0, span);
                self.emit(Opcode::Subtract, 0, number, item, number, span);
            }
            self.emit(Opcode::LoadSubscript, 0, item, subject, number, span);
            self.release(number);
            self.pattern(pattern, item, failed, captured)?;
        }
        Ok(())
    }

    fn patterns(
        &mut self,
        patterns: impl Iterator<Item = &'a Pattern>,
        first: Register,
        failed: Label,
        captured: &mut Captured,
    ) -> Result<()> {
        for (pattern, register) in patterns.zip(first..) {
            self.pattern(pattern, register, failed, captured)?;
        }
        Ok(())
    }

    fn mapping_pattern(
        &mut self,
        entries: &'a [(Expression, Pattern)],
        rest: Option<&'a Name>,
        subject: Register,
        failed: Label,
        captured: &mut Captured,
        span: Span,
    ) -> Result<()> {
        refuse_double_keys(entries)?;
        self.check_kind(Opcode::MatchMapping, subject, failed, span);
        if entries.is_empty() && rest.is_none() {
            return Ok(());
        }
        if !entries.is_empty() {
            self.check_length(subject, entries.len(), true, failed, span);
        }
        let keys = self.allocate(1);
        self.keys(entries, keys, span)?;
        if !entries.is_empty() {
            let values = self.allocate(1);
            self.emit(Opcode::MatchKeys, 0, values, subject, keys, span);
            self.branch(Opcode::JumpIfNone, 0, values, 0, failed, span);
            let window = self.allocate(entries.len());
            self.emit(Opcode::Unpack, 0, window, values, entries.len() as u16, span);
            self.patterns(entries.iter().map(|(_, pattern)| pattern), window, failed, captured)?;
        }
        if let Some(name) = rest {
            let register = self.allocate(1);
            self.emit(Opcode::MatchRest, 0, register, subject, keys, span);
            captured.push((name.clone(), register));
        }
        Ok(())
    }

    fn keys(&mut self, entries: &'a [(Expression, Pattern)], register: Register, span: Span) -> Result<()> {
        if let Some(keys) = entries.iter().map(|(key, _)| fold(key)).collect::<Option<Vec<_>>>() {
            self.constant(&Constant::Tuple(keys.into()), Some(register), span);
            return Ok(());
        }
        let mark = self.mark();
        for (key, _) in entries {
            self.next(key)?;
        }
        self.emit(Opcode::BuildTuple, 0, register, mark, entries.len() as u16, span);
        self.release(mark);
        Ok(())
    }

    fn class_pattern(
        &mut self,
        class: &'a Expression,
        (patterns, named): (&'a [Pattern], &'a [(Name, Pattern)]),
        subject: Register,
        failed: Label,
        captured: &mut Captured,
        span: Span,
    ) -> Result<()> {
        let Ok(positional) = u8::try_from(patterns.len()) else {
            return error("too many sub-patterns in class pattern", span);
        };
        for (index, (name, pattern)) in named.iter().enumerate() {
            if named[..index].iter().any(|(earlier, _)| earlier == name) {
                return error(format!("attribute name repeated in class pattern: {name}"), pattern.span);
            }
        }
        let window = self.next(class)?;
        let names: Vec<Constant> = named.iter().map(|(name, _)| string(name)).collect();
        self.constant(&Constant::Tuple(names.into()), None, span);
        self.emit(Opcode::MatchClass, positional, window, subject, window, span);
        self.release(window + 1);
        self.branch(Opcode::JumpIfNone, 0, window, 0, failed, span);
        let count = patterns.len() + named.len();
        if count > 0 {
            let first = self.allocate(count);
            self.emit(Opcode::Unpack, 0, first, window, count as u16, span);
            let all = patterns.iter().chain(named.iter().map(|(_, pattern)| pattern));
            self.patterns(all, first, failed, captured)?;
        }
        Ok(())
    }

    fn or_pattern(
        &mut self,
        patterns: &'a [Pattern],
        subject: Register,
        failed: Label,
        captured: &mut Captured,
        span: Span,
    ) -> Result<()> {
        let matched = self.label();
        let mut names = Vec::new();
        captures(&patterns[0], &mut names)?;
        let first = self.allocate(names.len());
        let slots: Captured = names.into_iter().zip(first..).collect();
        let mark = self.mark();
        for (index, pattern) in patterns.iter().enumerate() {
            let is_last = index + 1 == patterns.len();
            let next = if is_last { failed } else { self.label() };
            let mut found = Vec::new();
            self.pattern(pattern, subject, next, &mut found)?;
            for (name, value) in &found {
                // Whichever alternative matches, its captures are in the same registers.
                if let Some((_, slot)) = slots.iter().find(|(slot, _)| slot == name) {
                    self.deliver(*value, Some(*slot), span);
                }
            }
            self.release(mark);
            if !is_last {
                self.goto(matched, span);
                self.place(next);
            }
        }
        self.place(matched);
        captured.extend(slots);
        Ok(())
    }
}

/// Collects the names a pattern captures, each of which it may capture once.
fn captures(pattern: &Pattern, names: &mut Vec<Name>) -> Result<()> {
    let add = |name: &Name, names: &mut Vec<Name>| match names.contains(name) {
        true => error(format!("multiple assignments to name '{name}' in pattern"), pattern.span),
        false => {
            names.push(name.clone());
            Ok(())
        }
    };
    match &pattern.kind {
        PatternKind::Wildcard | PatternKind::Literal(_) | PatternKind::Value(_) | PatternKind::Star(None) => Ok(()),
        PatternKind::Capture(name) | PatternKind::Star(Some(name)) => add(name, names),
        PatternKind::Sequence(patterns) => {
            let is_star = |pattern: &&Pattern| matches!(pattern.kind, PatternKind::Star(_));
            if let Some(second) = patterns.iter().filter(is_star).nth(1) {
                return error("multiple starred names in sequence pattern", second.span);
            }
            patterns.iter().try_for_each(|pattern| captures(pattern, names))
        }
        PatternKind::Mapping(entries, rest) => {
            entries.iter().try_for_each(|(_, pattern)| captures(pattern, names))?;
            rest.as_ref().map_or(Ok(()), |name| add(name, names))
        }
        PatternKind::Class(_, patterns, named) => {
            patterns.iter().try_for_each(|pattern| captures(pattern, names))?;
            named.iter().try_for_each(|(_, pattern)| captures(pattern, names))
        }
        PatternKind::Or(patterns) => alternative_captures(patterns, names, pattern.span),
        PatternKind::As(inner, name) => {
            captures(inner, names)?;
            add(name, names)
        }
    }
}

fn alternative_captures(patterns: &[Pattern], names: &mut Vec<Name>, span: Span) -> Result<()> {
    let before = names.len();
    let (mut first, mut expected): (Option<Vec<Name>>, Vec<Name>) = (None, Vec::new());
    for (index, pattern) in patterns.iter().enumerate() {
        if index + 1 < patterns.len() {
            let next = patterns[index + 1].span;
            refuse_irrefutable(pattern).map_err(|error| Box::new(error.also(next, "never reached")))?;
        }
        let mut own = names[..before].to_vec();
        captures(pattern, &mut own)?;
        let own = own.split_off(before);
        let mut sorted = own.clone();
        sorted.sort();
        match &first {
            None => (first, expected) = (Some(own), sorted),
            Some(_) if expected != sorted => return error("alternative patterns bind different names", span),
            Some(_) => {}
        }
    }
    names.extend(first.unwrap_or_default());
    Ok(())
}

/// A pattern that always matches makes those after it pointless.
fn refuse_irrefutable(pattern: &Pattern) -> Result<()> {
    match &pattern.kind {
        PatternKind::Wildcard => error("wildcard makes remaining patterns unreachable", pattern.span),
        PatternKind::Capture(name) => {
            error(format!("name capture '{name}' makes remaining patterns unreachable"), pattern.span)
        }
        PatternKind::As(inner, _) => refuse_irrefutable(inner),
        PatternKind::Or(patterns) => patterns.last().map_or(Ok(()), refuse_irrefutable),
        _ => Ok(()),
    }
}

fn refuse_double_keys(entries: &[(Expression, Pattern)]) -> Result<()> {
    let keys: Vec<Option<Constant>> = entries.iter().map(|(key, _)| fold(key)).collect();
    for (index, key) in keys.iter().enumerate() {
        let Some(key) = key else { continue };
        let is_equal =
            |earlier: &Constant| earlier == key || number(earlier).is_some_and(|value| number(key) == Some(value));
        if keys[..index].iter().flatten().any(is_equal) {
            let text = match key {
                Constant::Str(text) => format!("'{}'", String::from_utf8_lossy(text)),
                Constant::Bytes(bytes) => format!("b'{}'", bytes.escape_ascii()),
                Constant::Int(value) => value.to_string(),
                Constant::BigInt(value) => value.to_string(),
                Constant::Float(value) => format!("{value:?}"),
                Constant::Imaginary(value) => format!("{value}j"),
                Constant::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
                _ => "None".to_owned(),
            };
            let message = format!("mapping pattern checks duplicate key ({text})");
            let first =
                keys[..index].iter().position(|earlier| earlier.as_ref().is_some_and(is_equal)).unwrap_or(index);
            return refuse(
                Diagnostic::syntax(message, entries[index].0.span).also(entries[first].0.span, "given here"),
            );
        }
    }
    Ok(())
}

/// A number as it compares with those of other types.
fn number(constant: &Constant) -> Option<f64> {
    match constant {
        Constant::Bool(value) => Some(f64::from(*value)),
        Constant::Int(value) if value.unsigned_abs() < 1 << 53 => Some(*value as f64),
        Constant::Float(value) => Some(*value),
        Constant::Imaginary(value) if *value == 0.0 => Some(0.0),
        _ => None,
    }
}
