//! Functions of many numbers: exact sums, products, and distances.

use crate::object::arguments::rest;
use crate::object::context::Context;
use crate::object::items::plain_items;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::number::{Number, binary, to_f64};
use crate::object::value::Value;
use crate::syntax::ast::BinaryOperator;

use super::rounding::{scaled, split};

/// Its lines of the module's table. The script half of each does what objects of scripts are part of.
pub const FUNCTIONS: &[Declaration] = &[
    plain("dist(p, q, /)", dist, "Return the distance of two points."),
    plain("fsum(seq, /)", fsum, "Return the sum of floats, rounded once."),
    plain("hypot(*coordinates)", hypot, "Return the distance of a point from the origin."),
    plain("prod(iterable, /, *, start=1)", prod, "Return the product of the items."),
    plain("sumprod(p, q, /)", sumprod, "Return the sum of the products of items in pairs."),
];

/// Is it an int, bool, float or complex, and none of a script's classes?
fn is_exact(value: Value) -> bool {
    match value.header() {
        Some(header) => matches!(header.layout(), LayoutId::INT | LayoutId::COMPLEX),
        None => !value.is_none(),
    }
}

/// The items of an argument, or the script half where it needs script code.
fn items(cx: &mut Context, value: Value) -> Result<Vec<Value>, Stop> {
    plain_items(cx, value).unwrap_or(Err(Stop::Half))
}

/// Numbers as floats, or the script half.
fn floats(cx: &mut Context, values: &[Value]) -> Result<Vec<f64>, Stop> {
    values.iter().map(|&value| to_f64(cx, value).unwrap_or(Err(Stop::Half))).collect()
}

/// `a + b` as a rounded sum and what the rounding left out.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// `a * b` as a rounded product and what the rounding left out.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

// ----- fsum

/// A sum kept exactly, as floats of which each is smaller than the last bit of the next.
#[derive(Default)]
struct ExactSum {
    parts: Vec<f64>,
}

impl ExactSum {
    fn add(&mut self, mut x: f64) {
        let mut kept = 0;
        for index in 0..self.parts.len() {
            let (sum, rest) = two_sum(x, self.parts[index]);
            if rest != 0.0 {
                self.parts[kept] = rest;
                kept += 1;
            }
            x = sum;
        }
        self.parts.truncate(kept);
        if x != 0.0 {
            self.parts.push(x);
        }
    }

    /// The nearest float, half to even.
    fn rounded(&self) -> f64 {
        let Some((&top, rest)) = self.parts.split_last() else { return 0.0 };
        let (mut high, mut low, mut left) = (top, 0.0, rest);
        while let Some((&next, others)) = left.split_last() {
            let sum = high + next;
            low = next - (sum - high);
            (high, left) = (sum, others);
            if low != 0.0 {
                break;
            }
        }
        // Just between two floats, the parts below say to which side the sum is.
        if let Some(&below) = left.last()
            && (low < 0.0 && below < 0.0 || low > 0.0 && below > 0.0)
        {
            let double = low * 2.0;
            let moved = high + double;
            if double == moved - high {
                high = moved;
            }
        }
        high
    }
}

fn fsum(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let values = items(cx, args.get(0))?;
    let numbers = floats(cx, &values)?;
    let (mut sum, mut specials, mut infinities) = (ExactSum::default(), 0.0, 0.0);
    for x in numbers {
        if x.is_finite() {
            sum.add(x);
            if sum.parts.last().is_some_and(|part| !part.is_finite()) {
                return Err(cx.overflow_error("intermediate overflow in fsum"));
            }
        } else {
            specials += x;
            if x.is_infinite() {
                infinities += x;
            }
        }
    }
    if specials != 0.0 {
        return match infinities.is_nan() {
            true => Err(cx.value_error("-inf + inf in fsum")),
            false => Ok(Value::float(specials)),
        };
    }
    Ok(Value::float(sum.rounded()))
}

// ----- prod and sumprod

fn prod(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let values = items(cx, args.get(0))?;
    if !values.iter().chain([&args.get(1)]).all(|&value| is_exact(value)) {
        return Err(Stop::Half);
    }
    let mut product = args.get(1);
    for value in values {
        product = binary(cx, BinaryOperator::Multiply, product, value)?.ok_or(Stop::Half)?;
    }
    Ok(product)
}

/// A sum of products in three floats, exact but for what lies below all of them.
#[derive(Clone, Copy, Default)]
struct TripleSum {
    high: f64,
    low: f64,
    rest: f64,
}

impl TripleSum {
    fn add_product(self, x: f64, y: f64) -> TripleSum {
        let (product, product_rest) = two_product(x, y);
        let (high, left) = two_sum(self.high, product);
        let (low, low_rest) = two_sum(self.low, product_rest);
        let (low, last_rest) = two_sum(low, left);
        TripleSum { high, low, rest: self.rest + low_rest + last_rest }
    }

    fn rounded(self) -> f64 {
        let (low, _) = two_sum(self.low, self.rest);
        self.high + low
    }
}

/// A pair that can be multiplied as floats, one of the two being one.
fn float_pair(cx: &mut Context, x: Value, y: Value) -> Result<Option<(f64, f64)>, Stop> {
    let has_float = matches!(Number::of(x), Some(Number::Float(_))) || matches!(Number::of(y), Some(Number::Float(_)));
    match (to_f64(cx, x), to_f64(cx, y)) {
        (Some(x), Some(y)) if has_float => Ok(Some((x?, y?))),
        _ => Ok(None),
    }
}

/// Integers are added up exactly, then floats nearly so, then whatever is left as the operators do it.
fn sumprod(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (left, right) = (items(cx, args.get(0))?, items(cx, args.get(1))?);
    if left.len() != right.len() {
        return Err(cx.value_error("Inputs are not the same length"));
    }
    if !left.iter().chain(&right).all(|&value| is_exact(value)) {
        return Err(Stop::Half);
    }
    let mut total = Value::small(0);
    let (mut floats, mut takes_floats) = (TripleSum::default(), true);
    let is_int = |value: Value| matches!(Number::of(value), Some(Number::Int(_)));
    let mut has_floats = false;
    for (&x, &y) in left.iter().zip(&right) {
        if takes_floats && !(is_int(x) && is_int(y) && !has_floats) {
            if let Some((x, y)) = float_pair(cx, x, y)? {
                let sum = floats.add_product(x, y);
                if sum.high.is_finite() {
                    (floats, has_floats) = (sum, true);
                    continue;
                }
            }
            takes_floats = false;
            if has_floats {
                total = add(cx, total, Value::float(floats.rounded()))?;
            }
        }
        let product = binary(cx, BinaryOperator::Multiply, x, y)?.ok_or(Stop::Half)?;
        total = add(cx, total, product)?;
    }
    if takes_floats && has_floats {
        total = add(cx, total, Value::float(floats.rounded()))?;
    }
    Ok(total)
}

fn add(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
    binary(cx, BinaryOperator::Add, a, b)?.ok_or(Stop::Half)
}

// ----- distances

/// The square root of the sum of squares, nearly always the float nearest to it.
fn norm(coordinates: &[f64]) -> f64 {
    if coordinates.iter().any(|x| x.is_infinite()) {
        return f64::INFINITY;
    }
    if coordinates.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    let largest = coordinates.iter().fold(0f64, |largest, x| largest.max(x.abs()));
    if largest == 0.0 || coordinates.len() == 1 {
        return largest;
    }
    // Scaled by a power of 2, so that no square overflows and none that counts vanishes.
    let (_, exponent) = split(largest);
    let (mut high, mut low) = (0.0, 0.0);
    for &x in coordinates {
        let x = scaled(x, -exponent as i64);
        let (square, square_rest) = two_product(x, x);
        let (sum, sum_rest) = two_sum(high, square);
        high = sum;
        low += square_rest + sum_rest;
    }
    let root = (high + low).sqrt();
    let (square, square_rest) = two_product(root, root);
    let residue = (high - square) + (low - square_rest);
    scaled(root + residue / (2.0 * root), exponent as i64)
}

fn hypot(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let coordinates = floats(cx, &rest(args.get(0)))?;
    Ok(Value::float(norm(&coordinates)))
}

fn dist(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (p, q) = (items(cx, args.get(0))?, items(cx, args.get(1))?);
    if p.len() != q.len() {
        return Err(cx.value_error("both points must have the same number of dimensions"));
    }
    let (p, q) = (floats(cx, &p)?, floats(cx, &q)?);
    let differences: Vec<f64> = p.iter().zip(&q).map(|(p, q)| p - q).collect();
    Ok(Value::float(norm(&differences)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_rounded_once() {
        let sum = |numbers: &[f64]| {
            let mut sum = ExactSum::default();
            numbers.iter().for_each(|&x| sum.add(x));
            sum.rounded()
        };
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[1e100, 1.0, -1e100]), 1.0);
        assert_eq!(sum(&[1e16, 1.0, 1e-16]), 10000000000000002.0);
        assert_eq!(sum(&[]), 0.0);
    }

    #[test]
    fn distances_neither_overflow_nor_vanish() {
        assert_eq!(norm(&[3.0, 4.0]), 5.0);
        assert_eq!(norm(&[3e300, 4e300]), 5e300);
        assert_eq!(norm(&[3e-320, 4e-320]), 5e-320);
    }
}
