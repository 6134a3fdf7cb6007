//! `--connect-to HOST:PORT:ADDR:PORT`: where connections go instead of where the program wants them to go.

use std::str::FromStr;

use rustc_hash::FxHashMap;

/// One such rule. What is empty in its text is None: any host or port before, the same as was asked for behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    host: Option<String>,
    port: Option<u16>,
    new_host: Option<String>,
    new_port: Option<u16>,
}

impl FromStr for Redirect {
    type Err = String;

    fn from_str(text: &str) -> Result<Redirect, String> {
        let wrong = || format!("'{text}' is not of the form HOST:PORT:ADDR:PORT");
        let (host, rest) = split_host(text).ok_or_else(wrong)?;
        let (port, rest) = rest.split_once(':').ok_or_else(wrong)?;
        let (new_host, new_port) = split_host(rest).ok_or_else(wrong)?;
        let port_of = |text: &str| match text {
            "" => Ok(None),
            _ => text.parse().map(Some).map_err(|_| wrong()),
        };
        let host_of = |text: &str| (!text.is_empty()).then(|| text.to_string());
        Ok(Redirect {
            host: host_of(host),
            port: port_of(port)?,
            new_host: host_of(new_host),
            new_port: port_of(new_port)?,
        })
    }
}

/// A host, in brackets if it has colons in it, and what follows the colon behind it.
fn split_host(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('[') {
        Some(rest) => rest.split_once("]:"),
        None => text.split_once(':'),
    }
}

impl Redirect {
    fn is_about(&self, host: &str, port: u16) -> bool {
        self.is_about_host(host) && self.port.is_none_or(|own| own == port)
    }

    fn is_about_host(&self, host: &str) -> bool {
        self.host.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(host))
    }
}

/// The rules, and the names behind addresses that were looked up without a port: a connection to such an address is
/// one to the name.
#[derive(Debug, Default)]
pub struct Redirects {
    rules: Vec<Redirect>,
    names: FxHashMap<String, String>,
}

impl Redirects {
    /// These rules; the first that is about a connection counts.
    pub fn new(rules: Vec<Redirect>) -> Redirects {
        Redirects { rules, names: FxHashMap::default() }
    }

    /// Where a connection to a host and port goes; None: where it is meant to go.
    pub fn target(&self, host: &str, port: u16) -> Option<(String, u16)> {
        let find = |host: &str| self.rules.iter().find(|rule| rule.is_about(host, port));
        let rule = find(host).or_else(|| find(self.names.get(host)?))?;
        Some((rule.new_host.clone().unwrap_or_else(|| host.to_string()), rule.new_port.unwrap_or(port)))
    }

    /// Where a host is looked up whose port is not known yet.
    pub fn host_target(&self, host: &str) -> Option<String> {
        let rule = self.rules.iter().find(|rule| rule.host.is_some() && rule.is_about_host(host))?;
        Some(rule.new_host.clone().unwrap_or_else(|| host.to_string()))
    }

    /// An address was given for a name.
    pub fn remember(&mut self, address: String, name: String) {
        self.names.insert(address, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go(rule: &str, host: &str, port: u16) -> Option<(String, u16)> {
        Redirects::new(vec![rule.parse().expect("the rule is well formed")]).target(host, port)
    }

    #[test]
    fn a_rule_is_about_a_host_and_a_port_or_any() {
        assert_eq!(go("example.org:80:127.0.0.1:8080", "Example.ORG", 80), Some(("127.0.0.1".into(), 8080)));
        assert_eq!(go("example.org:80:127.0.0.1:8080", "example.org", 81), None);
        assert_eq!(go("::[::1]:99", "example.org", 81), Some(("::1".into(), 99)));
        assert_eq!(go("[::1]:80::", "::1", 80), Some(("::1".into(), 80)));
    }

    #[test]
    fn an_address_looked_up_for_a_name_stands_for_it() {
        let rule = "example.org:80:127.0.0.1:8080".parse().expect("the rule is well formed");
        let mut redirects = Redirects::new(vec![rule]);
        assert_eq!(redirects.host_target("example.org"), Some("127.0.0.1".into()));
        assert_eq!(redirects.host_target("example.net"), None);
        redirects.remember("127.0.0.1".into(), "example.org".into());
        assert_eq!(redirects.target("127.0.0.1", 80), Some(("127.0.0.1".into(), 8080)));
        assert_eq!(redirects.target("127.0.0.1", 81), None);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in ["", "a", "a:1", "a:1:b", "a:x:b:2", "a:1:b:99999"] {
            assert!(text.parse::<Redirect>().is_err(), "{text}");
        }
    }
}
