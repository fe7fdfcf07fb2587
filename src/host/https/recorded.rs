//! What a server on the network answered, as `live/machine.toml` keeps it.

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;

use super::{Reached, Unreached};
use crate::host::http::HttpResponse;
use crate::host::no_response::NoResponse;

/// `[servers."k8s.example.com:6443"]`: whether it was reached, and what it said then. A server that was reached and of
/// which neither a page nor a silence is kept was not asked for the page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RecordedServer {
    /// The address that it was reached at.
    address: Option<IpAddr>,
    /// How it was not reached, or why it didn't answer.
    silence: Option<RecordedSilence>,
    /// Its certificates in base64 of DER, its own first.
    #[serde(default)]
    certificates: Vec<Der>,
    page: Option<RecordedPage>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedPage {
    status: u16,
    #[serde(default)]
    body: String,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Der(Vec<u8>);

impl TryFrom<String> for Der {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        use base64ct::{Base64, Encoding as _};
        Base64::decode_vec(&text).map(Der).map_err(|_| "a certificate is no base64")
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RecordedSilence {
    Closed,
    NameUnknown,
    NoRoute,
    NotTls,
    Refused,
    TimeOut,
    TooLarge,
    Unresolved,
}

impl RecordedSilence {
    fn silence(self, within: Duration, limit: usize) -> NoResponse {
        match self {
            RecordedSilence::Closed => NoResponse::Closed,
            RecordedSilence::NameUnknown => NoResponse::NameUnknown,
            RecordedSilence::NoRoute => NoResponse::NoRoute,
            RecordedSilence::NotTls => NoResponse::NotTls,
            RecordedSilence::Refused => NoResponse::Refused,
            RecordedSilence::TimeOut => NoResponse::TimedOut(within),
            RecordedSilence::TooLarge => NoResponse::TooLarge { limit },
            RecordedSilence::Unresolved => NoResponse::Failed("its name was not resolved".into()),
        }
    }
}

impl RecordedServer {
    /// The answer that was recorded.
    pub(crate) fn answer(&self, within: Duration, limit: usize) -> Result<Reached, Unreached> {
        let silence = self.silence.map_or(NoResponse::NotRecorded, |silence| silence.silence(within, limit));
        let Some(address) = self.address else { return Err(silence.into()) };
        let page = self.page.as_ref().map_or(Err(silence), |page| {
            Ok(HttpResponse { status: page.status, body: page.body.clone().into_bytes() })
        });
        let certificates = self.certificates.iter().map(|der| der.0.clone()).collect();
        Ok(Reached { address, certificates, page })
    }
}
