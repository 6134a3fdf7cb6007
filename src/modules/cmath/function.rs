//! The functions of one complex number: formulas that neither overflow nor lose digits on the way, after Kahan.

use std::f64::consts::{E, FRAC_PI_2, LN_2, LN_10};

use crate::modules::math::library;
use crate::text::complex::Complex;

use super::special::{self, Table, look_up};

/// Why a function has no result.
pub enum Failure {
    /// "math domain error"
    Domain,
    /// "math range error"
    Range,
}

/// The result of a function.
pub type Answer = Result<Complex, Failure>;

/// Numbers above it are halved before they are squared or added.
const LARGE: f64 = f64::MAX / 4.0;

/// The exponential function of numbers above it is computed in two factors.
const LARGE_EXPONENT: f64 = 708.396_418_532_264_1;

macro_rules! special {
    ($table:expr, $z:expr) => {
        if let Some(result) = look_up($table, $z) {
            return result.map_err(|_| Failure::Domain);
        }
    };
}

/// `i * z`
fn times_i(z: Complex) -> Complex {
    Complex::new(-z.imaginary, z.real)
}

/// `-i * z`
fn over_i(z: Complex) -> Complex {
    Complex::new(z.imaginary, -z.real)
}

fn in_range(z: Complex) -> Answer {
    if z.real.is_infinite() || z.imaginary.is_infinite() { Err(Failure::Range) } else { Ok(z) }
}

/// `sqrt`
pub fn sqrt(z: Complex) -> Answer {
    special!(&special::SQRT, z);
    let (x, y) = (z.real.abs(), z.imaginary.abs());
    if x == 0.0 && y == 0.0 {
        return Ok(Complex::new(0.0, z.imaginary));
    }
    let tiny = f64::MIN_POSITIVE;
    let large = if x < tiny && y < tiny {
        // Subnormal numbers are lifted by a power of 2; its half bit is that of the mean.
        let scale = (1u64 << 53) as f64;
        let x = x * scale;
        (x + x.hypot(y * scale)).sqrt() / (1u64 << 27) as f64
    } else {
        let x = x / 8.0;
        2.0 * (x + x.hypot(y / 8.0)).sqrt()
    };
    let small = y / (2.0 * large);
    Ok(match z.real >= 0.0 {
        true => Complex::new(large, small.copysign(z.imaginary)),
        false => Complex::new(small, large.copysign(z.imaginary)),
    })
}

/// The logarithm of the absolute value of a large number.
fn log_of_large(z: Complex) -> f64 {
    (z.real / 2.0).hypot(z.imaginary / 2.0).ln() + LN_2 * 2.0
}

fn is_large(z: Complex) -> bool {
    z.real.abs() > LARGE || z.imaginary.abs() > LARGE
}

/// `acos`
pub fn acos(z: Complex) -> Answer {
    special!(&special::ACOS, z);
    if is_large(z) {
        let length = log_of_large(z);
        let imaginary = if z.real < 0.0 { -length.copysign(z.imaginary) } else { length.copysign(-z.imaginary) };
        return Ok(Complex::new(z.imaginary.abs().atan2(z.real), imaginary));
    }
    let a = sqrt(Complex::new(1.0 - z.real, -z.imaginary))?;
    let b = sqrt(Complex::new(1.0 + z.real, z.imaginary))?;
    Ok(Complex::new(2.0 * a.real.atan2(b.real), library::asinh(b.real * a.imaginary - b.imaginary * a.real)))
}

/// `acosh`
pub fn acosh(z: Complex) -> Answer {
    special!(&special::ACOSH, z);
    if is_large(z) {
        return Ok(Complex::new(log_of_large(z), z.imaginary.atan2(z.real)));
    }
    let a = sqrt(Complex::new(z.real - 1.0, z.imaginary))?;
    let b = sqrt(Complex::new(z.real + 1.0, z.imaginary))?;
    Ok(Complex::new(library::asinh(a.real * b.real + a.imaginary * b.imaginary), 2.0 * a.imaginary.atan2(b.real)))
}

/// `asin`
pub fn asin(z: Complex) -> Answer {
    asinh(times_i(z)).map(over_i)
}

/// `asinh`
pub fn asinh(z: Complex) -> Answer {
    special!(&special::ASINH, z);
    if is_large(z) {
        let length = log_of_large(z).copysign(z.real);
        return Ok(Complex::new(length, z.imaginary.atan2(z.real.abs())));
    }
    let a = sqrt(Complex::new(1.0 + z.imaginary, -z.real))?;
    let b = sqrt(Complex::new(1.0 - z.imaginary, z.real))?;
    let imaginary = z.imaginary.atan2(a.real * b.real - a.imaginary * b.imaginary);
    Ok(Complex::new(library::asinh(a.real * b.imaginary - b.real * a.imaginary), imaginary))
}

/// `atan`
pub fn atan(z: Complex) -> Answer {
    atanh(times_i(z)).map(over_i)
}

/// `atanh`
pub fn atanh(z: Complex) -> Answer {
    special!(&special::ATANH, z);
    if z.real < 0.0 || z.real == 0.0 && z.real.is_sign_negative() {
        return atanh(z.negate()).map(Complex::negate);
    }
    let (x, y) = (z.real, z.imaginary.abs());
    if x > LARGE.sqrt() || y > LARGE.sqrt() {
        // The argument is far away: the real part is nearly 0.
        let half = (x / 2.0).hypot(y / 2.0);
        return Ok(Complex::new(x / 4.0 / half / half, FRAC_PI_2.copysign(z.imaginary)));
    }
    if x == 1.0 && y < f64::MIN_POSITIVE.sqrt() {
        if y == 0.0 {
            return Err(Failure::Domain);
        }
        let real = -(y.sqrt() / y.hypot(2.0).sqrt()).ln();
        return Ok(Complex::new(real, (2f64.atan2(-y) / 2.0).copysign(z.imaginary)));
    }
    let real = (4.0 * x / ((1.0 - x) * (1.0 - x) + y * y)).ln_1p() / 4.0;
    let imaginary = -(-2.0 * z.imaginary).atan2((1.0 - x) * (1.0 + x) - y * y) / 2.0;
    Ok(Complex::new(real, imaginary))
}

/// The result at an infinite real part and a finite imaginary part that is not 0: infinities with the signs of the
/// cosine and the sine.
fn at_infinity(z: Complex, length: f64) -> Option<Complex> {
    let applies = z.real.is_infinite() && z.imaginary.is_finite() && z.imaginary != 0.0;
    applies.then(|| Complex::new(length.copysign(z.imaginary.cos()), length.copysign(z.imaginary.sin())))
}

/// `exp`
pub fn exp(z: Complex) -> Answer {
    let length = if z.real > 0.0 { f64::INFINITY } else { 0.0 };
    if let Some(result) = at_infinity(z, length) {
        return Ok(result);
    }
    special!(&special::EXP, z);
    let (sine, cosine) = (z.imaginary.sin(), z.imaginary.cos());
    if z.real > LARGE_EXPONENT {
        let length = (z.real - 1.0).exp();
        return in_range(Complex::new(length * cosine * E, length * sine * E));
    }
    let length = z.real.exp();
    in_range(Complex::new(length * cosine, length * sine))
}

/// `cos`
pub fn cos(z: Complex) -> Answer {
    cosh(times_i(z))
}

/// `cosh`
pub fn cosh(z: Complex) -> Answer {
    if let Some(result) = at_infinity(z, f64::INFINITY) {
        let imaginary = if z.real < 0.0 { -result.imaginary } else { result.imaginary };
        return Ok(Complex::new(result.real, imaginary));
    }
    special!(&special::COSH, z);
    let (sine, cosine) = (z.imaginary.sin(), z.imaginary.cos());
    if z.real.abs() > LARGE_EXPONENT {
        let x = z.real - 1f64.copysign(z.real);
        return in_range(Complex::new(cosine * x.cosh() * E, sine * x.sinh() * E));
    }
    in_range(Complex::new(cosine * z.real.cosh(), sine * z.real.sinh()))
}

/// `sin`
pub fn sin(z: Complex) -> Answer {
    sinh(times_i(z)).map(over_i)
}

/// `sinh`
pub fn sinh(z: Complex) -> Answer {
    if let Some(result) = at_infinity(z, f64::INFINITY) {
        let real = if z.real < 0.0 { -result.real } else { result.real };
        return Ok(Complex::new(real, result.imaginary));
    }
    special!(&special::SINH, z);
    let (sine, cosine) = (z.imaginary.sin(), z.imaginary.cos());
    if z.real.abs() > LARGE_EXPONENT {
        let x = z.real - 1f64.copysign(z.real);
        return in_range(Complex::new(cosine * x.sinh() * E, sine * x.cosh() * E));
    }
    in_range(Complex::new(cosine * z.real.sinh(), sine * z.real.cosh()))
}

/// `tan`
pub fn tan(z: Complex) -> Answer {
    tanh(times_i(z)).map(over_i)
}

/// `tanh`
pub fn tanh(z: Complex) -> Answer {
    if z.real.is_infinite() && z.imaginary.is_finite() && z.imaginary != 0.0 {
        let sine = 2.0 * z.imaginary.sin() * z.imaginary.cos();
        return Ok(Complex::new(1f64.copysign(z.real), 0f64.copysign(sine)));
    }
    special!(&special::TANH, z);
    if z.real.abs() > LARGE_EXPONENT {
        let imaginary = 4.0 * z.imaginary.sin() * z.imaginary.cos() * (-2.0 * z.real.abs()).exp();
        return Ok(Complex::new(1f64.copysign(z.real), imaginary));
    }
    let (x, y) = (z.real.tanh(), z.imaginary.tan());
    let slope = 1.0 / z.real.cosh();
    let denominator = 1.0 + x * y * (x * y);
    Ok(Complex::new(x * (1.0 + y * y) / denominator, y / denominator * slope * slope))
}

/// `log`, to the base e.
pub fn log(z: Complex) -> Answer {
    special!(&special::LOG, z);
    let (x, y) = (z.real.abs(), z.imaginary.abs());
    let tiny = f64::MIN_POSITIVE;
    let real = if x > LARGE || y > LARGE {
        (x / 2.0).hypot(y / 2.0).ln() + LN_2
    } else if x < tiny && y < tiny {
        if x == 0.0 && y == 0.0 {
            return Err(Failure::Domain);
        }
        let scale = (1u64 << 53) as f64;
        (x * scale).hypot(y * scale).ln() - 53.0 * LN_2
    } else {
        let length = x.hypot(y);
        match (0.71..=1.73).contains(&length) {
            true => {
                let (most, least) = (x.max(y), x.min(y));
                ((most - 1.0) * (most + 1.0) + least * least).ln_1p() / 2.0
            }
            false => length.ln(),
        }
    };
    Ok(Complex::new(real, z.imaginary.atan2(z.real)))
}

/// `log10`
pub fn log10(z: Complex) -> Answer {
    log(z).map(|z| Complex::new(z.real / LN_10, z.imaginary / LN_10))
}

/// `rect`, of a length and an angle.
pub fn rect(z: Complex) -> Answer {
    let (length, angle) = (z.real, z.imaginary);
    if let Some(result) = at_infinity(z, f64::INFINITY) {
        return Ok(if length < 0.0 { result.negate() } else { result });
    }
    const TABLE: &Table = &special::RECT;
    special!(TABLE, z);
    Ok(match angle == 0.0 {
        true => Complex::new(length, length * angle),
        false => Complex::new(length * angle.cos(), length * angle.sin()),
    })
}
