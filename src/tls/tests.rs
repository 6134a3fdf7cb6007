//! Sessions of both sides in one process, with the certificates of tests/certificates.

use std::path::PathBuf;
use std::sync::Arc;

use super::certificate::{AlternativeName, Certificate, address_text};
use super::cipher;
use super::error::{Error, ErrorKind, LoadError};
use super::identity::Identities;
use super::pem;
use super::session::{Progress, Read, Session};
use super::settings::{Settings, TLS_1_2, TLS_1_3, Verify};
use super::trust::Trust;
use super::verifier::Host;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/certificates").join(name)
}

/// Settings of a server that shows a certificate.
fn server(certificate: &str, key: &str) -> Settings {
    let mut settings = Settings::default();
    settings.identities.load(&path(certificate), &path(key)).expect("the files are in the repository");
    settings
}

/// Settings of a client that trusts what is in a file, if any.
fn client(trusted: Option<&str>) -> Settings {
    let mut settings = Settings { verify: Verify::Required, checks_host_name: true, ..Settings::default() };
    if let Some(name) = trusted {
        settings.trust.add_file(&path(name)).expect("the file is in the repository");
    }
    settings
}

/// Two sides of one connection.
struct Pair {
    client: Session,
    server: Session,
}

impl Pair {
    fn new(client: Settings, server: Settings, host: &str) -> Pair {
        let host = Host::parse(host);
        Pair { client: Session::client(Arc::new(client), host), server: Session::server(Arc::new(server)) }
    }

    fn plain(certificate: &str) -> Pair {
        Pair::new(client(Some("authority.pem")), server(certificate, "server.key"), "localhost")
    }

    /// Carries bytes from each side to the other.
    fn exchange(&mut self) {
        let (to_server, to_client) = (self.client.take_output(), self.server.take_output());
        self.server.feed(&to_server);
        self.client.feed(&to_client);
    }

    /// Shakes hands; what came of it on the client's side and on the server's.
    fn shake(&mut self) -> (Result<Progress, Error>, Result<Progress, Error>) {
        let mut results = (Ok(Progress::WantsInput), Ok(Progress::WantsInput));
        for _ in 0..6 {
            results = (self.client.handshake(), self.server.handshake());
            self.exchange();
        }
        results
    }

    fn connected(mut self) -> Pair {
        assert_eq!(self.shake(), (Ok(Progress::Done), Ok(Progress::Done)));
        self
    }
}

fn words(result: Result<Progress, Error>) -> String {
    result.map_or_else(|error| error.to_string(), |progress| format!("{progress:?}"))
}

const DONE: (Result<Progress, Error>, Result<Progress, Error>) = (Ok(Progress::Done), Ok(Progress::Done));

#[test]
fn data_goes_both_ways() {
    let mut pair = Pair::plain("localhost.pem").connected();
    assert_eq!(pair.client.write(b"hello"), Ok(Progress::Done));
    assert_eq!(pair.server.write(&vec![b'x'; 100_000]), Ok(Progress::Done));
    pair.exchange();
    assert_eq!(pair.server.read(2), Ok(Read::Data(b"he".to_vec())));
    assert_eq!(pair.server.pending(), 3);
    assert_eq!(pair.server.read(100), Ok(Read::Data(b"llo".to_vec())));
    assert_eq!(pair.server.read(100), Ok(Read::Waits(Progress::WantsInput)));
    let mut got = 0;
    while let Ok(Read::Data(data)) = pair.client.read(usize::MAX) {
        // A record at a time.
        assert!(data.len() <= 16_384);
        got += data.len();
    }
    assert_eq!(got, 100_000);
}

#[test]
fn bytes_may_come_one_by_one() {
    let mut pair = Pair::plain("localhost.pem");
    for _ in 0..4 {
        let _ = pair.client.handshake();
        for byte in pair.client.take_output() {
            pair.server.feed(&[byte]);
            pair.server.handshake().expect("nothing is wrong");
        }
        for byte in pair.server.take_output() {
            pair.client.feed(&[byte]);
            pair.client.handshake().expect("nothing is wrong");
        }
    }
    pair.server.write(b"abc").expect("connected");
    for byte in pair.server.take_output() {
        assert_eq!(pair.client.read(10), Ok(Read::Waits(Progress::WantsInput)));
        pair.client.feed(&[byte]);
    }
    assert_eq!(pair.client.read(10), Ok(Read::Data(b"abc".to_vec())));
}

#[test]
fn only_what_is_asked_for_is_looked_at() {
    let mut pair = Pair::plain("localhost.pem").connected();
    pair.client.write(&vec![0; 40_000]).expect("connected");
    pair.exchange();
    let before = pair.server.incoming.len();
    assert!(matches!(pair.server.read(1), Ok(Read::Data(_))));
    assert_eq!((pair.server.pending(), before - pair.server.incoming.len()), (16_383, 16_384 + 22));
}

#[test]
fn versions_and_ciphers_are_agreed_on() {
    let agreed = |client: Settings, server: Settings| {
        let pair = Pair::new(client, server, "localhost").connected();
        assert_eq!(pair.client.cipher().map(|it| it.name), pair.server.cipher().map(|it| it.name));
        (pair.client.version(), pair.server.cipher().map(|it| (it.name, it.protocol, it.bits)))
    };
    let (trusting, showing) = (client(Some("authority.pem")), server("localhost.pem", "server.key"));
    let modern = Some(("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256));
    assert_eq!(agreed(trusting.clone(), showing.clone()), (Some("TLSv1.3"), modern));
    let older = Settings { maximum: TLS_1_2, ..trusting.clone() };
    let name = Some(("ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2", 256));
    assert_eq!(agreed(older.clone(), showing), (Some("TLSv1.2"), name));
    let chosen = Settings { ciphers: cipher::choose("aRSA+AES128").expect("there is one"), ..older };
    let name = Some(("ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2", 128));
    assert_eq!(agreed(chosen, server("rsa.pem", "rsa.key")), (Some("TLSv1.2"), name));
    let mut group = trusting;
    assert!(group.set_group("secp384r1") && !group.set_group("unknown"));
    assert_eq!(agreed(group, server("localhost.pem", "server_sec1.key")).0, Some("TLSv1.3"));
}

#[test]
fn nothing_in_common_is_an_error() {
    let (trusting, showing) = (client(Some("authority.pem")), server("localhost.pem", "server.key"));
    let old = Settings { maximum: TLS_1_2, ..trusting.clone() };
    let new = Settings { minimum: TLS_1_3, ..showing.clone() };
    let (of_client, of_server) = Pair::new(old.clone(), new, "localhost").shake();
    assert_eq!(words(of_server), "[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol");
    assert_eq!(words(of_client), "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version");
    let none = Settings { excluded: vec![TLS_1_2], ..old.clone() };
    let (of_client, _) = Pair::new(none, showing, "localhost").shake();
    assert_eq!(words(of_client), "[SSL: NO_PROTOCOLS_AVAILABLE] no protocols available");
    for client in [old, trusting] {
        let (of_client, of_server) = Pair::new(client, Settings::default(), "localhost").shake();
        assert_eq!(words(of_server), "[SSL: NO_SHARED_CIPHER] no shared cipher");
        assert_eq!(words(of_client), "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure");
    }
}

/// What a client says that trusts `trusted` and wants `host`, of a server's certificate; and what the server hears.
fn verdict(trusted: Option<&str>, certificate: &str, host: &str) -> (u32, String, &'static str) {
    let mut pair = Pair::new(client(trusted), server(certificate, "server.key"), host);
    match pair.shake() {
        (Ok(Progress::Done), Ok(Progress::Done)) => (0, String::new(), ""),
        (Err(error), Err(heard)) => {
            let ErrorKind::Verification(code) = error.kind else { panic!("{error}") };
            assert_eq!(error.reason, Some("CERTIFICATE_VERIFY_FAILED"));
            (code, error.verification_message().into(), heard.reason.unwrap_or_default())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn certificates_are_verified() {
    let authority = Some("authority.pem");
    let accepted = (0, String::new(), "");
    let refused = |code: u32, message: &str, heard| (code, message.to_string(), heard);
    for name in ["localhost.pem", "common_name.pem", "chain.pem"] {
        assert_eq!(verdict(authority, name, "localhost"), accepted, "{name}");
    }
    assert_eq!(verdict(Some("self_signed.pem"), "self_signed.pem", "localhost"), accepted);
    assert_eq!(verdict(Some("localhost.pem"), "localhost.pem", "localhost"), accepted);
    let expired = refused(10, "certificate has expired", "SSLV3_ALERT_CERTIFICATE_EXPIRED");
    assert_eq!(verdict(authority, "expired.pem", "localhost"), expired);
    assert_eq!(verdict(Some("expired.pem"), "expired.pem", "localhost"), expired);
    let future = refused(9, "certificate is not yet valid", "SSLV3_ALERT_BAD_CERTIFICATE");
    assert_eq!(verdict(authority, "future.pem", "localhost"), future);
    let alone = refused(18, "self-signed certificate", "TLSV1_ALERT_UNKNOWN_CA");
    assert_eq!(verdict(authority, "self_signed.pem", "localhost"), alone);
    let unknown = refused(20, "unable to get local issuer certificate", "TLSV1_ALERT_UNKNOWN_CA");
    for name in ["localhost.pem", "chain.pem", "expired.pem"] {
        assert_eq!(verdict(None, name, "localhost"), unknown, "{name}");
    }
    assert_eq!(verdict(Some("self_signed.pem"), "localhost.pem", "localhost"), unknown);
    let purpose = refused(26, "unsuitable certificate purpose", "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE");
    assert_eq!(verdict(authority, "client.pem", "client.example"), purpose);
    assert_eq!(verdict(Some("client.pem"), "client.pem", "client.example"), purpose);
}

#[test]
fn certificates_are_for_names() {
    let refused = |code: u32, what: &str, host: &str| {
        let message = format!("{what} mismatch, certificate is not valid for '{host}'.");
        (code, message, "SSLV3_ALERT_BAD_CERTIFICATE")
    };
    let table = [
        ("localhost.pem", "LOCALHOST", 0),
        ("localhost.pem", "127.0.0.1", 0),
        ("localhost.pem", "::1", 0),
        ("localhost.pem", "127.0.0.2", 64),
        ("localhost.pem", "other.example", 62),
        ("expired.pem", "other.example", 62),
        ("other_name.pem", "other.example", 0),
        ("other_name.pem", "a.wild.example", 0),
        ("other_name.pem", "wild.example", 62),
        ("other_name.pem", "a.b.wild.example", 62),
        ("common_name.pem", "127.0.0.1", 64),
        ("common_name.pem", "host", 62),
    ];
    for (certificate, host, code) in table {
        let expected = match code {
            0 => (0, String::new(), ""),
            62 => refused(62, "Hostname", host),
            _ => refused(64, "IP address", host),
        };
        assert_eq!(verdict(Some("authority.pem"), certificate, host), expected, "{certificate} {host}");
    }
}

#[test]
fn verification_can_be_turned_off() {
    let lenient = Settings { verify: Verify::None, checks_host_name: false, ..client(None) };
    let pair = Pair::new(lenient, server("self_signed.pem", "server.key"), "other.example").connected();
    assert_eq!(pair.client.peer_certificates().len(), 1);
    let any_name = Settings { checks_host_name: false, ..client(Some("authority.pem")) };
    let pair = Pair::new(any_name, server("chain.pem", "server.key"), "other.example").connected();
    assert_eq!((pair.client.peer_certificates().len(), pair.client.verified_chain().len()), (2, 3));
    let no_common_name = Settings { checks_common_name: false, ..client(Some("authority.pem")) };
    let (result, _) = Pair::new(no_common_name, server("common_name.pem", "server.key"), "localhost").shake();
    assert!(words(result).ends_with("Hostname mismatch, certificate is not valid for 'localhost'."));
}

#[test]
fn clients_show_certificates() {
    let asking = |verify| {
        let mut settings = Settings { verify, ..server("localhost.pem", "server.key") };
        settings.trust.add_file(&path("authority.pem")).expect("the file is in the repository");
        settings
    };
    let showing = |certificate| {
        let mut settings = client(Some("authority.pem"));
        settings.identities.load(&path(certificate), &path("server.key")).expect("the files are in the repository");
        settings
    };
    let pair = Pair::new(showing("client.pem"), asking(Verify::Required), "localhost").connected();
    let shown = Certificate::parse(&pair.server.peer_certificates()[0]).expect("it is a certificate");
    assert_eq!(shown.common_names().collect::<Vec<_>>(), ["A Client"]);
    let pair = Pair::new(client(Some("authority.pem")), asking(Verify::Optional), "localhost").connected();
    assert!(pair.server.peer_certificates().is_empty());
    let mut pair = Pair::new(client(Some("authority.pem")), asking(Verify::Required), "localhost");
    let (of_client, of_server) = pair.shake();
    assert_eq!(of_client, Ok(Progress::Done));
    assert_eq!(words(of_server), "[SSL: PEER_DID_NOT_RETURN_A_CERTIFICATE] peer did not return a certificate");
    let error = pair.client.read(1).expect_err("the server has refused");
    assert_eq!(error.reason, Some("TLSV13_ALERT_CERTIFICATE_REQUIRED"));
    let (_, of_server) = Pair::new(showing("self_signed.pem"), asking(Verify::Optional), "localhost").shake();
    assert!(words(of_server).ends_with("certificate verify failed: self-signed certificate"));
}

#[test]
fn application_protocols_are_chosen_by_the_server() {
    let agreed = |offered: &[&[u8]], known: &[&[u8]]| {
        let own = |names: &[&[u8]]| names.iter().map(|name| name.to_vec()).collect();
        let client = Settings { protocols: own(offered), ..client(Some("authority.pem")) };
        let server = Settings { protocols: own(known), ..server("localhost.pem", "server.key") };
        let pair = Pair::new(client, server, "localhost").connected();
        assert_eq!(pair.client.protocol(), pair.server.protocol());
        pair.client.protocol().map(|name| name.to_vec())
    };
    assert_eq!(agreed(&[b"h2", b"http/1.1"], &[b"http/1.1", b"h2"]), Some(b"http/1.1".to_vec()));
    assert_eq!(agreed(&[b"a"], &[b"b"]), None);
    assert_eq!(agreed(&[b"a"], &[]), None);
    assert_eq!(agreed(&[], &[b"a"]), None);
}

#[test]
fn servers_look_at_what_clients_want() {
    let mut pair = Pair::new(client(Some("authority.pem")), Settings::default(), "other.example");
    pair.server.ask_about_hello();
    let _ = pair.client.handshake();
    pair.exchange();
    assert_eq!(pair.server.handshake(), Ok(Progress::Hello));
    assert_eq!(pair.server.wanted_name(), Some("other.example"));
    pair.server.use_settings(Arc::new(server("other_name.pem", "server.key")));
    assert_eq!(pair.shake(), DONE);
    let mut pair = Pair::plain("localhost.pem");
    pair.server.ask_about_hello();
    let _ = pair.client.handshake();
    pair.exchange();
    assert_eq!(pair.server.handshake(), Ok(Progress::Hello));
    pair.server.refuse(112, "CALLBACK_FAILED");
    assert_eq!(words(pair.shake().0), "[SSL: TLSV1_UNRECOGNIZED_NAME] tlsv1 unrecognized name");
}

#[test]
fn peers_that_talk_something_else_are_found_out() {
    let cases: [(&[u8], &str, &str); 6] = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "WRONG_VERSION_NUMBER", "WRONG_VERSION_NUMBER"),
        (b"GET / HTTP/1.1\r\n\r\n", "WRONG_VERSION_NUMBER", "HTTP_REQUEST"),
        (b"CONNECT a:1", "WRONG_VERSION_NUMBER", "HTTPS_PROXY_REQUEST"),
        (b"220 ready", "WRONG_VERSION_NUMBER", "WRONG_VERSION_NUMBER"),
        (b"\x17\x03\x03\x00\x02ab", "UNEXPECTED_MESSAGE", "UNEXPECTED_MESSAGE"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "SSLV3_ALERT_HANDSHAKE_FAILURE", "UNEXPECTED_MESSAGE"),
    ];
    for (bytes, to_client, to_server) in cases {
        let mut pair = Pair::plain("localhost.pem");
        pair.client.feed(bytes);
        pair.server.feed(bytes);
        let reason = |result: Result<Progress, Error>| result.expect_err("it is no TLS").reason;
        assert_eq!(reason(pair.client.handshake()), Some(to_client), "{bytes:?}");
        assert_eq!(reason(pair.server.handshake()), Some(to_server), "{bytes:?}");
        assert_eq!(reason(pair.server.handshake()), Some(to_server), "{bytes:?} again");
    }
}

#[test]
fn changed_bytes_are_noticed() {
    let mut pair = Pair::plain("localhost.pem").connected();
    pair.client.write(b"hello").expect("connected");
    let mut bytes = pair.client.take_output();
    bytes[10] ^= 1;
    pair.server.feed(&bytes);
    let error = pair.server.read(10).expect_err("they are not what was sent");
    assert_eq!(error.reason, Some("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"));
    pair.exchange();
    let heard = pair.client.read(10).expect_err("the server has said so");
    assert_eq!(heard.reason, Some("SSLV3_ALERT_BAD_RECORD_MAC"));
}

#[test]
fn an_end_without_a_word_is_an_error() {
    let mut pair = Pair::plain("localhost.pem");
    pair.server.feed_end();
    let error = pair.server.handshake().expect_err("nothing will come");
    assert_eq!(error, Error::unexpected_end());
    let mut pair = Pair::plain("localhost.pem").connected();
    pair.client.write(b"last").expect("connected");
    pair.exchange();
    pair.server.feed_end();
    assert_eq!(pair.server.read(10), Ok(Read::Data(b"last".to_vec())));
    assert_eq!(pair.server.read(10), Err(Error::unexpected_end()));
    let lenient = Settings { ignores_unexpected_end: true, ..client(Some("authority.pem")) };
    let mut pair = Pair::new(lenient, server("localhost.pem", "server.key"), "localhost").connected();
    pair.client.feed_end();
    assert_eq!(pair.client.read(10), Ok(Read::Closed));
}

#[test]
fn sides_close_one_after_the_other() {
    let mut pair = Pair::plain("localhost.pem").connected();
    assert_eq!(pair.client.close(), Ok(Progress::WantsInput));
    assert_eq!(pair.client.write(b"x").expect_err("closed").reason, Some("PROTOCOL_IS_SHUTDOWN"));
    pair.exchange();
    assert_eq!(pair.server.read(10), Ok(Read::Closed));
    assert_eq!(pair.server.write(b"more"), Ok(Progress::Done));
    assert_eq!(pair.server.close(), Ok(Progress::Done));
    pair.exchange();
    let error = pair.client.close().expect_err("there is data before the end");
    assert_eq!(error.reason, Some("APPLICATION_DATA_AFTER_CLOSE_NOTIFY"));
    assert_eq!(pair.client.read(10), Ok(Read::Data(b"more".to_vec())));
    assert_eq!(pair.client.close(), Ok(Progress::Done));
    assert_eq!(pair.client.read(10), Ok(Read::Closed));
    let early = Pair::plain("localhost.pem").client.close().expect_err("not connected");
    assert_eq!(early.reason, Some("SHUTDOWN_WHILE_IN_INIT"));
}

#[test]
fn files_are_what_they_should_be() {
    let load = |chain: &str, key: &str| match Identities::default().load(&path(chain), &path(key)) {
        Ok(()) => String::new(),
        Err(LoadError::File(error)) => format!("{:?}", error.kind()),
        Err(LoadError::Content(error)) => error.to_string(),
    };
    for key in ["server.key", "server_sec1.key"] {
        assert_eq!(load("localhost.pem", key), "");
    }
    assert_eq!(load("nothing", "server.key"), "NotFound");
    assert_eq!(load("localhost.pem", "nothing"), "NotFound");
    assert_eq!(load("make.sh", "server.key"), "[SSL] PEM lib");
    assert_eq!(load("localhost.pem", "localhost.pem"), "[SSL] PEM lib");
    assert_eq!(load("localhost.pem", "rsa.key"), "[X509: KEY_VALUES_MISMATCH] key values mismatch");
    assert!(load("localhost.pem", "encrypted.key").starts_with("[SSL] PEM lib: private keys with a password"));
    let mut trust = Trust::default();
    assert!(matches!(trust.add_file(&path("make.sh")), Err(LoadError::Content(_))));
    assert!(matches!(trust.add_file(&path("nothing")), Err(LoadError::File(_))));
    trust.add_folder(&path("")).expect("no file there has the name of a hash");
    assert_eq!(trust.counts(), (0, 0));
    trust.add_file(&path("chain.pem")).expect("there are two");
    trust.add_file(&path("chain.pem")).expect("they are known");
    assert_eq!(trust.counts(), (2, 1));
    assert!(trust.add_encoded(b"ab").is_err() && trust.add_text(b"ab").is_err());
}

#[test]
fn certificates_are_read() {
    let text = std::fs::read(path("localhost.pem")).expect("the file is in the repository");
    let bytes = &pem::certificates(&text).expect("it is well formed")[0];
    let certificate = Certificate::parse(bytes).expect("it is a certificate");
    let subject: Vec<String> =
        certificate.subject.iter().flatten().map(|(name, text)| format!("{name}={text}")).collect();
    assert_eq!(subject, ["countryName=XX", "organizationName=Tests", "commonName=localhost"]);
    assert_eq!((certificate.version, certificate.is_authority, certificate.is_self_issued), (3, false, false));
    assert_eq!(certificate.not_before.to_string(), "Jan  1 00:00:00 2000 GMT");
    assert_eq!(certificate.not_before.seconds(), 946_684_800);
    assert_eq!(certificate.not_after.to_string(), "Dec 31 23:59:59 2199 GMT");
    assert_eq!(certificate.not_after.seconds(), 7_258_118_399);
    assert_eq!(certificate.alternative_names[0], AlternativeName::Dns("localhost".into()));
    let AlternativeName::Address(address) = &certificate.alternative_names[2] else { panic!("no address") };
    assert_eq!(address_text(address), "0:0:0:0:0:0:0:1");
    assert_eq!(certificate.crl_points, ["http://authority.example/revoked.crl"]);
    // Whatever is cut off or changed, reading it ends.
    for end in 0..bytes.len() {
        let _ = Certificate::parse(&bytes[..end]);
        let mut changed = bytes.to_vec();
        changed[end] ^= 0x55;
        let _ = Certificate::parse(&changed);
    }
}

#[test]
fn lists_choose_ciphers() {
    let names = |list: &str| -> Vec<&str> {
        let chosen = cipher::choose(list).unwrap_or_default();
        chosen.into_iter().filter(|cipher| !cipher.is_fixed()).map(|cipher| cipher.name).collect()
    };
    assert_eq!(names("DEFAULT").len(), 6);
    assert_eq!(names("HIGH:!aNULL:!eNULL").len(), 6);
    assert_eq!(names("ECDHE+AESGCM:!aRSA"), ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"]);
    let first_last = names("ECDHE-RSA-AES128-GCM-SHA256:AES256+ECDSA:+aRSA@SECLEVEL=2");
    assert_eq!(first_last, ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"]);
    assert!(names("ALL:-AES:AES128+ECDSA:!CHACHA20") == ["ECDHE-ECDSA-AES128-GCM-SHA256"]);
    for none in ["", "nonsense", "RC4", "ALL:!ALL", "TLS_AES_256_GCM_SHA384"] {
        assert!(cipher::choose(none).is_none(), "{none}");
    }
}
