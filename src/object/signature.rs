//! Signatures and the binding of arguments to parameters, for `def` and for natives alike.

use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::function::Function;
use crate::object::heap::{Marker, Ref};
use crate::object::native::{Native, Stop};
use crate::object::string::Str;
use crate::object::value::Value;

/// Natives that take arguments by name and count those by position first.
const COUNTED_APART: [&str; 3] = ["int", "sorted", "str"];

/// A function or native whose arguments are bound, as messages name it: the text is made only for them.
#[derive(Clone, Copy)]
pub struct Callee(pub Value);

impl Callee {
    /// The module of a native function with a dot, for messages that give it; nothing for one of the builtins.
    fn module(self) -> String {
        let module = self.0.get::<Native>().map_or(Value::NONE, |native| native.module.get());
        match text_of(module) {
            name if name.is_empty() || name == "builtins" => String::new(),
            name => name + ".",
        }
    }

    /// The name without that of its class.
    fn short(self) -> String {
        let name = self.to_string();
        name.rsplit('.').next().unwrap_or(&name).to_string()
    }
}

impl std::fmt::Display for Callee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(function) = self.0.get::<Function>() {
            return f.write_str(&text_of(function.qualified_name.get()));
        }
        let Some(native) = self.0.get::<Native>() else { return Ok(()) };
        match native.owner.get().get::<Class>() {
            // Who calls a class does not see that this is its `__new__` or `__init__`.
            Some(owner) if matches!(native.declaration.name(), "__new__" | "__init__") => {
                f.write_str(&owner.name_text())
            }
            Some(owner) => write!(f, "{}.{}", owner.name_text(), native.declaration.name()),
            None => f.write_str(native.declaration.name()),
        }
    }
}

/// The parameters of a function. Bound arguments stand in the order positional-only, positional, keyword-only,
/// `*args`, `**kwargs`.
pub struct Signature {
    /// Name of the function, for messages.
    pub name: String,
    /// Names of all parameters in the order of their registers, interned.
    pub parameters: Vec<Value>,
    /// How many may be given by position only.
    pub positional_only: usize,
    /// How many may be given by position.
    pub positional: usize,
    /// How many only by name.
    pub keyword_only: usize,
    /// Is there `*args`?
    pub variadic: bool,
    /// Is there `**kwargs`?
    pub keyword_variadic: bool,
    /// Defaults of the last positional parameters; of natives only, functions bring their own.
    pub defaults: Vec<Value>,
    /// Defaults of keyword-only parameters by position among them; of natives only.
    pub keyword_defaults: Vec<Option<Value>>,
    /// Messages as CPython's natives give them.
    pub is_native: bool,
    /// How the parameters are written, for `inspect`.
    pub text: String,
}

/// Where the defaults come from.
#[derive(Clone, Copy)]
pub struct Defaults<'a> {
    /// Of the last positional parameters.
    pub positional: &'a [Value],
    /// Of keyword-only parameters by name.
    pub keyword: Option<Ref<Dict>>,
}

/// The arguments of a call.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// By position.
    pub positional: &'a [Value],
    /// Names of those by keyword.
    pub names: &'a [Value],
    /// Their values.
    pub values: &'a [Value],
}

impl Signature {
    /// Parses the declaration of a native. Its text is ours, so what does not parse is a mistake of ours.
    pub fn parse(cx: &mut Context, text: &str) -> Signature {
        let (name, rest) = text.split_once('(').unwrap_or((text, ")"));
        let inside = rest.strip_suffix(')').expect("a signature ends with a parenthesis");
        let mut signature = Signature {
            name: name.to_string(),
            parameters: Vec::new(),
            positional_only: 0,
            positional: 0,
            keyword_only: 0,
            variadic: false,
            keyword_variadic: false,
            defaults: Vec::new(),
            keyword_defaults: Vec::new(),
            is_native: true,
            text: format!("({inside})"),
        };
        let (mut variadic, mut keyword_variadic, mut after_star) = (None, None, false);
        for part in split_parameters(inside) {
            if part == "/" {
                signature.positional_only = signature.positional;
            } else if part == "*" {
                after_star = true;
            } else if let Some(name) = part.strip_prefix("**") {
                keyword_variadic = Some(cx.intern(name));
            } else if let Some(name) = part.strip_prefix('*') {
                variadic = Some(cx.intern(name));
                after_star = true;
            } else {
                let (name, default) = match part.split_once('=') {
                    Some((name, default)) => (name, Some(default_value(cx, default))),
                    None => (part, None),
                };
                signature.parameters.push(cx.intern(name));
                if after_star {
                    signature.keyword_only += 1;
                    signature.keyword_defaults.push(default);
                } else {
                    signature.positional += 1;
                    signature.defaults.extend(default);
                }
            }
        }
        signature.variadic = variadic.is_some();
        signature.keyword_variadic = keyword_variadic.is_some();
        signature.parameters.extend(variadic);
        signature.parameters.extend(keyword_variadic);
        signature
    }

    /// How many values binding gives.
    pub fn len(&self) -> usize {
        self.positional + self.keyword_only + self.variadic as usize + self.keyword_variadic as usize
    }

    /// Has it no parameters at all?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shows the collector the names and defaults.
    pub fn trace(&self, marker: &mut Marker) {
        for &value in self.parameters.iter().chain(&self.defaults).chain(self.keyword_defaults.iter().flatten()) {
            marker.value(value);
        }
    }

    fn parameter(&self, index: usize) -> String {
        text_of(self.parameters[index])
    }

    /// Binds arguments that are all given by position, where that is all there is to do.
    pub fn bind_by_position(&self, cx: &mut Context, given: &[Value], out: &mut [Value]) -> bool {
        let (count, most) = (given.len(), self.positional);
        if self.keyword_variadic || count > most && !self.variadic || count + self.defaults.len() < most {
            return false;
        }
        let taken = count.min(most);
        out[..taken].copy_from_slice(&given[..taken]);
        out[taken..most].copy_from_slice(&self.defaults[self.defaults.len() - (most - taken)..]);
        for (place, default) in out[most..].iter_mut().zip(&self.keyword_defaults) {
            match default {
                Some(value) => *place = *value,
                None => return false,
            }
        }
        if self.variadic {
            out[most + self.keyword_only] = cx.tuple(&given[taken..]);
        }
        true
    }

    /// Binds arguments to the parameters; `out` has `len()` places. `callee` names the function in messages.
    pub fn bind(
        &self,
        cx: &mut Context,
        callee: Callee,
        given: Given<'_>,
        defaults: Defaults<'_>,
        out: &mut [Value],
    ) -> Result<(), Stop> {
        out.fill(Value::UNBOUND);
        let count = given.positional.len();
        let taken = count.min(self.positional);
        out[..taken].copy_from_slice(&given.positional[..taken]);
        if self.variadic {
            out[self.positional + self.keyword_only] = cx.tuple(&given.positional[taken..]);
        }
        if !given.names.is_empty() || self.keyword_variadic {
            self.bind_keywords(cx, callee, given, out)?;
        }
        if count > self.positional && !self.variadic {
            return Err(self.too_many(cx, callee, given, defaults, out));
        }
        let first_default = self.positional - defaults.positional.len().min(self.positional);
        for index in taken..self.positional {
            if out[index].is_unbound() && index >= first_default {
                let skip = defaults.positional.len() - (self.positional - first_default);
                out[index] = defaults.positional[skip + index - first_default];
            }
        }
        if (taken..first_default.max(taken)).any(|index| out[index].is_unbound()) {
            return Err(self.missing(cx, callee, first_default, out, count));
        }
        self.default_keyword_only(cx, callee, defaults, out)
    }

    fn default_keyword_only(
        &self,
        cx: &mut Context,
        callee: Callee,
        defaults: Defaults<'_>,
        out: &mut [Value],
    ) -> Result<(), Stop> {
        let mut missing = Vec::new();
        for position in 0..self.keyword_only {
            let index = self.positional + position;
            if !out[index].is_unbound() {
                continue;
            }
            if self.is_native {
                match self.keyword_defaults[position] {
                    Some(value) => out[index] = value,
                    None => missing.push(self.parameter(index)),
                }
                continue;
            }
            let name = self.parameters[index];
            // Usually all have defaults, and those are in order.
            let default = defaults.keyword.and_then(|dict| match dict.entry(position) {
                Some((found, value)) if found == name => Some(value),
                _ => dict.get_interned(name),
            });
            match default {
                Some(value) => out[index] = value,
                None => missing.push(self.parameter(index)),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(cx.type_error(format!(
            "{callee}() missing {} required keyword-only argument{}: {}",
            missing.len(),
            if missing.len() == 1 { "" } else { "s" },
            listed(&missing)
        )))
    }

    fn bind_keywords(&self, cx: &mut Context, callee: Callee, given: Given<'_>, out: &mut [Value]) -> Result<(), Stop> {
        let extra = self.keyword_variadic.then(|| cx.new_dict());
        if let Some(dict) = extra {
            out[self.len() - 1] = dict.value();
        }
        let mut by_position_only = Vec::new();
        for (&name, &value) in given.names.iter().zip(given.values) {
            let name = cx.intern_value(name);
            let named = self.positional + self.keyword_only;
            let found = (self.positional_only..named).find(|&index| self.parameters[index] == name);
            match found {
                Some(index) if !out[index].is_unbound() => {
                    if self.is_native {
                        return Err(cx.type_error(format!(
                            "argument for {callee}() given by name ('{}') and position ({})",
                            text_of(name),
                            index + 1
                        )));
                    }
                    return Err(
                        cx.type_error(format!("{callee}() got multiple values for argument '{}'", text_of(name)))
                    );
                }
                Some(index) => out[index] = value,
                None => match extra {
                    Some(dict) => dict.set_interned(name, value),
                    None if self.parameters[..self.positional_only].contains(&name) && !self.is_native => {
                        by_position_only.push(text_of(name));
                    }
                    None => return Err(self.unexpected(cx, callee, name)),
                },
            }
        }
        if by_position_only.is_empty() {
            return Ok(());
        }
        Err(cx.type_error(format!(
            "{callee}() got some positional-only arguments passed as keyword arguments: '{}'",
            by_position_only.join(", ")
        )))
    }

    /// Is there a parameter of this native that is given by keyword?
    pub fn takes_keywords(&self) -> bool {
        self.positional_only < self.positional || self.keyword_only > 0 || self.keyword_variadic
    }

    fn unexpected(&self, cx: &mut Context, callee: Callee, name: Value) -> Stop {
        let name = text_of(name);
        if self.is_native && !self.takes_keywords() {
            return cx.type_error(format!("{}{callee}() takes no keyword arguments", callee.module()));
        }
        let callee = if self.is_native { callee.short() } else { callee.to_string() };
        let known = self.parameters[self.positional_only..self.positional + self.keyword_only].iter();
        let known: Vec<String> = known.map(|&known| text_of(known)).collect();
        let hint = match crate::text::suggest::closest(&name, known.iter().map(String::as_str)) {
            Some(near) => format!(". Did you mean '{near}'?"),
            None => String::new(),
        };
        cx.type_error(format!("{callee}() got an unexpected keyword argument '{name}'{hint}"))
    }

    fn too_many(
        &self,
        cx: &mut Context,
        callee: Callee,
        given: Given<'_>,
        defaults: Defaults<'_>,
        out: &[Value],
    ) -> Stop {
        let count = given.positional.len();
        if self.is_native {
            return self.wrong_native_count(cx, callee, count);
        }
        let least = self.positional - defaults.positional.len().min(self.positional);
        let (takes, plural) = if least < self.positional {
            (format!("from {least} to {}", self.positional), true)
        } else {
            (self.positional.to_string(), self.positional != 1)
        };
        let by_name = (self.positional..self.positional + self.keyword_only).filter(|&i| !out[i].is_unbound()).count();
        let (were, also) = if by_name > 0 {
            let also = format!(
                " positional argument{} (and {by_name} keyword-only argument{})",
                if count == 1 { "" } else { "s" },
                if by_name == 1 { "" } else { "s" }
            );
            ("were", also)
        } else {
            (if count == 1 { "was" } else { "were" }, String::new())
        };
        cx.type_error(format!(
            "{callee}() takes {takes} positional argument{} but {count}{also} {were} given",
            if plural { "s" } else { "" }
        ))
    }

    fn missing(&self, cx: &mut Context, callee: Callee, required: usize, out: &[Value], count: usize) -> Stop {
        if self.is_native {
            if self.positional_only >= required {
                return self.wrong_native_count(cx, callee, count);
            }
            let index = (0..required).find(|&index| out[index].is_unbound()).expect("one is missing");
            let (name, place) = (self.parameter(index), self.place(index));
            let callee = callee.short();
            return cx.type_error(format!("{callee}() missing required argument '{name}' (pos {place})"));
        }
        let missing: Vec<String> = (0..required).filter(|&i| out[i].is_unbound()).map(|i| self.parameter(i)).collect();
        cx.type_error(format!(
            "{callee}() missing {} required positional argument{}: {}",
            missing.len(),
            if missing.len() == 1 { "" } else { "s" },
            listed(&missing)
        ))
    }

    /// Is the first parameter the receiver, which users do not count?
    fn has_self(&self) -> bool {
        self.parameters.first().is_some_and(|&name| matches!(text_of(name).as_str(), "self" | "cls"))
            && self.positional > 0
    }

    fn place(&self, index: usize) -> usize {
        if self.has_self() { index } else { index + 1 }
    }

    fn wrong_native_count(&self, cx: &mut Context, callee: Callee, count: usize) -> Stop {
        let receiver = self.has_self() as usize;
        let (most, count) = (self.positional - receiver, count.saturating_sub(receiver));
        let least = most - self.defaults.len().min(most);
        let from_module = callee.module();
        let callee = callee.to_string();
        let short = callee.rsplit('.').next().unwrap_or(&callee);
        if most == 0 && self.keyword_only > 0 {
            return cx.type_error(format!("{short}() takes no positional arguments"));
        }
        if most == 0 {
            return cx.type_error(format!("{from_module}{callee}() takes no arguments ({count} given)"));
        }
        if most == 1 && least == 1 && self.positional_only == self.positional && self.keyword_only == 0 {
            return cx.type_error(format!("{from_module}{callee}() takes exactly one argument ({count} given)"));
        }
        if self.takes_keywords() && !COUNTED_APART.contains(&callee.as_str()) {
            return too_many_or_few(cx, short, (least, most, most + self.keyword_only), count);
        }
        let (relation, number) = if least == most {
            ("", most)
        } else if count < least {
            ("at least ", least)
        } else {
            ("at most ", most)
        };
        let plural = if number == 1 { "" } else { "s" };
        cx.type_error(format!("{short} expected {relation}{number} argument{plural}, got {count}"))
    }
}

/// Arguments of a native that takes some by name: by position it takes from `least` to `most`, and `all` with the
/// others.
fn too_many_or_few(cx: &mut Context, name: &str, (least, most, all): (usize, usize, usize), count: usize) -> Stop {
    let plural = |number| if number == 1 { "" } else { "s" };
    if count > all {
        return cx.type_error(format!("{name}() takes at most {all} argument{} ({count} given)", plural(all)));
    }
    let (relation, number) = match (least == most, count < least) {
        (true, _) => ("exactly", most),
        (false, true) => ("at least", least),
        (false, false) => ("at most", most),
    };
    cx.type_error(format!("{name}() takes {relation} {number} positional argument{} ({count} given)", plural(number)))
}

/// `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`
fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match quoted.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
        [] => String::new(),
    }
}

fn text_of(name: Value) -> String {
    name.get::<Str>().map_or_else(String::new, |name| name.text().into_owned())
}

/// Splits at the commas that are not inside quotes or brackets.
fn split_parameters(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quote, mut depth) = (Vec::new(), 0, None, 0);
    for (index, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(text[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// What stands between quotes in a declaration.
fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
    Some(inner.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t"))
}

/// The value of a default in a declaration.
fn default_value(cx: &mut Context, text: &str) -> Value {
    match text {
        "None" => Value::NONE,
        "True" => Value::TRUE,
        "False" => Value::FALSE,
        "()" => cx.empty_tuple,
        "..." => cx.ellipsis,
        "<unset>" => Value::UNBOUND,
        _ => {
            if let Some(quoted) = text.strip_prefix('b').and_then(unquoted) {
                return Bytes::allocate(cx, quoted.as_bytes());
            }
            if let Some(quoted) = unquoted(text) {
                return cx.intern(&quoted);
            }
            if let Ok(number) = text.parse::<i64>() {
                return cx.int(number);
            }
            Value::float(text.parse().expect("a default is a literal"))
        }
    }
}
