//! Random numbers as CPython's `random` makes them: MT19937 seeded its way.
//!
//! The generator is written out because `random.getstate` shows its words and its position, which
//! the crates for it keep to themselves. Seeds are turned into keys here, outputs into what
//! `random()` and `getrandbits()` give; the distributions are script code.

use num_bigint::BigUint;
use sha2::{Digest, Sha512};

use super::integer::{Int, Integer};

/// How many words of state there are.
pub const WORDS: usize = 624;

/// The distance of the word that is mixed into each.
const MIDDLE: usize = 397;

/// A generator of random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mersenne {
    /// The words of the current block.
    words: Box<[u32; WORDS]>,
    /// The next of them to give; `WORDS` when the next block is due.
    position: usize,
}

impl Mersenne {
    /// `random.seed(number)`: its absolute value in words of 32 bits is the key.
    pub fn from_integer(seed: Int<'_>) -> Mersenne {
        let words = seed.magnitude().to_u32_digits();
        Mersenne::from_key(if words.is_empty() { &[0] } else { &words })
    }

    /// `random.seed(text)` and `random.seed(bytes)`: the bytes and their SHA-512, as one number.
    pub fn from_bytes(seed: &[u8]) -> Mersenne {
        let mut all = seed.to_vec();
        all.extend_from_slice(&Sha512::digest(seed));
        let number = BigUint::from_bytes_be(&all);
        Mersenne::from_integer(Int::Big(&number.into()))
    }

    /// The reference seeding by a key of any length but zero.
    fn from_key(key: &[u32]) -> Mersenne {
        let mut words = Box::new([0u32; WORDS]);
        words[0] = 19_650_218;
        for i in 1..WORDS {
            let last = words[i - 1];
            words[i] = (last ^ last >> 30).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        let mut at = 1;
        let mut advance = |words: &mut [u32; WORDS], factor: u32, change: &dyn Fn(u32, usize) -> u32| {
            let last = words[at - 1];
            words[at] = change(words[at] ^ (last ^ last >> 30).wrapping_mul(factor), at);
            at += 1;
            if at == WORDS {
                words[0] = words[WORDS - 1];
                at = 1;
            }
        };
        for step in 0..WORDS.max(key.len()) {
            let place = step % key.len().max(1);
            let part = key.get(place).copied().unwrap_or(0);
            advance(&mut words, 1_664_525, &|word, _| word.wrapping_add(part).wrapping_add(place as u32));
        }
        for _ in 1..WORDS {
            advance(&mut words, 1_566_083_941, &|word, at| word.wrapping_sub(at as u32));
        }
        words[0] = 1 << 31;
        Mersenne { words, position: WORDS }
    }

    /// Computes the next block of words.
    fn refill(&mut self) {
        for i in 0..WORDS {
            let joined = self.words[i] & 1 << 31 | self.words[(i + 1) % WORDS] & !(1 << 31);
            let odd = if joined & 1 == 1 { 0x9908_B0DF } else { 0 };
            self.words[i] = self.words[(i + MIDDLE) % WORDS] ^ joined >> 1 ^ odd;
        }
        self.position = 0;
    }

    /// The next 32 bits.
    pub fn next_word(&mut self) -> u32 {
        if self.position >= WORDS {
            self.refill();
        }
        let mut word = self.words[self.position];
        self.position += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9D2C_5680;
        word ^= word << 15 & 0xEFC6_0000;
        word ^ word >> 18
    }

    /// `random.random()`: 53 bits, below one.
    pub fn random(&mut self) -> f64 {
        let high = (self.next_word() >> 5) as u64;
        let low = (self.next_word() >> 6) as u64;
        (high << 26 | low) as f64 / (1u64 << 53) as f64
    }

    /// `random.getrandbits(bits)`; the caller has refused sizes that memory does not have.
    pub fn bits(&mut self, bits: usize) -> Integer {
        if bits == 0 {
            return Integer::Small(0);
        }
        if bits <= 32 {
            return Integer::Small((self.next_word() >> (32 - bits)) as i64);
        }
        let mut words: Vec<u32> = (0..bits.div_ceil(32)).map(|_| self.next_word()).collect();
        if let Some(last) = words.last_mut()
            && !bits.is_multiple_of(32)
        {
            *last >>= 32 - bits % 32;
        }
        BigUint::new(words).into()
    }

    /// `random.randbytes(length)`.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(length);
        while out.len() < length {
            let left = length - out.len();
            // The last, short piece takes the upper bits, as it would from getrandbits.
            let word = if left >= 4 { self.next_word() } else { self.next_word() >> (32 - 8 * left) };
            out.extend_from_slice(&word.to_le_bytes()[..left.min(4)]);
        }
        out
    }

    /// A number below `limit`, as `random.randrange(limit)` finds it; 0 for a limit of 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 {
            return 0;
        }
        let bits = 64 - limit.leading_zeros();
        loop {
            let low = (self.next_word() as u64) >> (32u32.saturating_sub(bits));
            let candidate = match bits {
                ..=32 => low,
                _ => (self.next_word() as u64) >> (64 - bits) << 32 | low,
            };
            if candidate < limit {
                return candidate;
            }
        }
    }

    /// The words and the position, as `random.getstate()` shows them.
    pub fn state(&self) -> (&[u32; WORDS], usize) {
        (&self.words, self.position)
    }

    /// A generator in the state given; `None` where that is none.
    pub fn from_state(words: &[u32], position: usize) -> Option<Mersenne> {
        let words: Box<[u32; WORDS]> = Box::new(words.try_into().ok()?);
        (position <= WORDS).then_some(Mersenne { words, position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;

    fn check(mut generator: Mersenne, random: f64, five: i64, seventy: &str, bytes: &str, below: u64) {
        assert_eq!(generator.random(), random);
        assert_eq!(generator.bits(5), Integer::Small(five));
        assert_eq!(generator.bits(70).into_big().to_string(), seventy);
        let hex: String = generator.bytes(7).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, bytes);
        assert_eq!(generator.below(1_000_000_000_000), below);
    }

    #[test]
    fn numbers_are_those_of_cpython() {
        let small = |seed| Mersenne::from_integer(Int::Small(seed));
        check(small(42), 0.6394267984578837, 0, "281774556622676705531", "de562439c1b823", 114832269481);
        check(small(0), 0.8444218515250481, 24, "44651664552134903426", "3a5e4842b428f7", 534771852898);
        check(small(-(1 << 40) - 7), 0.6137037779936511, 26, "755302148334782535355", "f41f0592dda1b4", 276921985386);
        let big = BigInt::from(1) << 100;
        let seeded = Mersenne::from_integer(Int::Big(&big));
        check(seeded, 0.7586581712996778, 7, "626821621891163245129", "15985a216971b7", 192542345522);
        let hello = Mersenne::from_bytes(b"hello");
        check(hello, 0.3537754404730722, 21, "139228744674818433191", "efc47f217ccc5a", 799083332711);
        let empty = Mersenne::from_bytes(b"");
        check(empty, 0.9602256525641875, 19, "1021728476814495877248", "7af7cbbb0fbbc0", 941546307663);
    }

    #[test]
    fn states_go_out_and_in() {
        let mut generator = Mersenne::from_integer(Int::Small(42));
        assert_eq!(generator.state().0[..3], [2147483648, 3564348608, 1266698288]);
        assert_eq!(generator.state().1, WORDS);
        generator.random();
        let (words, position) = generator.state();
        let mut again = Mersenne::from_state(words, position).unwrap();
        assert_eq!(again.random(), generator.random());
        assert_eq!(Mersenne::from_state(&[1, 2], 0), None);
    }
}
