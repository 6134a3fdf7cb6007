//! Operators: plain data at once, then special methods, left before right.

use crate::object::class::Class;
use crate::object::equality::Problem;
use crate::object::frame::Then;
use crate::object::heap::{Header, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Entry, KeyAction, KeyOperation, Native, Stop};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::syntax::ast::{BinaryOperator, Comparison, UnaryOperator};
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// Names of the special methods of an operator: in-place, left, right, and the sign for messages.
struct Methods {
    in_place: Value,
    left: Value,
    right: Value,
    sign: &'static str,
    in_place_sign: &'static str,
}

impl Vm {
    fn methods(&self, operator: BinaryOperator) -> Methods {
        let names = self.cx.names;
        let (in_place, left, right, sign, in_place_sign) = match operator {
            BinaryOperator::Add => (names.__iadd__, names.__add__, names.__radd__, "+", "+="),
            BinaryOperator::Subtract => (names.__isub__, names.__sub__, names.__rsub__, "-", "-="),
            BinaryOperator::Multiply => (names.__imul__, names.__mul__, names.__rmul__, "*", "*="),
            BinaryOperator::Divide => (names.__itruediv__, names.__truediv__, names.__rtruediv__, "/", "/="),
            BinaryOperator::FloorDivide => (names.__ifloordiv__, names.__floordiv__, names.__rfloordiv__, "//", "//="),
            BinaryOperator::Modulo => (names.__imod__, names.__mod__, names.__rmod__, "%", "%="),
            BinaryOperator::Power => (names.__ipow__, names.__pow__, names.__rpow__, "** or pow()", "**="),
            BinaryOperator::MatrixMultiply => (names.__imatmul__, names.__matmul__, names.__rmatmul__, "@", "@="),
            BinaryOperator::ShiftLeft => (names.__ilshift__, names.__lshift__, names.__rlshift__, "<<", "<<="),
            BinaryOperator::ShiftRight => (names.__irshift__, names.__rshift__, names.__rrshift__, ">>", ">>="),
            BinaryOperator::And => (names.__iand__, names.__and__, names.__rand__, "&", "&="),
            BinaryOperator::Or => (names.__ior__, names.__or__, names.__ror__, "|", "|="),
            BinaryOperator::Xor => (names.__ixor__, names.__xor__, names.__rxor__, "^", "^="),
        };
        Methods { in_place, left, right, sign, in_place_sign }
    }

    /// `a operator b` for the loop.
    #[inline(never)]
    pub fn binary(&mut self, operator: BinaryOperator, in_place: bool, a: Value, b: Value, destination: u16) -> Flow {
        self.binary_then(operator, in_place, a, b, Then::Store, destination)
    }

    /// `a operator b`, the result going where `then` says.
    pub fn binary_then(
        &mut self,
        operator: BinaryOperator,
        in_place: bool,
        a: Value,
        b: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let (left, right) = (self.cx.layout_of(a), self.cx.layout_of(b));
        let plain =
            |layout: LayoutId| matches!(layout, LayoutId::INT | LayoutId::FLOAT | LayoutId::BOOL | LayoutId::COMPLEX);
        if plain(left) && plain(right) {
            match crate::object::number::binary(&mut self.cx, operator, a, b) {
                Ok(Some(value)) => return Flow::Done(value),
                Ok(None) => {}
                Err(stop) => return self.raise(stop),
            }
        }
        if left == LayoutId::STR && right == LayoutId::STR && operator == BinaryOperator::Add {
            return match Str::concat(&mut self.cx, a, b) {
                Ok(value) => Flow::Done(value),
                Err(stop) => self.raise(stop),
            };
        }
        if let Some(result) = self.binary_natively(operator, in_place, a, b) {
            return match result {
                Ok(value) => Flow::Done(value),
                Err(exception) => {
                    self.raising = exception;
                    Flow::Raised
                }
            };
        }
        let slots = [a, b, Value::small(operator as i64), Value::bool(in_place)];
        self.start_machine(Machine::Binary, &slots, then, destination)
    }

    /// An operator between objects of built-in classes by their native methods, the exception as an error; None where
    /// that is not all there is to it.
    fn binary_natively(
        &mut self,
        operator: BinaryOperator,
        in_place: bool,
        a: Value,
        b: Value,
    ) -> Option<Result<Value, Value>> {
        let is_plain = |class: Ref<Class>| class.has(Class::BUILTIN) && !class.has(Class::HEAP_TYPE);
        let (left, right) = (self.cx.class_of(a), self.cx.class_of(b));
        if !is_plain(left) || !is_plain(right) {
            return None;
        }
        let methods = self.methods(operator);
        let in_place = if in_place { self.cx.lookup(left, methods.in_place) } else { None };
        let own = self.cx.lookup(left, methods.left);
        let reflected = if left == right { None } else { self.cx.lookup(right, methods.right) };
        for (method, args) in [(in_place, [a, b]), (own, [a, b]), (reflected, [b, a])] {
            let Some(method) = method else { continue };
            let native = method.get::<Native>()?;
            let Entry::Plain(run) = native.entry else { return None };
            if native.arity != 2 {
                return None;
            }
            match run(&mut self.cx, Args(&args)) {
                Ok(value) if value == self.cx.not_implemented => {}
                Ok(value) => return Some(Ok(value)),
                Err(Stop::Raise(exception)) => return Some(Err(exception)),
                // It has had no effect yet.
                Err(_) => return None,
            }
        }
        None
    }

    // slots: 0 left, 1 right, 2 operator, 3 in place?
    // steps: 0 in place, 1 and 2 the two sides, 3 the rest; each step's number says what is tried next.
    pub(super) fn step_binary(&mut self, input: Input) -> Next {
        match input {
            Input::Error(exception) => return Next::Raise(exception),
            Input::Value(value) if value != self.cx.not_implemented => return Next::Return(value),
            Input::End(_) => return Next::Return(Value::NONE),
            _ => {}
        }
        let (a, b) = (self.slot(0), self.slot(1));
        let operator = operator(self.slot(2).as_small() as u8);
        let methods = self.methods(operator);
        loop {
            let step = self.step();
            self.go_to(step + 1);
            let called = match step {
                0 if self.slot(3) == Value::TRUE => self.call_from_machine(a, methods.in_place, &[b]),
                0 => None,
                1 if self.right_goes_first(a, b, methods.right) => self.call_from_machine(b, methods.right, &[a]),
                1 => None,
                2 => self.call_from_machine(a, methods.left, &[b]),
                3 if !self.right_goes_first(a, b, methods.right) && self.cx.class_of(a) != self.cx.class_of(b) => {
                    self.call_from_machine(b, methods.right, &[a])
                }
                3 => None,
                _ => return self.unsupported(operator, a, b),
            };
            if let Some(next) = called {
                return next;
            }
        }
    }

    /// A right operand of a subclass that brings its own method is asked first.
    fn right_goes_first(&mut self, a: Value, b: Value, name: Value) -> bool {
        let (left, right) = (self.cx.class_of(a), self.cx.class_of(b));
        if left == right {
            return false;
        }
        // The operators of sequences come after those of numbers, whoever stands on the right.
        let is_sequence = matches!(
            a.header().map(|header| header.kind()),
            Some(Kind::Str | Kind::List | Kind::Tuple | Kind::Bytes | Kind::ByteArray)
        );
        if is_sequence && !right.has(Class::BUILTIN) && left.has(Class::BUILTIN) {
            return self.cx.lookup(right, name).is_some();
        }
        if !right.is_subclass(left) {
            return false;
        }
        let own = self.cx.lookup(right, name);
        own.is_some() && own != self.cx.lookup(left, name)
    }

    fn unsupported(&mut self, operator: BinaryOperator, a: Value, b: Value) -> Next {
        let methods = self.methods(operator);
        let sign = if self.slot(3) == Value::TRUE { methods.in_place_sign } else { methods.sign };
        let (left, right) = (self.cx.type_name(a), self.cx.type_name(b));
        let message = crate::object::number::operand_message(&self.cx, operator, a, b)
            .unwrap_or_else(|| format!("unsupported operand type(s) for {sign}: '{left}' and '{right}'"));
        let print = self.cx.intern("print");
        let hint = match operator {
            BinaryOperator::ShiftRight if self.cx.builtins.get_interned(print) == Some(a) => {
                ". Did you mean \"print(<message>, file=<output_stream>)\"?"
            }
            _ => "",
        };
        let message = message + hint;
        let stop = self.cx.type_error(message);
        self.raise_next(stop)
    }

    /// `-a`, `+a`, `~a`
    pub fn unary(&mut self, operator: UnaryOperator, a: Value, destination: u16) -> Flow {
        let layout = self.cx.layout_of(a);
        if matches!(layout, LayoutId::INT | LayoutId::FLOAT | LayoutId::BOOL | LayoutId::COMPLEX) {
            match crate::object::number::unary(&mut self.cx, operator, a) {
                Ok(Some(value)) => return Flow::Done(value),
                Ok(None) => {}
                Err(stop) => return self.raise(stop),
            }
        }
        let names = self.cx.names;
        let (name, sign) = match operator {
            UnaryOperator::Negative => (names.__neg__, "-"),
            UnaryOperator::Positive => (names.__pos__, "+"),
            _ => (names.__invert__, "~"),
        };
        match self.call_special(a, name, &[], Then::Store, destination) {
            Some(flow) => flow,
            None => {
                let found = self.cx.type_name(a);
                let stop = self.cx.type_error(format!("bad operand type for unary {sign}: '{found}'"));
                self.raise(stop)
            }
        }
    }

    /// The truth of a comparison, for jumps: `Done` with a bool, or delivered to the instruction that waits.
    #[inline(never)]
    pub fn compare_truth(&mut self, operator: Comparison, a: Value, b: Value) -> Flow {
        match self.compare(operator, a, b, Then::Instruction, 0) {
            Flow::Done(value) if value.is_bool() => Flow::Done(value),
            Flow::Done(value) => self.truth(value),
            flow => flow,
        }
    }

    /// `a comparison b`
    pub fn compare(&mut self, operator: Comparison, a: Value, b: Value, then: Then, destination: u16) -> Flow {
        match operator {
            Comparison::Is => return Flow::Done(Value::bool(self.is_same(a, b))),
            Comparison::IsNot => return Flow::Done(Value::bool(!self.is_same(a, b))),
            Comparison::In => return self.contains(b, a, false, then, destination),
            Comparison::NotIn => return self.contains(b, a, true, then, destination),
            _ => {}
        }
        if let Some(flow) = self.compare_plain(operator, a, b) {
            return flow;
        }
        let slots = [a, b, Value::small(operator as i64)];
        self.start_machine(Machine::Compare, &slots, then, destination)
    }

    /// A comparison of plain data, or None.
    fn compare_plain(&mut self, operator: Comparison, a: Value, b: Value) -> Option<Flow> {
        let (left, right) = (self.cx.class_of(a), self.cx.class_of(b));
        let plain = |class: crate::object::heap::Ref<Class>| class.has(Class::BUILTIN) && !class.has(Class::HEAP_TYPE);
        if !plain(left) || !plain(right) {
            return None;
        }
        let result = match operator {
            Comparison::Equal => crate::object::equality::equal(&mut self.cx, a, b).map(Some),
            Comparison::NotEqual => crate::object::equality::equal(&mut self.cx, a, b).map(|equal| Some(!equal)),
            _ => crate::object::equality::compare(&mut self.cx, operator, a, b),
        };
        match result {
            Ok(Some(truth)) => Some(Flow::Done(Value::bool(truth))),
            Ok(None) | Err(Problem::Script) => None,
            Err(Problem::Stop(stop)) => Some(self.raise(stop)),
        }
    }

    /// `a is b`: small numbers by value.
    pub fn is_same(&self, a: Value, b: Value) -> bool {
        a == b || crate::object::integer::Int::same_number(a, b)
    }

    // slots: 0 left, 1 right, 2 comparison
    pub(super) fn step_compare(&mut self, input: Input) -> Next {
        match input {
            Input::Error(exception) => return Next::Raise(exception),
            Input::Value(value) if value != self.cx.not_implemented => return Next::Return(value),
            Input::End(_) => return Next::Return(Value::NONE),
            _ => {}
        }
        let (a, b) = (self.slot(0), self.slot(1));
        let operator = comparison(self.slot(2).as_small() as u8);
        let names = self.cx.names;
        let (left, right, sign) = match operator {
            Comparison::Less => (names.__lt__, names.__gt__, "<"),
            Comparison::LessEqual => (names.__le__, names.__ge__, "<="),
            Comparison::Equal => (names.__eq__, names.__eq__, "=="),
            Comparison::NotEqual => (names.__ne__, names.__ne__, "!="),
            Comparison::Greater => (names.__gt__, names.__lt__, ">"),
            _ => (names.__ge__, names.__le__, ">="),
        };
        loop {
            let step = self.step();
            self.go_to(step + 1);
            let first = {
                let (x, y) = (self.cx.class_of(a), self.cx.class_of(b));
                x != y && y.is_subclass(x) && self.cx.lookup(y, right).is_some()
            };
            let called = match step {
                0 if first => self.call_from_machine(b, right, &[a]),
                0 => None,
                1 => self.call_from_machine(a, left, &[b]),
                2 if !first => self.call_from_machine(b, right, &[a]),
                2 => None,
                _ => break,
            };
            if let Some(next) = called {
                return next;
            }
        }
        match operator {
            Comparison::Equal => Next::Return(Value::bool(self.is_same(a, b))),
            Comparison::NotEqual => Next::Return(Value::bool(!self.is_same(a, b))),
            _ => {
                let (left, right) = (self.cx.type_name(a), self.cx.type_name(b));
                let message = format!("'{sign}' not supported between instances of '{left}' and '{right}'");
                let stop = self.cx.type_error(message);
                self.raise_next(stop)
            }
        }
    }

    /// `item in container`, or `not in`.
    pub fn contains(&mut self, container: Value, item: Value, negate: bool, then: Then, destination: u16) -> Flow {
        match crate::object::equality::contains(&mut self.cx, container, item) {
            Ok(Some(found)) => return Flow::Done(Value::bool(found != negate)),
            Ok(None) | Err(Problem::Script) => {}
            Err(Problem::Stop(stop)) => return self.raise(stop),
        }
        let slots = [container, item, Value::bool(negate)];
        self.start_machine(Machine::Contains, &slots, then, destination)
    }

    // slots: 0 container, 1 item, 2 negate, 3 iterator, 4 what is compared
    // steps: 1 __contains__ answers, 2 its truth, 3 an iterator, 4 an item, 5 a comparison, 6 its truth
    pub(super) fn step_contains(&mut self, input: Input) -> Next {
        let (container, item) = (self.slot(0), self.slot(1));
        match (self.step(), input) {
            (3, Input::Error(exception)) if self.cx.is_instance(exception, LayoutId::TYPE_ERROR) => {
                self.refuse_container(container)
            }
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => self.begin_contains(container, item),
            (1 | 5, Input::Value(value)) => {
                let step = self.step();
                self.go_to(step + 1);
                Next::Called(self.truth_machine(value, Then::Machine, 0))
            }
            (2, Input::Value(truth)) => self.end_contains(truth == Value::TRUE),
            (3, Input::Value(iterator)) => {
                self.set_slot(3, iterator);
                self.go_to(4);
                Next::Called(self.next_item(iterator, Then::StepMachine, 0))
            }
            (4, Input::Value(candidate)) => {
                if self.is_same(candidate, item) {
                    return self.end_contains(true);
                }
                self.go_to(5);
                Next::Called(self.compare(Comparison::Equal, candidate, item, Then::Machine, 0))
            }
            (4, Input::End(_)) => self.end_contains(false),
            (6, Input::Value(Value::TRUE)) => self.end_contains(true),
            (6, _) => {
                self.go_to(4);
                Next::Called(self.next_item(self.slot(3), Then::StepMachine, 0))
            }
            _ => unreachable!("membership has seven steps"),
        }
    }

    fn begin_contains(&mut self, container: Value, item: Value) -> Next {
        let name = self.cx.names.__contains__;
        let class = self.cx.class_of(container);
        let own = self.cx.lookup(class, name);
        if own.is_some_and(|method| method.is_none()) {
            let found = class.name_text();
            let stop = self.cx.type_error(format!("'{found}' object is not a container"));
            return self.raise_next(stop);
        }
        let is_table = container.is::<crate::object::dict::Dict>() || container.is::<crate::object::set::Set>();
        if is_table && own.is_some_and(|method| method.is::<crate::object::native::Native>()) {
            let operation =
                KeyOperation { action: KeyAction::Contains, table: container, key: item, value: Value::UNBOUND };
            self.go_to(2);
            let slots = [operation.table, operation.key, operation.value, Value::small(operation.action as i64)];
            return Next::Called(self.start_machine(Machine::Key, &slots, Then::Machine, 0));
        }
        // What the built-in containers have is carried out here, item by item.
        let is_of_library = matches!(container.header().map(Header::kind), Some(Kind::Extension | Kind::ContextObject));
        if own.is_some_and(|method| is_of_library || !method.is::<crate::object::native::Native>()) {
            self.go_to(1);
            return self.call_from_machine(container, name, &[item]).expect("it has the method");
        }
        self.go_to(3);
        match self.is_iterable(container) {
            true => Next::Called(self.get_iterator(container, Then::Machine, 0)),
            false => self.refuse_container(container),
        }
    }

    fn refuse_container(&mut self, container: Value) -> Next {
        let found = self.cx.type_name(container);
        let stop = self.cx.type_error(format!("argument of type '{found}' is not a container or iterable"));
        self.raise_next(stop)
    }

    fn end_contains(&mut self, found: bool) -> Next {
        Next::Return(Value::bool(found != (self.slot(2) == Value::TRUE)))
    }

    // slots: 0 table, 1 key, 2 value, 3 action, 4 hash, 5 candidate place, 6 version, 7 candidate
    // steps: 1 the hash comes, 2 a comparison comes, 3 its truth
    pub(super) fn step_key(&mut self, input: Input) -> Next {
        match (self.step(), input) {
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                self.go_to(1);
                Next::Called(self.hash(self.slot(1), Then::Machine, 0))
            }
            (1, Input::Value(hash)) => {
                self.set_slot(4, hash);
                self.restart_probe()
            }
            (2, Input::Value(result)) => {
                self.go_to(3);
                Next::Called(self.truth_machine(result, Then::Machine, 0))
            }
            (3, Input::Value(truth)) => {
                let table = self.slot(0);
                if crate::object::key::table_version(table) != self.slot(6).as_small() as u64 {
                    // Comparing has changed the table; the key that was found equal may still be in it.
                    return match self.place_of_candidate().filter(|_| truth == Value::TRUE) {
                        Some(place) => self.end_key(Some(place)),
                        None => self.restart_probe(),
                    };
                }
                let place = self.slot(5).as_small() as usize;
                if truth == Value::TRUE { self.end_key(Some(place)) } else { self.probe(Some(place)) }
            }
            _ => unreachable!("a key operation has four steps"),
        }
    }

    fn restart_probe(&mut self) -> Next {
        let version = crate::object::key::table_version(self.slot(0));
        self.set_slot(6, Value::small(version as i64));
        self.probe(None)
    }

    /// Where the key that was compared last is now.
    fn place_of_candidate(&mut self) -> Option<usize> {
        let (table, wanted) = (self.slot(0), self.slot(7));
        let hash = crate::object::integer::Int::to_i64(self.slot(4)).unwrap_or(0);
        let mut after = None;
        while let Some((place, candidate)) = crate::object::key::table_candidate(table, hash, after) {
            if self.is_same(candidate, wanted) {
                return Some(place);
            }
            after = Some(place);
        }
        None
    }

    /// Compares the key with the next candidate of its hash.
    fn probe(&mut self, after: Option<usize>) -> Next {
        let (table, key) = (self.slot(0), self.slot(1));
        let hash = crate::object::integer::Int::to_i64(self.slot(4)).unwrap_or(0);
        let Some((place, candidate)) = crate::object::key::table_candidate(table, hash, after) else {
            return self.end_key(None);
        };
        if self.is_same(candidate, key) {
            return self.end_key(Some(place));
        }
        self.set_slot(5, Value::small(place as i64));
        self.set_slot(7, candidate);
        self.go_to(2);
        Next::Called(self.compare(Comparison::Equal, candidate, key, Then::Machine, 0))
    }

    fn end_key(&mut self, place: Option<usize>) -> Next {
        let (table, key, value) = (self.slot(0), self.slot(1), self.slot(2));
        let hash = crate::object::integer::Int::to_i64(self.slot(4)).unwrap_or(0);
        let action = key_action(self.slot(3).as_small() as u8);
        if action == KeyAction::Get && place.is_none() {
            if let Some(method) = self.missing_method(table) {
                let (then, destination) = self.pop_frame();
                let given = crate::object::signature::Given { positional: &[key], names: &[], values: &[] };
                let flow = self.call_special_method(method, table, given, then, destination);
                return Next::Replaced(flow, then, destination);
            }
        }
        match crate::object::key::key_result(&mut self.cx, action, table, key, value, hash, place) {
            Ok(value) => Next::Return(value),
            Err(stop) => self.raise_next(stop),
        }
    }

    /// `__missing__` of a dict subclass.
    pub fn missing_method(&mut self, table: Value) -> Option<Value> {
        let class = self.cx.class_of(table);
        if class == self.cx.class(LayoutId::DICT) {
            return None;
        }
        self.cx.lookup(class, self.cx.names.__missing__)
    }

    /// `hash(value)`
    pub fn hash(&mut self, value: Value, then: Then, destination: u16) -> Flow {
        match crate::object::equality::hash(&mut self.cx, value) {
            Ok(hash) => Flow::Done(self.cx.int(hash)),
            Err(Problem::Stop(stop)) => self.raise(stop),
            Err(Problem::Script) => {
                let class = self.cx.class_of(value);
                let name = self.cx.names.__hash__;
                let method = self.cx.lookup(class, name);
                if method.is_none_or(|method| method.is_none()) {
                    let stop = self.cx.type_error(format!("unhashable type: '{}'", class.name_text()));
                    return self.raise(stop);
                }
                if method.is_some_and(|method| method.is::<crate::object::native::Native>()) {
                    // A plain container holding script objects: its half hashes them one by one.
                    return self.call_half("hash", &[value], then, destination);
                }
                self.special_checked(value, name, &[], crate::object::native::Check::Hash, then, destination)
            }
        }
    }

    /// A key operation that plain data decides, or by a machine.
    pub fn key_operation(
        &mut self,
        action: KeyAction,
        table: Value,
        key: Value,
        value: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        match crate::object::key::key_plain(&mut self.cx, action, table, key, value) {
            Ok(value) => Flow::Done(value),
            Err(Stop::Key(operation)) => {
                let slots = [operation.table, operation.key, operation.value, Value::small(operation.action as i64)];
                self.start_machine(Machine::Key, &slots, then, destination)
            }
            Err(stop) => self.raise(stop),
        }
    }
}

/// The operator with a number.
pub fn operator(number: u8) -> BinaryOperator {
    const ALL: [BinaryOperator; 13] = [
        BinaryOperator::Add,
        BinaryOperator::Subtract,
        BinaryOperator::Multiply,
        BinaryOperator::Divide,
        BinaryOperator::FloorDivide,
        BinaryOperator::Modulo,
        BinaryOperator::Power,
        BinaryOperator::MatrixMultiply,
        BinaryOperator::ShiftLeft,
        BinaryOperator::ShiftRight,
        BinaryOperator::And,
        BinaryOperator::Or,
        BinaryOperator::Xor,
    ];
    ALL[number as usize]
}

/// The comparison with a number.
pub fn comparison(number: u8) -> Comparison {
    const ALL: [Comparison; 10] = [
        Comparison::Less,
        Comparison::LessEqual,
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Greater,
        Comparison::GreaterEqual,
        Comparison::In,
        Comparison::NotIn,
        Comparison::Is,
        Comparison::IsNot,
    ];
    ALL[number as usize]
}

fn key_action(number: u8) -> KeyAction {
    const ALL: [KeyAction; 10] = [
        KeyAction::Get,
        KeyAction::GetDefault,
        KeyAction::Set,
        KeyAction::SetDefault,
        KeyAction::Delete,
        KeyAction::Pop,
        KeyAction::Contains,
        KeyAction::Add,
        KeyAction::Discard,
        KeyAction::Remove,
    ];
    ALL[number as usize]
}
