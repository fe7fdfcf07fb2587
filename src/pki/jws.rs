//! JSON Web Signatures with a shared secret (RFC 7515, appendix F; HS256 of RFC 7518), as Kubernetes signs what it tells
//! newcomers: `k8s.io/cluster-bootstrap/token/jws`.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::hmac;

/// The detached signature of a text by a key with a name: header and signature, and nothing between them. There is one way
/// only to write it, so that two of them are compared as texts. The name must need no escape in JSON.
#[must_use]
pub fn detached(content: &str, key_id: &str, secret: &str) -> String {
    let header =
        Base64UrlUnpadded::encode_string(format!(r#"{{"alg":"HS256","kid":"{key_id}"}}"#).as_bytes());
    let signed = format!("{header}.{}", Base64UrlUnpadded::encode_string(content.as_bytes()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
    format!("{header}..{}", Base64UrlUnpadded::encode_string(tag.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of Kubernetes' own test (`jws_test.go`).
    #[test]
    fn kubernetes_signs_the_same() {
        let content = "Hello from the other side. I must have called a thousand times.";
        let sign = |content| detached(content, "joshua", "my voice is my passcode");
        let header = "eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9";
        assert_eq!(sign(content), format!("{header}..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8"));
        assert_eq!(sign(""), format!("{header}..7Ui1ALizW4jXphVUB7xUqC9vLYLL9RZeOFfVLoB7Tgk"));
    }
}
