//! `errno`: the numbers of the errors of the system, those that every unix has.

use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "errno", fill };

macro_rules! numbers {
    ($($name:ident)*) => {
        /// Names and numbers. Where two names have one number, the later is the one it is called by.
        const NUMBERS: &[(&str, i32)] = &[$((stringify!($name), libc::$name)),*];
    };
}

numbers! {
    E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EALREADY EBADF EBADMSG EBUSY ECANCELED ECHILD ECONNABORTED
    ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTDOWN EHOSTUNREACH EIDRM EILSEQ
    EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENETDOWN ENETRESET
    ENETUNREACH ENFILE ENOBUFS ENODEV ENOENT ENOEXEC ENOLCK ENOLINK ENOMEM ENOMSG ENOPROTOOPT ENOSPC ENOSYS ENOTBLK
    ENOTCONN ENOTDIR ENOTEMPTY ENOTRECOVERABLE ENOTSOCK ENOTTY ENXIO EOPNOTSUPP ENOTSUP EOVERFLOW EOWNERDEAD EPERM
    EPFNOSUPPORT EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EREMOTE EROFS ESHUTDOWN ESOCKTNOSUPPORT ESPIPE ESRCH
    ESTALE ETIMEDOUT ETOOMANYREFS ETXTBSY EUSERS EWOULDBLOCK EAGAIN EXDEV
}

fn fill(cx: &mut Context, module: Ref<Module>) {
    let names = cx.new_dict();
    for &(name, number) in NUMBERS {
        let number = Value::small(number as i64);
        module.set(cx, name, number);
        let name = cx.intern(name);
        let place = names.find_plainly(cx, number);
        match place {
            Some(place) => names.entry_value_cell(place).set(name),
            None => names.insert_new(number, number.as_small(), name),
        }
    }
    module.set(cx, "errorcode", names.value());
}
