//! Masks of frames: random numbers that nobody can foresee (RFC 6455, 5.3), drawn from the system some at a time.

use crate::object::context::Context;
use crate::object::native::Stop;

/// How many bytes are drawn at once.
const DRAWN: usize = 256;

/// Bytes that have been drawn, and how many of them are left.
pub(super) struct Masks {
    bytes: [u8; DRAWN],
    left: usize,
}

impl Default for Masks {
    fn default() -> Masks {
        Masks { bytes: [0; DRAWN], left: 0 }
    }
}

impl Masks {
    /// A mask that has not been used.
    pub(super) fn next(&mut self, cx: &mut Context) -> Result<[u8; 4], Stop> {
        if self.left < 4 {
            if rustls::crypto::ring::default_provider().secure_random.fill(&mut self.bytes).is_err() {
                return Err(cx.runtime_error("The system gives no random numbers"));
            }
            self.left = DRAWN;
        }
        self.left -= 4;
        let &[a, b, c, d, ..] = &self.bytes[self.left..] else { unreachable!("so many were left") };
        Ok([a, b, c, d])
    }
}
