//! Unicode errors: placeholder until the file is written.
use crate::object::context::Context;
use crate::object::native::Stop;
use crate::object::value::Value;
pub fn encode_error(cx: &mut Context, _: Value, _: &crate::text::codec::CodecError) -> Stop { cx.value_error("encode") }
