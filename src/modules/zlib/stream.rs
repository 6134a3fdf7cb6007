//! A stream that compresses or decompresses: the interface of zlib, as the crate offers it, made safe. One call is one
//! step; `pieces` takes as many as it needs.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};
use std::ptr::NonNull;

use libz_rs_sys as library;
use libz_rs_sys::z_stream;

/// How a stream compresses.
pub struct Options {
    /// From 0, not at all, to 9; -1 for the usual.
    pub level: c_int,
    /// `DEFLATED`, the only one there is.
    pub method: c_int,
    /// The size of the window as a power of two, and by its sign and size also the format: see `Stream::inflate`.
    pub window_bits: c_int,
    /// From 1 to 9: how much memory it takes.
    pub memory_level: c_int,
    /// What kind of data it is best at.
    pub strategy: c_int,
}

/// A stream that compresses or decompresses.
pub struct Stream {
    /// In a box, since the library may expect to find it where it was.
    raw: Box<z_stream>,
    is_deflate: bool,
    /// What the library said about the first error. About a stream that is broken it says no more than that it is.
    message: Option<&'static str>,
}

/// What a step came to.
pub struct Step {
    /// How much of the input was taken.
    pub read: usize,
    /// How much of the output was filled.
    pub written: usize,
    /// `Z_OK`, `Z_STREAM_END` or what else happened.
    pub code: c_int,
}

// What both makers of streams hand over to have the library check that it is the one they were written for.
const VERSION: *const c_char = library::zlibVersion();
const SIZE: c_int = size_of::<z_stream>() as c_int;

impl Stream {
    /// A stream that compresses; the code of the error if it cannot be made.
    pub fn deflate(options: &Options) -> Result<Stream, c_int> {
        let mut raw = Box::<z_stream>::default();
        let Options { level, method, window_bits, memory_level, strategy } = *options;
        // SAFETY: `raw` is a stream as the library wants it, with no allocator of its own.
        let code = unsafe {
            library::deflateInit2_(&mut *raw, level, method, window_bits, memory_level, strategy, VERSION, SIZE)
        };
        if code == library::Z_OK { Ok(Stream { raw, is_deflate: true, message: None }) } else { Err(code) }
    }

    /// A stream that decompresses: 8 to 15 for zlib's format, the negative of that for bare data, 16 more for gzip's,
    /// 32 more for either of the two; the code of the error if it cannot be made.
    pub fn inflate(window_bits: c_int) -> Result<Stream, c_int> {
        let mut raw = Box::<z_stream>::default();
        // SAFETY: `raw` is a stream as the library wants it, with no allocator of its own.
        let code = unsafe { library::inflateInit2_(&mut *raw, window_bits, VERSION, SIZE) };
        if code == library::Z_OK { Ok(Stream { raw, is_deflate: false, message: None }) } else { Err(code) }
    }

    /// Takes input and fills output, as far as one of the two goes.
    pub fn step(&mut self, input: &[u8], output: &mut [u8], flush: c_int) -> Step {
        let most = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (readable, writable) = (most(input.len()), most(output.len()));
        self.raw.next_in = input.as_ptr();
        self.raw.avail_in = readable;
        self.raw.next_out = output.as_mut_ptr();
        self.raw.avail_out = writable;
        // SAFETY: the stream was made by the function of its direction; both pointers are good for as many bytes as
        // stand beside them, and nobody else has the output.
        let code = unsafe {
            match self.is_deflate {
                true => library::deflate(&mut *self.raw, flush),
                false => library::inflate(&mut *self.raw, flush),
            }
        };
        self.note_message();
        let read = readable.saturating_sub(self.raw.avail_in) as usize;
        let written = writable.saturating_sub(self.raw.avail_out) as usize;
        self.raw.next_in = std::ptr::null();
        self.raw.next_out = std::ptr::null_mut();
        (self.raw.avail_in, self.raw.avail_out) = (0, 0);
        Step { read, written, code }
    }

    /// Has the stream begin as if it had seen these bytes; the code of what came of it.
    pub fn set_dictionary(&mut self, dictionary: &[u8]) -> c_int {
        let Ok(length) = u32::try_from(dictionary.len()) else { return library::Z_STREAM_ERROR };
        // SAFETY: the stream was made by the function of its direction, and the dictionary is as long as is said.
        unsafe {
            match self.is_deflate {
                true => library::deflateSetDictionary(&mut *self.raw, dictionary.as_ptr(), length),
                false => library::inflateSetDictionary(&mut *self.raw, dictionary.as_ptr(), length),
            }
        }
    }

    /// Another stream that has come as far; the code of the error if there is no memory for it.
    pub fn copy(&mut self) -> Result<Stream, c_int> {
        let mut raw = Box::<z_stream>::default();
        // Null would mean that the stream has not been set up.
        self.raw.next_out = NonNull::dangling().as_ptr();
        // SAFETY: the stream was made by the function of its direction; `raw` is no stream yet and becomes one only
        // if all went well, so it is not ended otherwise.
        let code = unsafe {
            match self.is_deflate {
                true => library::deflateCopy(&mut *raw, &mut *self.raw),
                false => library::inflateCopy(&mut *raw, &*self.raw),
            }
        };
        if code == library::Z_OK {
            Ok(Stream { raw, is_deflate: self.is_deflate, message: self.message })
        } else {
            Err(code)
        }
    }

    /// What the library said about the first error there was.
    pub fn message(&self) -> Option<&'static str> {
        self.message
    }

    fn note_message(&mut self) {
        if self.message.is_none() && !self.raw.msg.is_null() {
            // SAFETY: the messages of the library are literals that end with a zero.
            self.message = unsafe { CStr::from_ptr(self.raw.msg) }.to_str().ok();
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: the stream was made by the function of its direction and is ended here alone.
        unsafe {
            match self.is_deflate {
                true => library::deflateEnd(&mut *self.raw),
                false => library::inflateEnd(&mut *self.raw),
            };
        }
    }
}

/// The version of zlib that the library behaves as.
pub fn version() -> &'static str {
    // SAFETY: the library answers a literal that ends with a zero.
    unsafe { CStr::from_ptr(library::zlibVersion()) }.to_str().unwrap_or_default()
}

/// CRC-32, going on from that of what came before.
pub fn crc32(value: u32, data: &[u8]) -> u32 {
    // SAFETY: the pointer is good for as many bytes as are named.
    unsafe { library::crc32_z(value.into(), data.as_ptr(), data.len()) as u32 }
}

/// Adler-32, likewise.
pub fn adler32(value: u32, data: &[u8]) -> u32 {
    // SAFETY: the pointer is good for as many bytes as are named.
    unsafe { library::adler32_z(value.into(), data.as_ptr(), data.len()) as u32 }
}
