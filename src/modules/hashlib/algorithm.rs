//! The algorithms that have a name and no parameters: those with a digest of one length, and those with one of any.

use sha2::Digest;
use shake::{ExtendableOutput, Update, XofReader};

macro_rules! algorithms {
    ($($variant:ident $hasher:ty, $name:literal, $block:literal;)*) => {
        /// A hash under way, by its algorithm.
        #[derive(Clone)]
        pub(super) enum Hash { $($variant($hasher),)* }

        impl Hash {
            pub(super) fn new(name: &str) -> Option<Hash> {
                match name {
                    $($name => Some(Hash::$variant(<$hasher>::new())),)*
                    _ => None,
                }
            }

            pub(super) fn name(&self) -> &'static str {
                match self { $(Hash::$variant(_) => $name,)* }
            }

            pub(super) fn block_size(&self) -> i64 {
                match self { $(Hash::$variant(_) => $block,)* }
            }

            pub(super) fn update(&mut self, data: &[u8]) {
                match self { $(Hash::$variant(hasher) => Digest::update(hasher, data),)* }
            }

            pub(super) fn digest(&self) -> Vec<u8> {
                match self { $(Hash::$variant(hasher) => hasher.clone().finalize().to_vec(),)* }
            }
        }
    };
}

algorithms! {
    Md5 md5::Md5, "md5", 64;
    Sha1 sha1::Sha1, "sha1", 64;
    Sha224 sha2::Sha224, "sha224", 64;
    Sha256 sha2::Sha256, "sha256", 64;
    Sha384 sha2::Sha384, "sha384", 128;
    Sha512 sha2::Sha512, "sha512", 128;
    Sha512_224 sha2::Sha512_224, "sha512_224", 128;
    Sha512_256 sha2::Sha512_256, "sha512_256", 128;
    Sha3_224 sha3::Sha3_224, "sha3_224", 144;
    Sha3_256 sha3::Sha3_256, "sha3_256", 136;
    Sha3_384 sha3::Sha3_384, "sha3_384", 104;
    Sha3_512 sha3::Sha3_512, "sha3_512", 72;
}

/// A hash under way whose digest may have any length.
#[derive(Clone)]
pub(super) enum Extendable {
    Shake128(shake::Shake128),
    Shake256(shake::Shake256),
}

impl Extendable {
    pub(super) fn new(name: &str) -> Option<Extendable> {
        match name {
            "shake_128" => Some(Extendable::Shake128(Default::default())),
            "shake_256" => Some(Extendable::Shake256(Default::default())),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Extendable::Shake128(_) => "shake_128",
            Extendable::Shake256(_) => "shake_256",
        }
    }

    pub(super) fn block_size(&self) -> i64 {
        match self {
            Extendable::Shake128(_) => 168,
            Extendable::Shake256(_) => 136,
        }
    }

    pub(super) fn update(&mut self, data: &[u8]) {
        match self {
            Extendable::Shake128(hasher) => hasher.update(data),
            Extendable::Shake256(hasher) => hasher.update(data),
        }
    }

    pub(super) fn digest(&self, length: usize) -> Vec<u8> {
        let mut digest = vec![0; length];
        match self {
            Extendable::Shake128(hasher) => hasher.clone().finalize_xof().read(&mut digest),
            Extendable::Shake256(hasher) => hasher.clone().finalize_xof().read(&mut digest),
        }
        digest
    }
}
