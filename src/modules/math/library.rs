//! Functions of the C library of mathematics that std does not offer.
#![allow(unsafe_code)]

// SAFETY: the declarations are those of the C standard; the functions take and give numbers, and touch no memory but,
// `lgamma`, the C library's own `signgam`, which nobody here reads.
unsafe extern "C" {
    /// Inverse hyperbolic cosine.
    pub safe fn acosh(x: f64) -> f64;
    /// Inverse hyperbolic sine.
    pub safe fn asinh(x: f64) -> f64;
    /// Inverse hyperbolic tangent.
    pub safe fn atanh(x: f64) -> f64;
    /// The error function.
    pub safe fn erf(x: f64) -> f64;
    /// 1 minus the error function.
    pub safe fn erfc(x: f64) -> f64;
    /// The natural logarithm of the absolute value of the gamma function.
    pub safe fn lgamma(x: f64) -> f64;
    /// The remainder of the division with the quotient rounded to the nearest integer, half to even.
    pub safe fn remainder(x: f64, y: f64) -> f64;
    /// The gamma function.
    pub safe fn tgamma(x: f64) -> f64;
}
