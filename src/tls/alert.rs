//! The alerts by which a peer says what it does not like.

/// Numbers, and the names of the errors that scripts see.
const NAMES: &[(u8, &str)] = &[
    (10, "SSLV3_ALERT_UNEXPECTED_MESSAGE"),
    (20, "SSLV3_ALERT_BAD_RECORD_MAC"),
    (21, "TLSV1_ALERT_DECRYPTION_FAILED"),
    (22, "TLSV1_ALERT_RECORD_OVERFLOW"),
    (30, "SSLV3_ALERT_DECOMPRESSION_FAILURE"),
    (HANDSHAKE_FAILURE, "SSLV3_ALERT_HANDSHAKE_FAILURE"),
    (41, "SSLV3_ALERT_NO_CERTIFICATE"),
    (42, "SSLV3_ALERT_BAD_CERTIFICATE"),
    (43, "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE"),
    (44, "SSLV3_ALERT_CERTIFICATE_REVOKED"),
    (45, "SSLV3_ALERT_CERTIFICATE_EXPIRED"),
    (46, "SSLV3_ALERT_CERTIFICATE_UNKNOWN"),
    (47, "SSLV3_ALERT_ILLEGAL_PARAMETER"),
    (48, "TLSV1_ALERT_UNKNOWN_CA"),
    (49, "TLSV1_ALERT_ACCESS_DENIED"),
    (50, "TLSV1_ALERT_DECODE_ERROR"),
    (51, "TLSV1_ALERT_DECRYPT_ERROR"),
    (60, "TLSV1_ALERT_EXPORT_RESTRICTION"),
    (70, "TLSV1_ALERT_PROTOCOL_VERSION"),
    (71, "TLSV1_ALERT_INSUFFICIENT_SECURITY"),
    (80, "TLSV1_ALERT_INTERNAL_ERROR"),
    (86, "TLSV1_ALERT_INAPPROPRIATE_FALLBACK"),
    (90, "TLSV1_ALERT_USER_CANCELLED"),
    (100, "TLSV1_ALERT_NO_RENEGOTIATION"),
    (109, "TLSV13_ALERT_MISSING_EXTENSION"),
    (110, "TLSV1_UNSUPPORTED_EXTENSION"),
    (111, "TLSV1_CERTIFICATE_UNOBTAINABLE"),
    (112, "TLSV1_UNRECOGNIZED_NAME"),
    (113, "TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE"),
    (114, "TLSV1_BAD_CERTIFICATE_HASH_VALUE"),
    (115, "TLSV1_ALERT_UNKNOWN_PSK_IDENTITY"),
    (116, "TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    (120, "TLSV1_ALERT_NO_APPLICATION_PROTOCOL"),
];

/// No parameters are acceptable to both.
pub const HANDSHAKE_FAILURE: u8 = 40;
/// It failed for reasons of its own.
pub const INTERNAL_ERROR: u8 = 80;

/// The name of the error that an alert becomes.
pub fn name(number: u8) -> &'static str {
    NAMES.iter().find(|(alert, _)| *alert == number).map_or("UNKNOWN_ALERT_TYPE", |(_, name)| name)
}

/// The record of a fatal alert, as it is sent before anything is encrypted.
pub fn fatal(number: u8) -> [u8; 7] {
    const ALERT: u8 = 21;
    const FATAL: u8 = 2;
    [ALERT, 3, 3, 0, 2, FATAL, number]
}
