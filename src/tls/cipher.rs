//! The cipher suites: their names, and how a list in OpenSSL's language chooses among them.

use rustls::crypto::ring::cipher_suite as suites;
use rustls::{CipherSuite, SupportedCipherSuite};

/// A cipher suite as users know it.
#[derive(Debug)]
pub struct Cipher {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub id: u16,
    /// The protocol it belongs to.
    pub protocol: &'static str,
    /// How many bits the key has.
    pub bits: u16,
    /// How keys are exchanged.
    pub exchange: &'static str,
    /// How the server proves itself.
    pub authentication: &'static str,
    /// How data is encrypted.
    pub encryption: &'static str,
    /// The same, as the name of an algorithm.
    pub symmetric: &'static str,
    /// What a list may call it by.
    tags: &'static [&'static str],
    suite: &'static SupportedCipherSuite,
}

macro_rules! modern {
    ($name:literal $id:literal $bits:literal $encryption:literal $symmetric:literal $suite:ident) => {
        Cipher {
            name: $name,
            id: $id,
            protocol: "TLSv1.3",
            bits: $bits,
            exchange: "any",
            authentication: "any",
            encryption: $encryption,
            symmetric: $symmetric,
            tags: &[],
            suite: &suites::$suite,
        }
    };
}

macro_rules! older {
    ($authentication:literal $own:literal $cipher:literal $hash:literal $id:literal $bits:literal
     $encryption:literal $symmetric:literal $tags:expr, $suite:ident) => {
        Cipher {
            name: concat!("ECDHE-", $authentication, "-", $cipher, $hash),
            id: $id,
            protocol: "TLSv1.2",
            bits: $bits,
            exchange: "ECDH",
            authentication: $authentication,
            encryption: $encryption,
            symmetric: $symmetric,
            tags: &[$tags[0], $tags[1], $tags[2], concat!("a", $authentication), $own],
            suite: &suites::$suite,
        }
    };
}

const AES256: [&str; 3] = ["AES", "AESGCM", "AES256"];
const AES128: [&str; 3] = ["AES", "AESGCM", "AES128"];
const CHACHA: [&str; 3] = ["CHACHA20", "CHACHA20", "CHACHA20"];

/// All of them, the preferred first.
pub static CIPHERS: &[Cipher] = &[
    modern!("TLS_AES_256_GCM_SHA384" 0x1302 256 "AESGCM(256)" "aes-256-gcm" TLS13_AES_256_GCM_SHA384),
    modern!("TLS_CHACHA20_POLY1305_SHA256" 0x1303 256 "CHACHA20/POLY1305(256)" "chacha20-poly1305"
        TLS13_CHACHA20_POLY1305_SHA256),
    modern!("TLS_AES_128_GCM_SHA256" 0x1301 128 "AESGCM(128)" "aes-128-gcm" TLS13_AES_128_GCM_SHA256),
    older!("ECDSA" "ECDSA" "AES256-GCM-" "SHA384" 0xC02C 256 "AESGCM(256)" "aes-256-gcm" AES256,
        TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    older!("RSA" "aRSA" "AES256-GCM-" "SHA384" 0xC030 256 "AESGCM(256)" "aes-256-gcm" AES256,
        TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    older!("ECDSA" "ECDSA" "AES128-GCM-" "SHA256" 0xC02B 128 "AESGCM(128)" "aes-128-gcm" AES128,
        TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    older!("RSA" "aRSA" "AES128-GCM-" "SHA256" 0xC02F 128 "AESGCM(128)" "aes-128-gcm" AES128,
        TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    older!("ECDSA" "ECDSA" "CHACHA20-POLY1305" "" 0xCCA9 256 "CHACHA20/POLY1305(256)" "chacha20-poly1305" CHACHA,
        TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    older!("RSA" "aRSA" "CHACHA20-POLY1305" "" 0xCCA8 256 "CHACHA20/POLY1305(256)" "chacha20-poly1305" CHACHA,
        TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
];

/// What a list may call all suites before TLS 1.3 by.
const COMMON_TAGS: &[&str] =
    &["ALL", "DEFAULT", "HIGH", "FIPS", "TLSv1.2", "ECDH", "ECDHE", "EECDH", "kECDHE", "kEECDH"];

impl Cipher {
    /// The suite with this number.
    pub fn find(suite: CipherSuite) -> Option<&'static Cipher> {
        CIPHERS.iter().find(|cipher| cipher.id == u16::from(suite))
    }

    /// Is a list silent about it, since it belongs to TLS 1.3?
    pub fn is_fixed(&self) -> bool {
        self.protocol == "TLSv1.3"
    }

    /// As rustls knows it.
    pub fn suite(&self) -> SupportedCipherSuite {
        *self.suite
    }

    /// A line about it.
    pub fn description(&self) -> String {
        let Cipher { name, protocol, exchange, authentication, encryption, .. } = self;
        format!("{name:<30} {protocol} Kx={exchange:<8} Au={authentication:<5} Enc={encryption:<22} Mac=AEAD")
    }

    /// Has it all the names of an item like `ECDHE+AESGCM`?
    fn is_meant_by(&self, item: &str) -> bool {
        let has = |tag: &str| tag == self.name || COMMON_TAGS.contains(&tag) || self.tags.contains(&tag);
        !self.is_fixed() && item.split('+').all(has)
    }
}

/// All suites, as they are chosen where nothing else is said.
pub fn default_ciphers() -> Vec<&'static Cipher> {
    CIPHERS.iter().collect()
}

/// The suites that a list chooses, in its order, after those of TLS 1.3; None if it chooses none.
pub fn choose(list: &str) -> Option<Vec<&'static Cipher>> {
    let mut chosen: Vec<&'static Cipher> = Vec::new();
    let mut banned: Vec<u16> = Vec::new();
    for item in list.split([':', ',', ' ', ';']).filter(|item| !item.is_empty()) {
        let item = item.split('@').next().unwrap_or_default();
        let (sign, names) = match item.split_at_checked(1) {
            Some((sign @ ("!" | "-" | "+"), names)) => (sign, names),
            _ => ("", item),
        };
        let meant: Vec<&'static Cipher> = CIPHERS.iter().filter(|cipher| cipher.is_meant_by(names)).collect();
        let is_meant = |cipher: &&'static Cipher| meant.iter().any(|other| other.id == cipher.id);
        match sign {
            "!" | "-" => {
                chosen.retain(|cipher| !is_meant(cipher));
                if sign == "!" {
                    banned.extend(meant.iter().map(|cipher| cipher.id));
                }
            }
            "+" => {
                let (last, first): (Vec<_>, Vec<_>) = chosen.into_iter().partition(is_meant);
                chosen = first.into_iter().chain(last).collect();
            }
            _ => {
                for cipher in meant {
                    if !banned.contains(&cipher.id) && !chosen.iter().any(|other| other.id == cipher.id) {
                        chosen.push(cipher);
                    }
                }
            }
        }
    }
    let fixed = CIPHERS.iter().filter(|cipher| cipher.is_fixed());
    (!chosen.is_empty()).then(|| fixed.chain(chosen).collect())
}
