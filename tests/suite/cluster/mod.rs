//! A cluster to join, as far as newcomers see it: its CA, the certificate of its API server, and its cluster-info, made
//! anew for each run of the tests; right, and wrong in every way. Signatures and hashes are made here by hand, so that
//! nothing is shared with the program.

pub mod server;

use std::sync::OnceLock;
use std::time::Duration;

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use node_preflight::fact::{Fact, Moment};
use node_preflight::host::Host;
use node_preflight::host::https::{Reached, Request, Unreached};
use node_preflight::kubeadm::Kubeadm;
use node_preflight::probe;
use node_preflight::subsystem::Subsystems;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    PublicKeyData as _, date_time_ymd,
};
use ring::{digest, hmac};

use crate::tree::{attribute, text};

/// Nobody who answers takes so long.
pub const LONG: Duration = Duration::from_secs(60);
pub const TOKEN: &str = "abcdef.0123456789abcdef";
/// The names in the certificate of the API server.
pub const NAMES: [&str; 4] = ["kubernetes", "k8s.example.com", "10.0.0.1", "127.0.0.1"];

pub type Authority = CertifiedIssuer<'static, KeyPair>;

/// Two CAs of one name, as kubeadm makes them: of the cluster, and of another.
pub fn authorities() -> &'static [Authority; 2] {
    static MADE: OnceLock<[Authority; 2]> = OnceLock::new();
    MADE.get_or_init(|| {
        [(); 2].map(|()| {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, "kubernetes");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2090, 1, 1);
            CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
        })
    })
}

/// The hash of the cluster's CA, as kubeadm prints it.
pub fn hash() -> String {
    hash_of(&authorities()[0])
}

pub fn hash_of(authority: &Authority) -> String {
    let digest = digest::digest(&digest::SHA256, &authority.key().subject_public_key_info());
    let digits: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", digits.concat())
}

/// A server's certificate, and its key.
pub struct Identity {
    pub der: Vec<u8>,
    pub key: Vec<u8>,
}

impl Identity {
    /// For these names, from a first to a last year.
    pub fn new(issuer: &Authority, names: &[&str], years: [i32; 2]) -> Self {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = date_time_ymd(years[0], 1, 1);
        params.not_after = date_time_ymd(years[1], 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, issuer).unwrap();
        Identity { der: certificate.der().to_vec(), key: key.serialize_der() }
    }

    /// That of the cluster's API server.
    pub fn right() -> Self {
        Identity::new(&authorities()[0], &NAMES, [2020, 2090])
    }
}

/// The kubeconfig that cluster-info tells, with a CA.
fn kubeconfig(authority: &Authority) -> String {
    let der = Base64::encode_string(authority.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
    let ca = Base64::encode_string(pem.as_bytes());
    format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {ca}\n    \
         server: https://k8s.example.com:6443\n  name: \"\"\ncontexts: null\ncurrent-context: \"\"\nkind: Config\n\
         preferences: {{}}\nusers: null\n"
    )
}

/// A signature as the controller `bootstrapsigner` makes it, with the key filled up to 32 bytes.
fn signature(content: &str, token: &str) -> String {
    let (id, secret) = token.split_once('.').unwrap();
    let mut key = [0; 32];
    key[..secret.len()].copy_from_slice(secret.as_bytes());
    let encode = |text: &[u8]| Base64UrlUnpadded::encode_string(text);
    let header = encode(format!("{{\"alg\":\"HS256\",\"kid\":\"{id}\"}}").as_bytes());
    let signed = format!("{header}.{}", encode(content.as_bytes()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
    format!("{header}..{}", encode(tag.as_ref()))
}

/// The ConfigMap cluster-info of a cluster with a CA and tokens.
pub fn cluster_info(authority: &Authority, tokens: &[&str]) -> String {
    let kubeconfig = kubeconfig(authority);
    let mut data = serde_json::Map::new();
    for token in tokens {
        let id = token.split_once('.').unwrap().0;
        data.insert(format!("jws-kubeconfig-{id}"), signature(&kubeconfig, token).into());
    }
    data.insert("kubeconfig".into(), kubeconfig.into());
    serde_json::json!({
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": { "name": "cluster-info", "namespace": "kube-public" },
        "data": data,
    })
    .to_string()
}

/// What an API server answers at k8s.example.com:6443, as a recording keeps it.
pub fn recorded(name: &str) -> String {
    let [own, other] = authorities();
    let right = || cluster_info(own, &[TOKEN]);
    let (identity, body) = match name {
        "right" => (Identity::right(), right()),
        "other-cluster" => (Identity::new(other, &NAMES, [2020, 2090]), cluster_info(other, &[TOKEN])),
        "other-everything" => (
            Identity::new(other, &["kubernetes"], [2020, 2021]),
            cluster_info(other, &["ghijkl.0123456789abcdef"]),
        ),
        "other-tokens" => (Identity::right(), cluster_info(own, &["ghijkl.0123456789abcdef"])),
        "other-secret" => (Identity::right(), cluster_info(own, &["abcdef.fedcba9876543210"])),
        "other-name" => (Identity::new(own, &["kubernetes", "10.0.0.9"], [2020, 2090]), right()),
        "other-authority" => (Identity::new(other, &NAMES, [2020, 2090]), right()),
        "expired" => (Identity::new(own, &NAMES, [2020, 2021]), right()),
        "early" => (Identity::new(own, &NAMES, [2080, 2090]), right()),
        "no-ca" => {
            (Identity::right(), right().replace("certificate-authority-data", "certificate-authority"))
        }
        other => panic!("no cluster {other}"),
    };
    let certificates = Base64::encode_string(&identity.der);
    format!(
        "\n[servers.\"k8s.example.com:6443\"]\naddress = \"10.0.0.1\"\ncertificates = [\"{certificates}\"]\n\
         page = {{ status = 200, body = '''{body}''' }}\n"
    )
}

/// What this host finds at a port of its own, given a token and a hash: the facts of `api-server`, `cluster-ca`,
/// `join-token` and `api-server-certificate`.
pub fn facts(port: u16, token: &str, hash: &str) -> [Fact; 4] {
    let command =
        format!("kubeadm join 127.0.0.1:{port} --token {token} --discovery-token-ca-cert-hash {hash}");
    let kubeadm = Kubeadm::join_command(&command).unwrap();
    // Nobody who answers takes so long.
    let host = Host::live_within(LONG).unwrap();
    let subsystems = Subsystems::of(&host).with_kubeadm(Some(&kubeadm));
    let endpoint = format!("127.0.0.1:{port}");
    ["api-server", "cluster-ca", "join-token", "api-server-certificate"].map(|name| {
        let probe = probe::find(name).unwrap();
        (probe.ask)(&subsystems, &probe.key.parse(Some(&endpoint)).unwrap(), Moment::Now)
    })
}

/// `CLUSTER-INFO PINNED TOKEN TRUST VALIDITY`, in a word each.
pub fn words([server, ca, token, certificate]: &[Fact; 4]) -> String {
    let words = [
        attribute(server, "cluster-info"),
        attribute(ca, "pinned"),
        text(token),
        attribute(certificate, "trust"),
        attribute(certificate, "validity"),
    ];
    words.map(|word| word.split(": ").next().unwrap().to_owned()).join(" ")
}

/// What the first place of a fact says.
pub fn says(fact: &Fact) -> &str {
    fact.because[0].says.as_deref().unwrap_or_default()
}

/// A server that answers rightly, but for what it tells.
pub fn tells(body: &str) -> u16 {
    server::start(server::Peer::Tls(Identity::right(), server::page("200 OK", body)))
}

/// Asks a port of the loopback interface as a live host does.
pub fn ask(port: u16, within: Duration) -> Result<Reached, Unreached> {
    let host = Host::live_within(within).unwrap();
    let target = "/api/v1/namespaces/kube-public/configmaps/cluster-info";
    host.running().unwrap().https(Request { host: "127.0.0.1", port, target, limit: 1 << 20 })
}
