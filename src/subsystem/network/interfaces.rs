//! Addresses and routes of the running system. A boot may give others: they come from DHCP and from daemons.

use procfs::FromRead as _;
use procfs::net::RouteEntries;

use crate::fact::{Fact, Network, Origin, State, Value};
use crate::host::{Read, Running};

/// A network that the host has, and the interface that it is at.
pub struct Attachment {
    /// The address with its prefix, or the destination of a route.
    pub network: Network,
    /// The interface.
    pub interface: String,
}

/// Addresses of all interfaces but loopback.
///
/// # Errors
/// Why they can't be known.
pub fn addresses(running: &dyn Running) -> Result<Vec<Attachment>, String> {
    let addresses = running.addresses().required().map_err(|error| error.to_string())?;
    let attachment = |address: &crate::host::Address| {
        let network = Network::new(address.address, address.prefix)
            .ok_or_else(|| format!("{}/{} is no address", address.address, address.prefix))?;
        Ok(Attachment { network, interface: address.interface.clone() })
    };
    let mut found = addresses
        .iter()
        .filter(|address| !address.address.is_loopback())
        .map(attachment)
        .collect::<Result<Vec<Attachment>, String>>()?;
    found.sort_by(|a, b| (&a.network, &a.interface).cmp(&(&b.network, &b.interface)));
    Ok(found)
}

/// Destinations of all routes but the default ones and loopback, IPv4 and IPv6. Half the address space (`0.0.0.0/1`,
/// as VPNs write it) is a default route in disguise.
///
/// # Errors
/// Why they can't be known.
pub fn routes(running: &dyn Running) -> Result<Vec<Attachment>, String> {
    let mut routes = Vec::new();
    for (table, parse) in tables(running)?.iter().zip([ipv4 as fn(&[u8]) -> _, ipv6]) {
        if let Some((path, bytes)) = table {
            routes.extend(parse(bytes).map_err(|wrong| format!("{path}: {wrong}"))?);
        }
    }
    routes.sort_by(|a: &Attachment, b| (&a.network, &a.interface).cmp(&(&b.network, &b.interface)));
    Ok(routes)
}

/// Interfaces of default routes, IPv4 and IPv6, sorted. A route that refuses packets leads nowhere.
///
/// # Errors
/// Why they can't be known.
pub fn uplinks(running: &dyn Running) -> Result<(Vec<String>, Vec<String>), String> {
    let [ipv4, ipv6] = tables(running)?;
    let mut of_ipv4 = Vec::new();
    if let Some((path, bytes)) = ipv4 {
        let routes = entries(&bytes).map_err(|wrong| format!("{path}: {wrong}"))?;
        let leads = |entry: &procfs::net::RouteEntry| {
            entry.mask.to_bits().count_ones() < 2 && entry.flags & REJECTS == 0
        };
        of_ipv4.extend(routes.into_iter().filter(leads).map(|entry| entry.iface));
    }
    let mut of_ipv6 = Vec::new();
    if let Some((path, bytes)) = ipv6 {
        for (number, line) in crate::parse::lines(&bytes) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            match words.as_slice() {
                [] => {}
                [_, prefix, _, _, _, _, _, _, flags, interface] => {
                    let flags = u32::from_str_radix(flags, 16);
                    let rejects = flags.map_or(true, |flags| flags & u32::from(REJECTS) != 0);
                    let leads = !rejects && *interface != "lo";
                    if matches!(*prefix, "00" | "01") && leads {
                        of_ipv6.push((*interface).to_owned());
                    }
                }
                _ => return Err(format!("{path}: line {number} is not a route")),
            }
        }
    }
    for list in [&mut of_ipv4, &mut of_ipv6] {
        list.sort();
        list.dedup();
    }
    Ok((of_ipv4, of_ipv6))
}

/// `RTF_REJECT`: the route answers that there is no way.
const REJECTS: u16 = 0x0200;

type Table = Option<(&'static str, std::rc::Rc<[u8]>)>;

/// The tables of IPv4 and IPv6.
fn tables(running: &dyn Running) -> Result<[Table; 2], String> {
    let read = |path: &'static str| match running.files().read(path) {
        Read::There(bytes) => Ok(Some((path, bytes))),
        // A kernel may do without IPv6; where the table of IPv4 is missing, /proc is.
        Read::Missing(_) if path.ends_with("ipv6_route") => Ok(None),
        Read::Missing(_) => Err(format!("{path}: not found")),
        Read::Hidden(error) => Err(error.to_string()),
    };
    Ok([read("/proc/net/route")?, read("/proc/net/ipv6_route")?])
}

fn entries(bytes: &[u8]) -> Result<Vec<procfs::net::RouteEntry>, String> {
    // The crate skips the first line, whatever it is.
    if !bytes.starts_with(b"Iface\t") {
        return Err("not a table of routes".into());
    }
    let entries =
        RouteEntries::from_read(bytes).map_err(|error| format!("not a table of routes: {error}"))?;
    Ok(entries.0)
}

fn ipv4(bytes: &[u8]) -> Result<Vec<Attachment>, String> {
    let attachment = |entry: procfs::net::RouteEntry| {
        let prefix = u8::try_from(entry.mask.to_bits().count_ones()).unwrap_or(32);
        let network = Network::new(entry.destination.into(), prefix)?;
        (prefix > 1).then_some(Attachment { network, interface: entry.iface })
    };
    Ok(entries(bytes)?.into_iter().filter_map(attachment).collect())
}

/// `/proc/net/ipv6_route`: destination and prefix length in hexadecimal come first, the interface last.
/// Link-local, multicast and local routes belong to every interface and say nothing.
fn ipv6(bytes: &[u8]) -> Result<Vec<Attachment>, String> {
    let mut routes = Vec::new();
    for (number, line) in crate::parse::lines(bytes) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (destination, prefix, interface) = match words.as_slice() {
            [] => continue,
            [destination, prefix, .., interface] => (destination, prefix, interface),
            _ => return Err(format!("line {number} is not a route")),
        };
        let address = u128::from_str_radix(destination, 16).map(std::net::Ipv6Addr::from_bits);
        let (Ok(address), Ok(prefix)) = (address, u8::from_str_radix(prefix, 16)) else {
            return Err(format!("line {number} is not a route"));
        };
        let says_nothing =
            address.is_unicast_link_local() || address.is_multicast() || *interface == "lo" || prefix < 2;
        if let Some(network) = Network::new(address.into(), prefix).filter(|_| !says_nothing) {
            routes.push(Attachment { network, interface: (*interface).to_owned() });
        }
    }
    Ok(routes)
}

/// A list of networks as a fact; each origin names the interface and says the network.
#[must_use]
pub fn fact(attachments: Result<Vec<Attachment>, String>) -> Fact {
    let mut attachments = match attachments {
        Ok(attachments) => attachments,
        Err(reason) => return Fact::unknown(reason),
    };
    // Addresses stay before routes: a reader knows the addresses of a host.
    let mut seen = std::collections::BTreeSet::new();
    attachments.retain(|attachment| seen.insert((attachment.network, attachment.interface.clone())));
    let networks = Value::list(attachments.iter().map(|attachment| attachment.network.to_string()));
    let origins = attachments
        .iter()
        .map(|attachment| Origin::file(&attachment.interface).says(attachment.network.to_string()));
    Fact::new(State::from(networks)).because_all(origins)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tables_of_routes_are_read() {
        let table = b"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
eth0\t00000000\t012DA8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
eth0\t002DA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        let routes = ipv4(table).unwrap();
        assert_eq!(routes.len(), 1);
        assert_eq!(routes[0].network.to_string(), "192.168.45.0/24");
        for wrong in [&b""[..], b"\0\n", b"nonsense\n"] {
            assert!(ipv4(wrong).is_err(), "{wrong:?}");
        }
        let table = b"fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0\n\
fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0\n";
        let routes = ipv6(table).unwrap();
        assert_eq!(routes.len(), 1);
        assert_eq!(routes[0].network.to_string(), "fd00::/64");
        assert!(ipv6(b"").is_ok_and(|routes| routes.is_empty()));
        for wrong in [&b"x y z\n"[..], b"fd000000000000000000000000000000 40\n"] {
            assert!(ipv6(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(ipv4(&bytes));
            drop(ipv4(&[b"Iface\t\n", &*bytes].concat()));
            drop(ipv6(&bytes));
        }
    }
}
