//! Exceptions: placeholder until the file is written.
use crate::object::context::Context;
use crate::object::native::Stop;
use crate::object::layout::LayoutId;
use crate::object::value::Value;
pub fn os_error(cx: &mut Context, error: &std::io::Error, _: Value) -> Stop { cx.error(LayoutId::OS_ERROR, error.to_string()) }
