//! Options of a socket, as numbers or as bytes.
#![allow(unsafe_code)]

use std::io;
use std::ptr::null;

use crate::modules::socket::address::int_argument;
use crate::modules::socket::class::this;
use crate::modules::socket::transfer::with_bytes;
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Stop};
use crate::object::os_error::os_error;
use crate::object::value::Value;

/// The longest option that can be asked for.
const LONGEST: usize = 1024;

/// `getsockopt(level, option, buflen=0)`
pub fn getsockopt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let (level, option) = (int_argument(cx, args.get(1), 1)?, int_argument(cx, args.get(2), 2)?);
    let wanted = match int_argument(cx, args.get(3), 3)? {
        0 => None,
        wanted => match usize::try_from(wanted) {
            Ok(wanted) if wanted <= LONGEST => Some(wanted),
            _ => return Err(cx.error(LayoutId::OS_ERROR, "getsockopt buflen out of range")),
        },
    };
    let mut bytes = [0; LONGEST];
    let mut length = wanted.unwrap_or(size_of::<libc::c_int>()) as libc::socklen_t;
    socket.checked(cx, |_| {
        // SAFETY: there is room for more than so many bytes.
        match unsafe { libc::getsockopt(socket.number(), level, option, bytes.as_mut_ptr().cast(), &mut length) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    })?;
    match wanted {
        Some(_) => Ok(Bytes::allocate(cx, &bytes[..length as usize])),
        None => {
            let mut number = [0; size_of::<libc::c_int>()];
            number.copy_from_slice(&bytes[..size_of::<libc::c_int>()]);
            Ok(Value::small(libc::c_int::from_ne_bytes(number) as i64))
        }
    }
}

/// `setsockopt(level, option, value)` and `setsockopt(level, option, None, length)`
pub fn setsockopt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let socket = this(cx, args)?;
    let (level, option) = (int_argument(cx, args.get(1), 1)?, int_argument(cx, args.get(2), 2)?);
    let (value, length) = (args.get(3), args.get(4));
    if value.is_unbound() {
        return Err(cx.type_error("setsockopt() takes exactly 3 arguments (2 given)"));
    }
    // SAFETY: so many bytes there are; a null pointer is given where the system wants none.
    let set = |bytes: *const u8, length: usize| unsafe {
        match libc::setsockopt(socket.number(), level, option, bytes.cast(), length as libc::socklen_t) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    };
    if socket.number() < 0 {
        return Err(os_error(cx, &io::Error::from_raw_os_error(libc::EBADF), Value::UNBOUND));
    }
    let result = if !length.is_unbound() {
        if !value.is_none() {
            let found = cx.type_name(value);
            return Err(cx.type_error(format!("setsockopt() argument 3 must be NoneType, not {found}")));
        }
        let length = int_argument(cx, length, 4)?;
        match u32::try_from(length) {
            Ok(length) => set(null(), length as usize),
            Err(_) => return Err(cx.overflow_error("can't convert negative value to unsigned int")),
        }
    } else if Int::is(value) {
        let number = int_argument(cx, value, 3)?.to_ne_bytes();
        set(number.as_ptr(), number.len())
    } else {
        with_bytes(cx, value, 3, |_, bytes| Ok(set(bytes.as_ptr(), bytes.len())))?
    };
    match result {
        Ok(()) => Ok(Value::NONE),
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}
