//! Files that the configuration names and that the kubelet can't start without: the CA of its clients, its own certificate
//! and key (`InitializeTLS` and `BuildAuth` in cmd/kubelet/app).

use super::{Kubelet, Subsystems};
use crate::fact::{Fact, Origin, State, Value};
use crate::host::Read;
use crate::pki::{certificate, key_pair};

/// What a file must hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Certificates,
    Key,
}

/// Files that aren't there, or that hold something else, each with the place that names it.
pub(super) fn errors(kubelet: &Kubelet, subsystems: &Subsystems<'_>) -> Fact {
    if !kubelet.is_configured() {
        return Fact::findings(Vec::new());
    }
    let named = |field: &'static str, holds: Holds| match kubelet.field(field) {
        Fact { state: State::Known(Value::Text(path)), because, .. } if !path.is_empty() => {
            Some((field, holds, path, because.into_iter().next().unwrap_or_default()))
        }
        _ => None,
    };
    let authority = named("authentication.x509.clientCAFile", Holds::Certificates);
    // One alone: the kubelet serves nothing and goes on.
    let pair = named("tlsCertFile", Holds::Certificates).zip(named("tlsPrivateKeyFile", Holds::Key));
    let files =
        authority.into_iter().chain(pair.into_iter().flat_map(|(certificate, key)| [certificate, key]));
    let (mut found, mut hidden) = (Vec::<(Origin, String)>::new(), None::<String>);
    let mut own = Vec::new();
    for (field, holds, path, place) in files {
        match subsystems.host().files().read(&path) {
            Read::There(content) => match wrong(&content, holds) {
                Some(wrong) => found.push((place, format!("{field}: {path} {wrong}"))),
                None if field.starts_with("tls") => own.push((place, path, content)),
                None => {}
            },
            Read::Missing(_) => found.push((place, format!("{field}: {path} does not exist"))),
            Read::Hidden(error) => hidden = hidden.or(Some(error.to_string())),
        }
    }
    if let [(_, _, certificate), (place, path, key)] = own.as_slice() {
        match key_pair::is_of(&String::from_utf8_lossy(key), &String::from_utf8_lossy(certificate)) {
            Ok(true) => {}
            Ok(false) => {
                let what = format!("tlsPrivateKeyFile: {path} isn't the key of tlsCertFile");
                found.push((place.clone(), what));
            }
            Err(reason) => hidden = hidden.or(Some(format!("{path}: {reason}"))),
        }
    }
    match hidden {
        Some(reason) if found.is_empty() => Fact::unknown(reason),
        _ => Fact::findings(found),
    }
}

fn wrong(content: &[u8], holds: Holds) -> Option<&'static str> {
    let text = String::from_utf8_lossy(content);
    match holds {
        Holds::Certificates => {
            // What can't be parsed is no certificate to the kubelet, either.
            let has_one = certificate::parse(&text).is_ok_and(|certificates| !certificates.is_empty());
            (!has_one).then_some("holds no certificate")
        }
        Holds::Key => (!key_pair::has_private_key(&text)).then_some("holds no private key"),
    }
}
