//! What all streams have in common: how their objects are made, arguments, errors, and the methods that follow from
//! closing, reading a line and writing.

use crate::modules::io::newlines;
use crate::object::arguments::{capacity, finished, has_special, set_own};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::exception::Exception;
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::{Header, Ref};
use crate::object::integer::Int;
use crate::object::items::Items;
use crate::object::iterator::Step;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::{Args, Check, FromValue, Stop, Wait, Wish};
use crate::object::repr;
use crate::object::string::Str;
use crate::object::value::Value;

/// A stream as its generic methods see it.
pub trait Stream: Data + Sized {
    /// Raises ValueError if it is closed or was never opened.
    fn check(&self, cx: &mut Context) -> Result<(), Stop>;

    /// The next line, of at most so many bytes or characters; UNBOUND at the end.
    fn line(&self, cx: &mut Context, most: Option<usize>) -> Result<Value, Stop>;

    /// Writes one item of what `writelines` gets.
    fn put(&self, cx: &mut Context, item: Value) -> Result<(), Stop>;

    /// Writes what a call has taken that then had to wait, and perhaps more.
    fn drain(&self, _cx: &mut Context) -> Result<(), Stop> {
        Ok(())
    }

    /// Flushes and closes it; nothing if it is closed.
    fn shut(&self, cx: &mut Context) -> Result<(), Stop>;

    /// Is a descriptor below it open that should be closed by now?
    fn is_unclosed(&self) -> bool {
        false
    }

    /// Is it for a stream above it to close it?
    fn is_held(&self) -> bool {
        false
    }

    /// Does `readlines` stop where its hint is reached, not only behind it?
    const HINT_ENDS: bool = false;

    /// What reading a line gives at the end.
    fn nothing(cx: &mut Context) -> Value;
}

/// The receiver of a method.
pub fn this<T: Data>(cx: &mut Context, args: Args<'_>) -> Result<Of<T>, Stop> {
    Of::from_value(cx, args.get(0), 0)
}

/// The object of an attribute.
pub fn object<T: Data>(cx: &mut Context, value: Value) -> Result<Of<T>, Stop> {
    Of::from_value(cx, value, 0)
}

/// A new object of a class of streams or of a subclass of it.
pub fn allocate(cx: &mut Context, class: Ref<Class>, data: impl Data) -> Value {
    let capacity = capacity(class).unwrap_or(0);
    let is_watched = cx.tells_resources && data.is_resource();
    let body = Extension { data: Box::new(data) };
    let object = cx.heap.allocate_attributed(class.root_layout.get(), body, capacity);
    if is_watched {
        cx.heap.add_finalisable(object.header());
    }
    finished(cx, class, object.value())
}

/// The class that `__new__` was called on.
pub fn class_argument(cx: &mut Context, args: Args<'_>) -> Result<Ref<Class>, Stop> {
    Ref::<Class>::from_value(cx, args.get(0), 0)
}

/// Is its class one made by Rust code, so that no script method stands in the way?
pub fn is_native(cx: &Context, value: Value) -> bool {
    value.is::<Extension>() && cx.class_of(value).has(Class::BUILTIN)
}

/// How much to read: None, nothing and negative numbers mean all.
pub fn amount(cx: &mut Context, value: Value, position: usize) -> Result<Option<usize>, Stop> {
    if value.is_unbound() || value.is_none() {
        return Ok(None);
    }
    match Int::clamp(value) {
        Some(count) => Ok(usize::try_from(count).ok()),
        None if has_special(cx, value, cx.names.__index__) => Err(cx.ask(position, Wish::Index)),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("argument should be integer or None, not '{found}'")))
        }
    }
}

/// An amount in places where None is no number.
pub fn line_amount(cx: &mut Context, value: Value, position: usize) -> Result<Option<usize>, Stop> {
    if value.is_none() {
        return Err(cx.type_error("'NoneType' object cannot be interpreted as an integer"));
    }
    match amount(cx, value, position) {
        Err(Stop::Raise(_)) => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")))
        }
        answer => answer,
    }
}

/// A size to cut a stream at; None is the position.
pub fn size(cx: &mut Context, value: Value, position: usize) -> Result<Option<i64>, Stop> {
    match Int::clamp(value) {
        Some(size) => Ok(Some(size)),
        None => amount(cx, value, position).map(|_| None),
    }
}

/// An int argument, cut to the range of `i64`.
pub fn whole(cx: &mut Context, value: Value, position: usize) -> Result<i64, Stop> {
    match Int::clamp(value) {
        Some(number) => Ok(number),
        None if has_special(cx, value, cx.names.__index__) => Err(cx.ask(position, Wish::Index)),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")))
        }
    }
}

/// ValueError of a stream that is closed.
pub fn closed(cx: &mut Context) -> Stop {
    cx.value_error("I/O operation on closed file.")
}

/// `io.UnsupportedOperation`
#[cold]
pub fn unsupported(cx: &mut Context, message: &str) -> Stop {
    let class = super::module::class(cx, "UnsupportedOperation");
    let message = cx.str(message);
    let args = cx.tuple(&[message]);
    Stop::Raise(Exception::allocate(cx, class.root_layout.get(), args))
}

/// AttributeError of an object that has no such attribute after all.
pub fn no_attribute(cx: &mut Context, value: Value, name: &str) -> Stop {
    let (class, module) = (cx.class_of(value), cx.names.__module__);
    let module = cx.lookup(class, module).map_or(String::new(), crate::object::string::text_of);
    let message = format!("'{module}.{}' object has no attribute '{name}'", class.name_text());
    cx.error(LayoutId::ATTRIBUTE_ERROR, message)
}

/// `repr` of a name that is plain data.
pub fn shown(cx: &mut Context, value: Value) -> Option<String> {
    let text = repr::repr(cx, value).ok()?;
    text.get::<Str>().map(|text| text.text().into_owned())
}

/// The `module.Name` of an object's class.
pub fn class_title(cx: &mut Context, value: Value) -> String {
    let (class, module) = (cx.class_of(value), cx.names.__module__);
    let module = cx.lookup(class, module).map_or(String::new(), crate::object::string::text_of);
    format!("{module}.{}", class.name_text())
}

// ----- methods of all streams

/// `__enter__`
pub fn enter<T: Stream>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<T>(cx, args)?.check(cx)?;
    Ok(args.get(0))
}

/// `__exit__`
pub fn exit<T: Stream>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if !is_native(cx, args.get(0)) {
        // A subclass may close in its own way.
        let name = cx.names.close;
        return Err(cx.call_special(args.get(0), name, &[], Check::None));
    }
    this::<T>(cx, args)?.shut(cx)?;
    Ok(Value::NONE)
}

/// `close`
pub fn close<T: Stream>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<T>(cx, args)?.shut(cx)?;
    Ok(Value::NONE)
}

/// `__del__`: closes it, and cannot fail. Its half warns of what should have been closed before.
pub fn delete<T: Stream>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = this::<T>(cx, args)?;
    if stream.is_held() {
        return Ok(Value::NONE);
    }
    if stream.is_unclosed() {
        return Err(Stop::Half);
    }
    match stream.shut(cx) {
        Err(Stop::Wait(wait)) => Err(Stop::Wait(wait)),
        _ => Ok(Value::NONE),
    }
}

/// `__iter__`
pub fn iter<T: Stream>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<T>(cx, args)?.check(cx)?;
    Ok(args.get(0))
}

/// The step of `for line in stream`. Where that would have to wait, `readline` does, since a step cannot.
pub fn next_line<T: Stream>(cx: &mut Context, stream: &T, this: Value, read: Option<Value>) -> Result<Step, Stop> {
    if let Some(line) = read {
        let is_end = crate::object::items::length(cx, line) == Some(0);
        return Ok(if is_end { Step::Done } else { Step::Item(line) });
    }
    stream.check(cx)?;
    match stream.line(cx, None) {
        Ok(line) if line.is_unbound() => Ok(Step::Done),
        Ok(line) => Ok(Step::Item(line)),
        Err(Stop::Wait(_)) => {
            let (class, name) = (cx.class_of(this), cx.intern("readline"));
            match cx.lookup(class, name) {
                Some(readline) => Ok(Step::CallAndFeed(readline, vec![this])),
                None => Err(unsupported(cx, "readline")),
            }
        }
        Err(stop) => Err(stop),
    }
}

/// `readline(size=-1)`
pub fn readline<T: Stream>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let most = line_amount(cx, args.get(1), 1)?;
    read_line::<T>(cx, args, most)
}

/// `readline(size=-1)` that takes None for all.
pub fn readline_or_none<T: Stream>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let most = amount(cx, args.get(1), 1)?;
    read_line::<T>(cx, args, most)
}

fn read_line<T: Stream>(cx: &mut Context, args: Args<'_>, most: Option<usize>) -> Result<Value, Stop> {
    let line = this::<T>(cx, args)?.line(cx, most)?;
    Ok(if line.is_unbound() { T::nothing(cx) } else { line })
}

/// `readlines(hint=-1)`
pub fn readlines<T: Stream>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let hint = amount(cx, args.get(1), 1)?.filter(|&hint| hint > 0);
    let stream = this::<T>(cx, args)?;
    stream.check(cx)?;
    // What a call before this one has read that then had to wait.
    let mut lines = args.behind(2).and_then(|lines| lines.get::<List>()).map_or(Vec::new(), |lines| lines.to_vec());
    let mut total: usize = lines.iter().filter_map(|&line| crate::object::items::length(cx, line)).sum();
    loop {
        let line = match stream.line(cx, None) {
            Ok(line) => line,
            Err(Stop::Wait(wait)) => {
                let progress = cx.list(lines);
                return Err(Stop::Wait(Box::new(Wait { progress, ..*wait })));
            }
            Err(stop) => return Err(stop),
        };
        if line.is_unbound() {
            break;
        }
        total += crate::object::items::length(cx, line).unwrap_or(0);
        lines.push(line);
        if hint.is_some_and(|hint| total > hint || T::HINT_ENDS && total == hint) {
            break;
        }
        if lines.len() % (1 << 16) == 0 {
            cx.reserve(lines.len() * 16)?;
        }
    }
    Ok(cx.list(lines))
}

/// `writelines(lines)`
pub fn writelines<T: Stream>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let stream = this::<T>(cx, args)?;
    stream.check(cx)?;
    let Items(lines) = Items::from_value(cx, args.get(1), 1)?;
    // So many of them a call before this one has taken, which then had to wait.
    let begun = args.behind(2).and_then(Int::to_i64);
    let mut done = begun.unwrap_or(0) as usize;
    let stopped = |stop: Stop, done: usize| match stop {
        Stop::Wait(wait) => {
            let done = done + (wait.progress == Value::TRUE) as usize;
            Stop::Wait(Box::new(Wait { progress: Value::small(done as i64), ..*wait }))
        }
        stop => stop,
    };
    if begun.is_some() {
        stream.drain(cx).map_err(|stop| stopped(stop, done))?;
    }
    while done < lines.len() {
        stream.put(cx, lines[done]).map_err(|stop| stopped(stop, done))?;
        done += 1;
    }
    Ok(Value::NONE)
}

/// `__getstate__`: streams cannot be pickled.
pub fn refuse_pickling(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let title = class_title(cx, args.get(0));
    Err(cx.type_error(format!("cannot pickle '{title}' instances")))
}

/// The attributes a script has given an object as a dict, None if there are none.
pub fn attributes_of(cx: &mut Context, value: Value) -> Value {
    let attributes = value.header().and_then(|header: &Header| header.attribute_dict(cx));
    match attributes.filter(|attributes| !attributes.is_empty()) {
        Some(attributes) => attributes.copy(cx).value(),
        None => Value::NONE,
    }
}

/// Binds the attributes of a dict.
pub fn set_attributes(cx: &mut Context, value: Value, attributes: Value) {
    for (name, content) in attributes.get::<Dict>().map_or(Vec::new(), |attributes| attributes.to_vec()) {
        let name = cx.intern_value(name);
        set_own(cx, value, name, content);
    }
}

/// The attribute `newlines`: None, one of the ends of lines that were seen, or a tuple of them.
pub fn newlines_value(cx: &mut Context, seen: u8) -> Value {
    let kinds = [(newlines::SEEN_RETURN, "\r"), (newlines::SEEN_FEED, "\n"), (newlines::SEEN_PAIR, "\r\n")];
    let found: Vec<Value> = kinds.iter().filter(|(bit, _)| seen & bit != 0).map(|(_, text)| cx.str(text)).collect();
    match found[..] {
        [] => Value::NONE,
        [one] => one,
        _ => cx.tuple(&found),
    }
}
