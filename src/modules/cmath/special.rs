//! What functions of complex numbers give where a part is infinite or NaN.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use crate::text::complex::Complex;

/// The results by the real part (rows) and the imaginary part (columns): -infinity, negative, -0, 0, positive,
/// infinity, NaN. Two letters are the parts of the result, a capital being a negative number: `i`nfinity, `z`ero, `o`ne,
/// `p`i, `h`alf of it, a `q`uarter, `t`hree quarters, `n` for NaN. `!!` is an argument outside the domain, `..` one
/// that is not special.
pub type Table = [&'static str; 7];

/// An argument the function is not defined for.
pub struct Outside;

/// The result for a special argument; None where both parts are finite.
pub fn look_up(table: &Table, z: Complex) -> Option<Result<Complex, Outside>> {
    if z.real.is_finite() && z.imaginary.is_finite() {
        return None;
    }
    let column = class(z.imaginary) * 3;
    let cell = &table[class(z.real)].as_bytes()[column..column + 2];
    if cell == b"!!" {
        return Some(Err(Outside));
    }
    Some(Ok(Complex::new(number(cell[0]), number(cell[1]))))
}

fn class(x: f64) -> usize {
    match x {
        _ if x.is_nan() => 6,
        f64::NEG_INFINITY => 0,
        f64::INFINITY => 5,
        0.0 => 2 + x.is_sign_positive() as usize,
        _ => {
            if x < 0.0 {
                1
            } else {
                4
            }
        }
    }
}

fn number(letter: u8) -> f64 {
    let magnitude = match letter.to_ascii_lowercase() {
        b'i' => f64::INFINITY,
        b'z' => 0.0,
        b'o' => 1.0,
        b'p' => PI,
        b'h' => FRAC_PI_2,
        b'q' => FRAC_PI_4,
        b't' => 3.0 * FRAC_PI_4,
        _ => f64::NAN,
    };
    if letter.is_ascii_uppercase() { -magnitude } else { magnitude }
}

/// `acos`
pub const ACOS: Table = [
    "ti pi pi pI pI tI ni",
    "hi .. .. .. .. hI nn",
    "hi .. .. .. .. hI hn",
    "hi .. .. .. .. hI hn",
    "hi .. .. .. .. hI nn",
    "qi zi zi zI zI qI ni",
    "ni nn nn nn nn nI nn",
];

/// `acosh`
pub const ACOSH: Table = [
    "iT iP iP ip ip it in",
    "iH .. .. .. .. ih nn",
    "iH .. .. .. .. ih nn",
    "iH .. .. .. .. ih nn",
    "iH .. .. .. .. ih nn",
    "iQ iZ iZ iz iz iq in",
    "in nn nn nn nn in nn",
];

/// `asinh`
pub const ASINH: Table = [
    "IQ IZ IZ Iz Iz Iq In",
    "IH .. .. .. .. Ih nn",
    "IH .. .. .. .. Ih nn",
    "iH .. .. .. .. ih nn",
    "iH .. .. .. .. ih nn",
    "iQ iZ iZ iz iz iq in",
    "in nn nZ nz nn in nn",
];

/// `atanh`
pub const ATANH: Table = [
    "ZH ZH ZH Zh Zh Zh Zn",
    "ZH .. .. .. .. Zh nn",
    "ZH .. .. .. .. Zh Zn",
    "zH .. .. .. .. zh zn",
    "zH .. .. .. .. zh nn",
    "zH zH zH zh zh zh zn",
    "zH nn nn nn nn zh nn",
];

/// `cosh`
pub const COSH: Table = [
    "!! ii iz iZ iI !! in",
    "!! .. .. .. .. !! nn",
    "!! .. .. .. .. !! nz",
    "!! .. .. .. .. !! nz",
    "!! .. .. .. .. !! nn",
    "!! iI iZ iz ii !! in",
    "nn nn nz nz nn nn nn",
];

/// `exp`
pub const EXP: Table = [
    "zz zZ zZ zz zz zz zz",
    "!! .. .. .. .. !! nn",
    "!! .. .. .. .. !! nn",
    "!! .. .. .. .. !! nn",
    "!! .. .. .. .. !! nn",
    "!! iI iZ iz ii !! in",
    "nn nn nZ nz nn nn nn",
];

/// `log`
pub const LOG: Table = [
    "iT iP iP ip ip it in",
    "iH .. .. .. .. ih nn",
    "iH .. .. .. .. ih nn",
    "iH .. .. .. .. ih nn",
    "iH .. .. .. .. ih nn",
    "iQ iZ iZ iz iz iq in",
    "in nn nn nn nn in nn",
];

/// `sinh`
pub const SINH: Table = [
    "!! II IZ Iz Ii !! in",
    "!! .. .. .. .. !! nn",
    "!! .. .. .. .. !! zn",
    "!! .. .. .. .. !! zn",
    "!! .. .. .. .. !! nn",
    "!! iI iZ iz ii !! in",
    "nn nn nZ nz nn nn nn",
];

/// `sqrt`
pub const SQRT: Table = [
    "iI zI zI zi zi ii ni",
    "iI .. .. .. .. ii nn",
    "iI .. .. .. .. ii nn",
    "iI .. .. .. .. ii nn",
    "iI .. .. .. .. ii nn",
    "iI iZ iZ iz iz ii in",
    "iI nn nn nn nn ii nn",
];

/// `tanh`
pub const TANH: Table = [
    "Oz OZ OZ Oz Oz Oz Oz",
    "!! .. .. .. .. !! nn",
    "!! .. .. .. .. !! nn",
    "!! .. .. .. .. !! nn",
    "!! .. .. .. .. !! nn",
    "oz oZ oZ oz oz oz oz",
    "nn nn nZ nz nn nn nn",
];

/// `rect`, of length and angle.
pub const RECT: Table = [
    "!! Ii Iz IZ II !! in",
    "!! .. .. .. .. !! nn",
    "zz .. .. .. .. zz zz",
    "zz .. .. .. .. zz zz",
    "!! .. .. .. .. !! nn",
    "!! iI iZ iz ii !! in",
    "nn nn nz nz nn nn nn",
];
