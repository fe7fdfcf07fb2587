//! All certificates of a node of a cluster, where kubeadm and the kubelet keep them: what ends, what was issued by another
//! authority than the cluster's, and which private keys are of another certificate.

use crate::fact::{Fact, Origin, Reason, ReasonCode, State, Value};
use crate::host::{Files, HostPath};
use crate::pki::certificate::{Certificate, date};
use crate::pki::key_pair;
use crate::subsystem::Subsystems;
use crate::subsystem::node::certificate::{self, Found, NotFound, authorities_in, seconds_left};

const DAY: i64 = 86_400;
const CLUSTER: &str = "/etc/kubernetes/pki/ca.crt";

/// How a certificate is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// By kubeadm, or by hand.
    Kept,
    /// The kubelet renews it by itself, when 70 to 90 % of its life are over (`jitteryDuration` of client-go).
    Renewed,
    /// The kubelet shows it to API servers, which don't check it unless they are told to
    /// (`--kubelet-certificate-authority`).
    Served,
    /// A file of a program that connects to the API server.
    Kubeconfig,
}

/// The places, those of one directory together.
const PLACES: &[(&str, Kind)] = &[
    ("/etc/kubernetes/pki/apiserver.crt", Kind::Kept),
    ("/etc/kubernetes/pki/apiserver-etcd-client.crt", Kind::Kept),
    ("/etc/kubernetes/pki/apiserver-kubelet-client.crt", Kind::Kept),
    (CLUSTER, Kind::Kept),
    ("/etc/kubernetes/pki/front-proxy-ca.crt", Kind::Kept),
    ("/etc/kubernetes/pki/front-proxy-client.crt", Kind::Kept),
    ("/etc/kubernetes/pki/etcd/ca.crt", Kind::Kept),
    ("/etc/kubernetes/pki/etcd/healthcheck-client.crt", Kind::Kept),
    ("/etc/kubernetes/pki/etcd/peer.crt", Kind::Kept),
    ("/etc/kubernetes/pki/etcd/server.crt", Kind::Kept),
    ("/etc/kubernetes/admin.conf", Kind::Kubeconfig),
    ("/etc/kubernetes/controller-manager.conf", Kind::Kubeconfig),
    ("/etc/kubernetes/kubelet.conf", Kind::Kubeconfig),
    ("/etc/kubernetes/scheduler.conf", Kind::Kubeconfig),
    ("/etc/kubernetes/super-admin.conf", Kind::Kubeconfig),
    ("/var/lib/kubelet/pki/kubelet-client-current.pem", Kind::Renewed),
    ("/var/lib/kubelet/pki/kubelet-server-current.pem", Kind::Served),
    ("/var/lib/kubelet/pki/kubelet.crt", Kind::Served),
];

/// One certificate that is there.
struct Held {
    place: Origin,
    /// What it is, beside its place.
    what: String,
    kind: Kind,
    certificate: Certificate,
}

/// What was found in all places.
struct All {
    held: Vec<Held>,
    /// Certificates and authorities that don't belong together.
    foreign: Vec<(Origin, String)>,
    /// Files that are there and hold no certificate, and kubeconfigs that name one which isn't there.
    unusable: Vec<(Origin, String)>,
    /// The first place that could not be looked at.
    gap: Option<Reason>,
}

/// Those that are over; a certificate that the kubelet serves is no error of the node's.
pub fn expired(subsystems: &Subsystems<'_>) -> Fact {
    dated(subsystems, |held, now| {
        let is_over = held.kind != Kind::Served && seconds_left(&held.certificate, now) < 0;
        is_over.then(|| format!("{} ended {}", held.what, date(held.certificate.not_after)))
    })
}

/// Those that are not valid yet.
pub fn early(subsystems: &Subsystems<'_>) -> Fact {
    dated(subsystems, |held, now| {
        let is_early = held.certificate.not_before > now;
        is_early.then(|| format!("{} begins {}", held.what, date(held.certificate.not_before)))
    })
}

/// Those that are over within some days, or are already; a certificate of a short life only near its end.
pub fn ending(subsystems: &Subsystems<'_>, days: u32) -> Fact {
    dated(subsystems, |held, now| {
        let certificate = &held.certificate;
        let life =
            i64::try_from(certificate.not_after.saturating_sub(certificate.not_before)).unwrap_or(i64::MAX);
        // What the kubelet has not renewed with a tenth of its life to go, it will not.
        let share = if held.kind == Kind::Renewed { life / 10 } else { life / 3 };
        let left = seconds_left(certificate, now);
        let is_near = left < share.min(i64::from(days) * DAY);
        let word = if left < 0 { "ended" } else { "ends" };
        is_near.then(|| format!("{} {word} {}", held.what, date(certificate.not_after)))
    })
}

/// Those that another authority issued than the one at hand, and kubeconfigs that trust another one than the cluster's.
pub fn foreign(subsystems: &Subsystems<'_>) -> Fact {
    let all = all(subsystems);
    let found = all.foreign.clone();
    answer(all, found)
}

/// Files that should hold a certificate and hold none.
pub fn unusable(subsystems: &Subsystems<'_>) -> Fact {
    let all = all(subsystems);
    let found = all.unusable.clone();
    answer(all, found)
}

/// Those whose private key is another's: a program that shows such a certificate ends when it starts. A key that isn't there is
/// no mistake: an authority's may be kept elsewhere.
pub fn mismatched(subsystems: &Subsystems<'_>) -> Fact {
    let files = subsystems.host().files();
    let (mut found, mut places, mut gap) = (Vec::new(), Vec::new(), None::<Reason>);
    let own = PLACES.iter().filter(|(_, kind)| *kind != Kind::Kubeconfig);
    for (path, _) in own {
        let key_path =
            path.strip_suffix(".crt").map_or_else(|| (*path).to_owned(), |name| format!("{name}.key"));
        let mut read = |path: &str| {
            let text = files.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            text.found().unwrap_or_else(|error| {
                gap.get_or_insert(error.into());
                None
            })
        };
        let (Some(certificate), Some(key)) = (read(path), read(&key_path)) else { continue };
        let place = Origin::file(HostPath::new(&key_path));
        match key_pair::is_of(&key, &certificate) {
            Ok(true) => places.push(place),
            Ok(false) => found.push((place, format!("{key_path} isn't the key of {path}"))),
            Err(reason) => {
                let files = if key_path == *path { key_path } else { format!("{path} and {key_path}") };
                gap.get_or_insert(format!("{files}: {reason}").into());
            }
        }
    }
    match gap {
        Some(reason) if found.is_empty() => Fact::unknown(reason),
        None if found.is_empty() => Fact::new(State::Known(Value::List(Vec::new()))).because_all(places),
        _ => Fact::findings(found),
    }
}

/// Those of which the clock makes something worth telling.
fn dated(subsystems: &Subsystems<'_>, tell: impl Fn(&Held, u64) -> Option<String>) -> Fact {
    let all = all(subsystems);
    if all.held.is_empty() {
        return answer(all, Vec::new());
    }
    let Some(running) = subsystems.host().running() else {
        return Fact::unknown(Reason::new(ReasonCode::NotRunning, "no clock is running here"));
    };
    let now = match running.time().required() {
        Ok(now) => now,
        Err(error) => return Fact::unknown(error),
    };
    let found = all.held.iter().filter_map(|held| Some((held.place.clone(), tell(held, now)?))).collect();
    answer(all, found)
}

/// What was found is bad enough without the rest; that nothing was found is known only if all could be read.
fn answer(all: All, found: Vec<(Origin, String)>) -> Fact {
    match (all.gap, found.is_empty()) {
        (Some(reason), true) => Fact::unknown(reason),
        (None, true) => {
            let places = all.held.into_iter().map(|held| held.place);
            Fact::new(State::Known(Value::List(Vec::new()))).because_all(places)
        }
        (_, false) => Fact::findings(found),
    }
}

fn all(subsystems: &Subsystems<'_>) -> All {
    let files = subsystems.host().files();
    let mut all = All { held: Vec::new(), foreign: Vec::new(), unusable: Vec::new(), gap: None };
    let cluster = authorities_in(files, &HostPath::new(CLUSTER)).unwrap_or_else(|error| {
        all.gap = Some(error.into());
        Vec::new()
    });
    for (path, kind) in PLACES {
        match certificate::find(files, path) {
            Ok(found) if found.chain.is_empty() && *kind != Kind::Kubeconfig => {
                all.unusable
                    .push((Origin::file(HostPath::new(path)), format!("{path} holds no certificate")));
            }
            Ok(found) => all.take(files, path, *kind, found, &cluster),
            Err(NotFound::Unknown(reason)) => {
                all.gap.get_or_insert(reason);
            }
            Err(NotFound::Broken(reason)) => {
                all.unusable.push((Origin::file(HostPath::new(path)), reason.to_string()));
            }
            Err(NotFound::Missing(place)) if place.path != HostPath::new(path).to_string() => {
                let what = format!("{path}: its client certificate {} isn't there", place.path);
                all.unusable.push((Origin::file(HostPath::new(path)), what));
            }
            Err(NotFound::Missing(_)) => {}
        }
    }
    all
}

impl All {
    fn take(
        &mut self,
        files: &Files,
        path: &str,
        kind: Kind,
        found: Found,
        cluster: &[(Origin, Certificate)],
    ) {
        let place = Origin::file(HostPath::new(path));
        if let Some(reason) = found.hidden {
            self.gap.get_or_insert(reason);
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let trusted: Vec<&Certificate> = found.authorities.iter().map(|(_, authority)| authority).collect();
        let is_strange =
            |authority: &&Certificate| !cluster.iter().any(|(_, known)| known.is_of_holder(authority));
        if !cluster.is_empty() && !trusted.is_empty() && trusted.iter().all(is_strange) {
            self.foreign.push((place.clone(), format!("{name} trusts another authority than {CLUSTER}")));
        }
        // Of several authorities, one that is over is only a rest of a change.
        let lasting = trusted.iter().max_by_key(|authority| authority.not_after);
        self.held.extend(lasting.filter(|_| kind == Kind::Kubeconfig).map(|authority| Held {
            place: place.clone(),
            what: format!("the authority in {name}"),
            kind: Kind::Kept,
            certificate: (*authority).clone(),
        }));
        // A certificate in a file of its own stands in the table by itself.
        let is_elsewhere = kind == Kind::Kubeconfig
            && found
                .because
                .iter()
                .any(|origin| PLACES.iter().any(|(other, _)| *other != path && origin.path == *other));
        let Some(first) = found.chain.first().filter(|_| !is_elsewhere) else { return };
        // Any signer may serve what nobody checks.
        let issuer = certificate::issuer(files, path, &found.chain, found.authorities);
        if let (Ok((Some(authority), false)), true) = (issuer, kind != Kind::Served) {
            self.foreign.push((place.clone(), format!("{name} was not issued by {}", authority.path)));
        }
        self.held.push(Held { place, what: name.to_owned(), kind, certificate: first.clone() });
    }
}
