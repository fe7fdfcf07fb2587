//! The config map `cluster-info` in the namespace `kube-public`, which everybody may read: the cluster's CA in a kubeconfig,
//! and a signature of that kubeconfig for every token that is valid (`cmd/kubeadm/app/discovery/token`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::fact::printable;
use crate::host::{HttpResponse, NoResponse};
use crate::parse::document::{Content, Node};
use crate::parse::yaml;
use crate::pki::certificate;

/// Its page; nobody needs credentials for it where kubeadm has made the cluster.
pub(super) const PAGE: &str = "/api/v1/namespaces/kube-public/configmaps/cluster-info";

const SIGNATURE: &str = "jws-kubeconfig-";

/// What the cluster tells newcomers.
#[derive(Debug)]
pub(super) struct ClusterInfo {
    /// The kubeconfig, byte for byte: it is what is signed.
    pub(super) kubeconfig: String,
    /// The certificates of the CA in DER, at least one; or why there are none.
    pub(super) authorities: Result<Vec<Vec<u8>>, String>,
    /// By the public part of a token.
    signatures: BTreeMap<String, String>,
}

impl ClusterInfo {
    /// The signature for a token.
    pub(super) fn signature(&self, token_id: &str) -> Option<&str> {
        self.signatures.get(token_id).map(String::as_str).filter(|signature| !signature.is_empty())
    }
}

/// What becomes of a request for cluster-info.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfoStatus {
    /// The server answers with it.
    Answers,
    /// It ends the connection.
    Closed,
    /// It wants credentials.
    Forbidden,
    /// It has none.
    Missing,
    /// It is no API server.
    NoApiServer,
    /// It can't answer at the moment.
    Unavailable,
}

impl InfoStatus {
    /// The words of the answer.
    pub const NAMES: &[&str] = &["answers", "closed", "forbidden", "missing", "no-api-server", "unavailable"];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            InfoStatus::Answers => "answers",
            InfoStatus::Closed => "closed",
            InfoStatus::Forbidden => "forbidden",
            InfoStatus::Missing => "missing",
            InfoStatus::NoApiServer => "no-api-server",
            InfoStatus::Unavailable => "unavailable",
        }
    }
}

/// Why there is no cluster-info.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// kubeadm would be told the same: what became of the request, and what was said.
    Certain(InfoStatus, String),
    /// Who asks again, waits longer or reads more may be told.
    Unclear(String),
}

#[derive(Deserialize)]
struct ConfigMap {
    kind: String,
    #[serde(default)]
    data: BTreeMap<String, String>,
}

/// Reads what the server answered.
pub(super) fn read(page: &Result<HttpResponse, NoResponse>) -> Result<ClusterInfo, Refusal> {
    use InfoStatus::{Closed, Forbidden, Missing, NoApiServer, Unavailable};
    let certain = |status, text: &str| Err(Refusal::Certain(status, text.to_owned()));
    let page = match page {
        Ok(page) => page,
        Err(silence @ NoResponse::Closed) => return certain(Closed, &silence.to_string()),
        Err(silence @ NoResponse::NotTls) => return certain(NoApiServer, &silence.to_string()),
        Err(silence) => return Err(Refusal::Unclear(silence.to_string())),
    };
    let status = http::StatusCode::from_u16(page.status).map_or(String::new(), |known| known.to_string());
    match page.status {
        200 => {}
        401 | 403 => return certain(Forbidden, &format!("it answers {status} to anonymous requests")),
        404 => {
            return certain(Missing, &format!("it answers {status}: there is no ConfigMap cluster-info"));
        }
        300..=399 => return Err(Refusal::Unclear(format!("it sends us elsewhere ({status}), not followed"))),
        429 | 500..=599 => return certain(Unavailable, &format!("it answers {status}")),
        _ => return certain(NoApiServer, &format!("it answers {status}")),
    }
    let Ok(ConfigMap { kind, mut data }) = serde_json::from_slice(&page.body) else {
        return certain(NoApiServer, "the answer is no object of Kubernetes");
    };
    if kind != "ConfigMap" {
        return certain(NoApiServer, &format!("the answer is a {}, no ConfigMap", printable(&kind)));
    }
    let Some(kubeconfig) = data.remove("kubeconfig").filter(|text| !text.is_empty()) else {
        return certain(Missing, "the ConfigMap cluster-info has no kubeconfig");
    };
    let signatures = data
        .into_iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(SIGNATURE)?.to_owned(), value)))
        .collect();
    Ok(ClusterInfo { authorities: authorities(&kubeconfig), kubeconfig, signatures })
}

/// The CA of the only cluster of a kubeconfig.
fn authorities(kubeconfig: &str) -> Result<Vec<Vec<u8>>, String> {
    let document = yaml::parse(kubeconfig.as_bytes())
        .map_err(|_| "the kubeconfig in cluster-info is no YAML".to_owned())?;
    let Some(Node { content: Content::List(clusters), .. }) = document.at("clusters") else {
        return Err("the kubeconfig in cluster-info has no cluster".into());
    };
    let [cluster] = clusters.as_slice() else {
        return Err(format!("the kubeconfig in cluster-info has {} clusters", clusters.len()));
    };
    let data = cluster.at("cluster.certificate-authority-data").map(|node| &node.content);
    let Some(Content::Text(data)) = data else {
        return Err("the kubeconfig in cluster-info has no CA".into());
    };
    let pem = certificate::decode(data).ok_or("the CA in cluster-info is no base64")?;
    let ders = certificate::ders(&String::from_utf8_lossy(&pem))
        .map_err(|wrong| format!("cluster-info: {wrong}"))?;
    if ders.is_empty() {
        return Err("the CA in cluster-info has no certificate".into());
    }
    Ok(ders)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64ct::{Base64, Encoding as _};
    use proptest::prelude::*;

    use super::*;

    fn page(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, body: body.as_bytes().to_vec() }
    }

    fn word(page: &Result<HttpResponse, NoResponse>) -> &'static str {
        match read(page) {
            Ok(_) => "answers",
            Err(Refusal::Certain(status, _)) => status.name(),
            Err(Refusal::Unclear(_)) => "unclear",
        }
    }

    fn config_map(kubeconfig: &str) -> String {
        serde_json::json!({
            "kind": "ConfigMap",
            "data": { "kubeconfig": kubeconfig, "jws-kubeconfig-abcdef": "x..y", "jws-kubeconfig-ghijkl": "" },
        })
        .to_string()
    }

    #[test]
    fn every_answer_has_its_word() {
        for (status, body, expected) in [
            (200, config_map("k"), "answers"),
            (200, "{}".into(), "no-api-server"),
            (200, "<html>".into(), "no-api-server"),
            (200, r#"{"kind":"Status"}"#.into(), "no-api-server"),
            (200, r#"{"kind":"ConfigMap"}"#.into(), "missing"),
            (200, config_map(""), "missing"),
            (200, "[".repeat(10_000), "no-api-server"),
            (302, String::new(), "unclear"),
            (400, String::new(), "no-api-server"),
            (401, String::new(), "forbidden"),
            (403, String::new(), "forbidden"),
            (404, String::new(), "missing"),
            (429, String::new(), "unavailable"),
            (503, String::new(), "unavailable"),
        ] {
            assert_eq!(word(&Ok(page(status, &body))), expected, "{status} {body}");
        }
        for (silence, expected) in [
            (NoResponse::Closed, "closed"),
            (NoResponse::NotTls, "no-api-server"),
            (NoResponse::TimedOut(Duration::from_secs(2)), "unclear"),
            (NoResponse::TooLarge { limit: 1 }, "unclear"),
            (NoResponse::Failed("TLS".into()), "unclear"),
            (NoResponse::NotRecorded, "unclear"),
        ] {
            assert_eq!(word(&Err(silence.clone())), expected, "{silence}");
        }
    }

    #[test]
    fn signatures_are_found_by_the_public_part_of_a_token() {
        let info = read(&Ok(page(200, &config_map("k")))).unwrap();
        assert_eq!(info.signature("abcdef"), Some("x..y"));
        assert_eq!((info.signature("ghijkl"), info.signature("kubeconfig")), (None, None));
    }

    #[test]
    fn the_ca_is_that_of_the_only_cluster() {
        let pem = include_str!("../../../../tests/certificates/ca.crt");
        let ca = Base64::encode_string(pem.as_bytes());
        let cluster =
            |data: &str| format!("- cluster:\n    certificate-authority-data: {data}\n  name: \"\"\n");
        let found = authorities(&format!("clusters:\n{}", cluster(&ca)));
        assert_eq!(found, certificate::ders(pem));
        for (kubeconfig, said) in [
            ("clusters: [".to_owned(), "is no YAML"),
            ("kind: Config".to_owned(), "has no cluster"),
            ("clusters: []".to_owned(), "has 0 clusters"),
            (format!("clusters:\n{}{}", cluster(&ca), cluster(&ca)), "has 2 clusters"),
            ("clusters:\n- cluster: {server: x}\n".to_owned(), "has no CA"),
            (format!("clusters:\n{}", cluster("'%'")), "no base64"),
            (format!("clusters:\n{}", cluster("YWJj")), "has no certificate"),
        ] {
            let wrong = authorities(&kubeconfig).unwrap_err();
            assert!(wrong.contains(said), "{kubeconfig}: {wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read(status in 100_u16..1000, body in "\\PC{0,80}", kubeconfig in "(\\PC|[-: \n\\[{&*]){0,80}") {
            drop(read(&Ok(page(status, &body))));
            drop(read(&Ok(page(200, &config_map(&kubeconfig)))));
        }
    }
}
