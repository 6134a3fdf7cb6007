//! Numbers as bytes: integers of up to 8 bytes, and floats of 2, 4 and 8.

use num_bigint::BigInt;

use crate::text::integer::{Int, Integer};

/// An integer is outside the range of its bytes: the least and the greatest there is.
pub struct OutOfRange(pub i128, pub i128);

/// Appends an integer in `size` bytes.
pub fn push_integer(
    out: &mut Vec<u8>,
    number: Int<'_>,
    size: usize,
    is_signed: bool,
    is_little: bool,
) -> Result<(), OutOfRange> {
    let bits = size as u32 * 8;
    let (least, most) = match is_signed {
        true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        false => (0, (1i128 << bits) - 1),
    };
    let value = match number {
        Int::Small(value) => Some(value as i128),
        Int::Big(big) => i128::try_from(big).ok(),
    };
    match value.filter(|value| (least..=most).contains(value)) {
        Some(value) => {
            push_bytes(out, &value.to_le_bytes()[..size], is_little);
            Ok(())
        }
        None => Err(OutOfRange(least, most)),
    }
}

/// Appends bytes that are given with the least significant first.
pub fn push_bytes(out: &mut Vec<u8>, bytes: &[u8], is_little: bool) {
    match is_little {
        true => out.extend_from_slice(bytes),
        false => out.extend(bytes.iter().rev()),
    }
}

/// Up to 8 bytes as one number.
fn unsigned(bytes: &[u8], is_little: bool) -> u64 {
    let shift = |number: u64, &byte: &u8| number << 8 | byte as u64;
    match is_little {
        true => bytes.iter().rev().fold(0, shift),
        false => bytes.iter().fold(0, shift),
    }
}

/// The integer that up to 8 bytes are.
pub fn integer(bytes: &[u8], is_signed: bool, is_little: bool) -> Integer {
    let number = unsigned(bytes, is_little);
    if !is_signed {
        return i64::try_from(number).map_or_else(|_| BigInt::from(number).into(), Integer::Small);
    }
    let unused = 64 - bytes.len() as u32 * 8;
    Integer::Small(((number << unused) as i64) >> unused)
}

/// The float that 2, 4 or 8 bytes are.
pub fn float(bytes: &[u8], is_little: bool) -> f64 {
    let bits = unsigned(bytes, is_little);
    match bytes.len() {
        2 => from_half(bits as u16),
        4 => f32::from_bits(bits as u32) as f64,
        _ => f64::from_bits(bits),
    }
}

/// Appends a float in 2, 4 or 8 bytes; false where it is too large for them.
pub fn push_float(out: &mut Vec<u8>, x: f64, size: usize, is_little: bool) -> bool {
    match size {
        2 => match to_half(x) {
            Some(bits) => push_bytes(out, &bits.to_le_bytes(), is_little),
            None => return false,
        },
        4 => {
            let single = x as f32;
            if single.is_infinite() && x.is_finite() {
                return false;
            }
            push_bytes(out, &single.to_le_bytes(), is_little);
        }
        _ => push_bytes(out, &x.to_le_bytes(), is_little),
    }
    true
}

/// A float of 16 bits.
fn from_half(bits: u16) -> f64 {
    let (exponent, fraction) = ((bits >> 10 & 31) as i32, (bits & 1023) as f64);
    let magnitude = match exponent {
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        0 => fraction / (1 << 24) as f64,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

/// The nearest float of 16 bits, half to even; None where that would be infinite.
fn to_half(x: f64) -> Option<u16> {
    let sign = if x.is_sign_negative() { 1u16 << 15 } else { 0 };
    let magnitude = x.abs();
    if x.is_nan() {
        return Some(sign | 0x7E00);
    }
    if x.is_infinite() {
        return Some(sign | 0x7C00);
    }
    if magnitude >= 65520.0 {
        return None;
    }
    // The exponent of the last bit that is kept; subnormal numbers share the smallest.
    let exponent = ((magnitude.to_bits() >> 52) as i32 - 1023).max(-14) - 10;
    let steps = (magnitude * 2f64.powi(-exponent)).round_ties_even() as u16;
    // A carry out of the fraction adds to the exponent, as it should.
    let biased = if steps < 1024 { 0 } else { (exponent + 24) as u16 };
    Some(sign | ((biased << 10) + steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_16_bits_come_back() {
        for bits in (0..0x7C00u16).chain(0x8000..0xFC00) {
            assert_eq!(to_half(from_half(bits)), Some(bits));
        }
        assert_eq!(to_half(65519.99), Some(0x7BFF));
        assert_eq!(to_half(65520.0), None);
        assert_eq!(to_half(1.5), Some(0x3E00));
    }
}
