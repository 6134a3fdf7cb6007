//! `unicodedata`: names, categories and values of characters, and normal forms.
//!
//! The tables are those of the crates. What none of them tells (directions, widths, mirroring and the decomposition
//! of one character by one step) is not here.

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{UnicodeNormalization, is_nfc, is_nfd, is_nfkc, is_nfkd};

use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::{Str, text_of};
use crate::object::value::Value;
use crate::text::{unicode, wtf8};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "unicodedata", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("category(character, /)", category, "Return the two letters of the general category."),
    plain("combining(character, /)", combining, "Return the canonical combining class, 0 if there is none."),
    plain("decimal(character, default=<unset>, /)", decimal, "Return the value of a decimal digit."),
    plain("digit(character, default=<unset>, /)", digit, "Return the value of a digit."),
    plain("numeric(character, default=<unset>, /)", numeric, "Return the value of a number."),
    plain("name(character, default=<unset>, /)", name, "Return the name of a character."),
    plain("lookup(name, /)", lookup, "Return the character of a name or alias."),
    plain("normalize(form, unistr, /)", normalize, "Return the text in the normal form NFC, NFD, NFKC or NFKD."),
    plain("is_normalized(form, unistr, /)", is_normalized, "Return whether the text is in a normal form."),
];

/// The normal forms.
#[derive(Clone, Copy)]
enum Form {
    Composed,
    Decomposed,
    CompatiblyComposed,
    CompatiblyDecomposed,
}

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    let (major, minor, update) = unicode_general_category::UNICODE_VERSION;
    let version = cx.str(&format!("{major}.{minor}.{update}"));
    module.set(cx, "unidata_version", version);
}

// ----- one character

/// The code point of the first argument; `function` and, where there are more arguments, " 1" go into the error.
fn code_point(cx: &mut Context, args: Args<'_>, function: &str) -> Result<u32, Stop> {
    let number = if args.0.len() > 1 { " 1" } else { "" };
    let Some(text) = args.get(0).get::<Str>() else {
        let found = cx.type_name(args.get(0));
        let message = format!("{function}() argument{number} must be a unicode character, not {found}");
        return Err(cx.type_error(message));
    };
    let mut codes = wtf8::code_points(text.bytes());
    match (codes.next(), codes.next()) {
        (Some(code), None) => Ok(code),
        _ => Err(cx.type_error(format!(
            "{function}(): argument{number} must be a unicode character, not a string of length {}",
            text.chars()
        ))),
    }
}

/// What was found, else the second argument, else ValueError.
fn or_default(cx: &mut Context, found: Option<Value>, args: Args<'_>, complaint: &str) -> Result<Value, Stop> {
    match found {
        Some(found) => Ok(found),
        None if args.get(1).is_unbound() => Err(cx.value_error(complaint)),
        None => Ok(args.get(1)),
    }
}

fn category(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let code = code_point(cx, args, "category")?;
    Ok(cx.intern(unicode::category_name(code)))
}

fn combining(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let code = code_point(cx, args, "combining")?;
    Ok(Value::small(char::from_u32(code).map_or(0, |character| canonical_combining_class(character) as i64)))
}

fn decimal(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let code = code_point(cx, args, "decimal")?;
    let found = unicode::decimal_value(code).map(|value| Value::small(value as i64));
    or_default(cx, found, args, "not a decimal")
}

fn digit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let code = code_point(cx, args, "digit")?;
    let found = unicode::digit_value(code).map(|value| Value::small(value as i64));
    or_default(cx, found, args, "not a digit")
}

fn numeric(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let code = code_point(cx, args, "numeric")?;
    let found = unicode::numeric_value(code).map(Value::float);
    or_default(cx, found, args, "not a numeric character")
}

// ----- names

fn name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let code = code_point(cx, args, "name")?;
    // The names are of a later Unicode than the categories: what has no category yet has no name.
    let is_assigned = unicode::category_name(code) != "Cn";
    let found = char::from_u32(code).filter(|_| is_assigned).and_then(unicode_names2::name);
    let found = found.map(|found| cx.str(&found.to_string()));
    or_default(cx, found, args, "no such name")
}

fn lookup(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(wanted) = args.get(0).get::<Str>() else {
        let found = cx.type_name(args.get(0));
        return Err(cx.type_error(format!("a bytes-like object is required, not '{found}'")));
    };
    let wanted = text_of(wanted.value());
    match unicode::character_of_name(&wanted).filter(|&code| unicode::category_name(code) != "Cn") {
        Some(code) => Ok(Str::from_code(cx, code)),
        None => Err(cx.error(LayoutId::KEY_ERROR, format!("undefined character name '{wanted}'"))),
    }
}

// ----- normal forms

/// The form and the text that the arguments are; no form is wrong for an empty text.
fn form_and_text(cx: &mut Context, args: Args<'_>, function: &str) -> Result<(Option<Form>, Ref<Str>), Stop> {
    for index in 0..2 {
        if !args.get(index).is::<Str>() {
            let found = cx.type_name(args.get(index));
            return Err(cx.type_error(format!("{function}() argument {} must be str, not {found}", index + 1)));
        }
    }
    let (form, text): (Ref<Str>, Ref<Str>) = args.take(cx)?;
    if text.bytes().is_empty() {
        return Ok((None, text));
    }
    let form = match form.bytes() {
        b"NFC" => Form::Composed,
        b"NFD" => Form::Decomposed,
        b"NFKC" => Form::CompatiblyComposed,
        b"NFKD" => Form::CompatiblyDecomposed,
        _ => return Err(cx.value_error("invalid normalization form")),
    };
    Ok((Some(form), text))
}

/// The pieces of a text between lone surrogates, which stay as they are.
fn pieces(text: &[u8]) -> Vec<&[u8]> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    let mut codes = wtf8::code_points(text);
    let mut offset = codes.offset();
    while let Some(code) = codes.next() {
        if wtf8::is_surrogate(code) {
            pieces.extend([&text[start..offset], &text[offset..codes.offset()]]);
            start = codes.offset();
        }
        offset = codes.offset();
    }
    pieces.push(&text[start..]);
    pieces
}

fn is_in_form(text: &str, form: Form) -> bool {
    match form {
        Form::Composed => is_nfc(text),
        Form::Decomposed => is_nfd(text),
        Form::CompatiblyComposed => is_nfkc(text),
        Form::CompatiblyDecomposed => is_nfkd(text),
    }
}

fn normalize(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (form, text) = form_and_text(cx, args, "normalize")?;
    let Some(form) = form.filter(|_| !text.is_ascii()) else { return Ok(text.value()) };
    let (mut out, mut is_changed) = (Vec::with_capacity(text.bytes().len()), false);
    for piece in pieces(text.bytes()) {
        let Ok(piece) = std::str::from_utf8(piece) else {
            out.extend_from_slice(piece);
            continue;
        };
        let made: String = match form {
            Form::Composed => piece.nfc().collect(),
            Form::Decomposed => piece.nfd().collect(),
            Form::CompatiblyComposed => piece.nfkc().collect(),
            Form::CompatiblyDecomposed => piece.nfkd().collect(),
        };
        is_changed |= made != piece;
        out.extend_from_slice(made.as_bytes());
    }
    Ok(if is_changed { cx.str_bytes(&out) } else { text.value() })
}

fn is_normalized(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (form, text) = form_and_text(cx, args, "is_normalized")?;
    let Some(form) = form.filter(|_| !text.is_ascii()) else { return Ok(Value::TRUE) };
    let is_kept = |piece: &&[u8]| std::str::from_utf8(piece).map_or(true, |piece| is_in_form(piece, form));
    Ok(Value::bool(pieces(text.bytes()).iter().all(is_kept)))
}
