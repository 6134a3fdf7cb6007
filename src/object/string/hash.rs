//! The hash of strings and bytes.

/// The seeded hash of strings and bytes: multiplications folded to 64 bits, 16 bytes a round.
pub fn hash_bytes(seed: u64, bytes: &[u8]) -> i64 {
    const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
    const SECOND: u64 = 0xd1b5_4a32_d192_ed03;
    if bytes.is_empty() {
        return 0;
    }
    let fold = |a: u64, b: u64| {
        let product = a as u128 * b as u128;
        product as u64 ^ (product >> 64) as u64
    };
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let half = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as u64;
    let length = bytes.len();
    let mut state = seed ^ FIRST;
    let (a, b) = match length {
        0..4 => ((bytes[0] as u64) << 16 | (bytes[length / 2] as u64) << 8 | bytes[length - 1] as u64, 0),
        4..9 => (half(0), half(length - 4)),
        9..17 => (word(0), word(length - 8)),
        _ => {
            let mut at = 0;
            while at + 16 < length {
                state = fold(word(at) ^ state, word(at + 8) ^ SECOND);
                at += 16;
            }
            (word(length - 16), word(length - 8))
        }
    };
    let hash = fold(fold(a ^ state, b ^ SECOND ^ length as u64), seed ^ SECOND) as i64;
    match hash {
        0 | -1 => -2,
        hash => hash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_differ_by_seed_length_and_content() {
        let texts: Vec<String> = (0..40).map(|length| "x".repeat(length)).collect();
        let mut seen: Vec<i64> = texts.iter().map(|text| hash_bytes(7, text.as_bytes())).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 40);
        assert_ne!(hash_bytes(1, b"abc"), hash_bytes(2, b"abc"));
        assert_ne!(hash_bytes(1, b"abc"), hash_bytes(1, b"abd"));
    }
}
