//! Asks systemd over D-Bus: one call a connection.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use zbus::connection::Builder;
use zbus::wire::{OwnedObjectPath, OwnedVariant};

use super::bus_stream::{self, BusStream};
use super::deadline::{self, Deadline};
use super::error::{HostError, HostErrorKind};
use super::running::UnitState;

/// Where the system bus listens (D-Bus specification, "System message bus"). Root could ask systemd itself on
/// `/run/systemd/private`, but there it signs its answers with a name that zbus 6.2 refuses ("Invalid unique name").
pub(super) const SYSTEM_BUS: &str = "/run/dbus/system_bus_socket";

/// A row of `ListUnits` (org.freedesktop.systemd1(5)): name, description, load state, active state, sub
/// state, following unit, object path, job ID, job type, job path.
type Row = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// The units that systemd has loaded, asked over the bus that listens on a socket.
pub(super) fn list_units(socket: &str, deadline: Deadline) -> Result<BTreeMap<String, UnitState>, HostError> {
    within_time(socket, deadline, async {
        let path = "/org/freedesktop/systemd1";
        let answer = call(socket, path, "org.freedesktop.systemd1.Manager", "ListUnits", &()).await?;
        let rows: Vec<Row> = answer.body().deserialize()?;
        Ok(rows
            .into_iter()
            .map(|(name, _, load, active, sub, ..)| (name, UnitState { load, active, sub }))
            .collect())
    })
}

/// How often systemd has started a loaded service again by itself: the property `NRestarts`, which systemd 235 and later
/// have.
pub(super) fn restarts(socket: &str, unit: &str, deadline: Deadline) -> Result<u32, HostError> {
    within_time(socket, deadline, async {
        let what = ("org.freedesktop.systemd1.Service", "NRestarts");
        let interface = "org.freedesktop.DBus.Properties";
        let answer = call(socket, &object_path(unit), interface, "Get", &what).await?;
        let value: OwnedVariant = answer.body().deserialize()?;
        u32::try_from(value)
    })
}

/// The object of a unit: what is neither letter nor digit is escaped (`sd_bus_path_encode(3)`).
fn object_path(unit: &str) -> String {
    let mut path = String::from("/org/freedesktop/systemd1/unit/");
    for (index, byte) in unit.bytes().enumerate() {
        if byte.is_ascii_alphabetic() || (index > 0 && byte.is_ascii_digit()) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "_{byte:02x}");
        }
    }
    path
}

fn within_time<T>(
    socket: &str,
    deadline: Deadline,
    answer: impl Future<Output = zbus::Result<T>>,
) -> Result<T, HostError> {
    let failed = |why: String| HostError::new(socket, HostErrorKind::Io(why));
    let held = async { deadline.hold(async { Ok(answer.await) }).await };
    deadline::runtime().map_err(failed)?.block_on(held).map_err(|late| failed(late.to_string()))?.map_err(
        |error| match &error {
            zbus::Error::InputOutput(io) if io.kind() == std::io::ErrorKind::FileTooLarge => {
                HostError::new(socket, HostErrorKind::TooLarge { limit: bus_stream::MAX_MESSAGE as u64 })
            }
            zbus::Error::InputOutput(io) if io.kind() == std::io::ErrorKind::PermissionDenied => {
                HostError::new(socket, HostErrorKind::Denied)
            }
            zbus::Error::InputOutput(io) if io.kind() == std::io::ErrorKind::NotFound => HostError::new(
                socket,
                HostErrorKind::Unsupported("no D-Bus socket, so systemd can't be asked".into()),
            ),
            other => failed(format!("systemd can't be asked: {other}")),
        },
    )
}

/// Calls a method of systemd.
async fn call<B>(
    socket: &str,
    path: &str,
    interface: &str,
    method: &str,
    body: &B,
) -> zbus::Result<zbus::Message>
where
    B: serde::Serialize + zbus::wire::DynamicType,
{
    let stream = tokio::net::UnixStream::connect(Path::new(socket))
        .await
        .map_err(|error| zbus::Error::InputOutput(error.into()))?;
    let connection = Builder::socket(BusStream(stream)).build().await?;
    connection.call_method(Some("org.freedesktop.systemd1"), path, Some(interface), method, body).await
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::time::Duration;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_socket_that_never_speaks_costs_the_time_out_and_is_told_so() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mute");
        let _listener = UnixListener::bind(&path).unwrap();
        let error =
            list_units(path.to_str().unwrap(), Deadline::after(Duration::from_millis(50))).unwrap_err();
        assert!(error.to_string().contains("no answer within 0.05 s"), "{error}");
    }

    #[test]
    fn a_unit_has_an_object() {
        let path = |unit: &str| object_path(unit).rsplit('/').next().unwrap().to_owned();
        assert_eq!(path("kubelet.service"), "kubelet_2eservice");
        assert_eq!(path("cri-o.service"), "cri_2do_2eservice");
        assert_eq!(path("9p@é.service"), "_39p_40_c3_a9_2eservice");
    }

    #[test]
    fn a_missing_socket_is_told_apart_from_a_refusing_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("none");
        let missing = list_units(path.to_str().unwrap(), Deadline::after(LONG)).unwrap_err();
        assert!(matches!(missing.kind, HostErrorKind::Unsupported(_)), "{missing}");
        drop(UnixListener::bind(&path).unwrap());
        let refusing = list_units(path.to_str().unwrap(), Deadline::after(LONG)).unwrap_err();
        assert!(matches!(refusing.kind, HostErrorKind::Io(_)), "{refusing}");
    }
}
