//! The exceptions of text and bytes that an encoding cannot convert.

use crate::object::context::Context;
use crate::object::exception::{Exception, set_field};
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::codec::CodecError;

/// Sets encoding, object, start, end and reason, as far as they are bound.
pub fn set_fields(cx: &mut Context, value: Value, fields: [Value; 5]) {
    let names = cx.names;
    for (name, field) in [names.encoding, names.object, names.start, names.end, names.reason].into_iter().zip(fields) {
        if !field.is_unbound() {
            set_field(value, name, field);
        }
    }
}

/// The exception of bytes that are no text.
pub fn decode_error(cx: &mut Context, object: Value, error: &CodecError) -> Stop {
    raise(cx, LayoutId::UNICODE_DECODE_ERROR, object, error, (error.start, error.end))
}

/// The exception of text that an encoding does not have.
pub fn encode_error(cx: &mut Context, object: Value, error: &CodecError) -> Stop {
    let range = object.get::<Str>().map_or((0, 0), |text| error.character_range(text.bytes()));
    raise(cx, LayoutId::UNICODE_ENCODE_ERROR, object, error, range)
}

fn raise(cx: &mut Context, layout: LayoutId, object: Value, error: &CodecError, range: (usize, usize)) -> Stop {
    let encoding = cx.str(error.encoding);
    let reason = cx.str(error.reason);
    let fields = [encoding, object, Value::small(range.0 as i64), Value::small(range.1 as i64), reason];
    let args = cx.tuple(&fields);
    let exception = Exception::allocate(cx, layout, args);
    set_fields(cx, exception, fields);
    Stop::Raise(exception)
}
