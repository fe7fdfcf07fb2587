//! `/proc/net/{tcp,tcp6,udp,udp6}`: the sockets of a network namespace (`proc_net(5)`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::lines;

/// `TCP_LISTEN`, and `TCP_CLOSE`, which the tables of UDP show for a socket that takes packets from anybody.
const LISTEN: &str = "0A";
const UNCONNECTED: &str = "07";

/// A socket that others can reach: one that listens, or of UDP one that takes packets from anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The address that it is bound to; all zeros for every address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// The number of the socket, as `/proc/PID/fd` shows it; 0 for one of the kernel.
    pub inode: u64,
    /// Its line, counted from 1.
    pub line: u32,
}

/// The sockets that others can reach; none if this is no such table.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Vec<Listener>> {
    let mut lines = lines(bytes);
    lines.next().filter(|(_, header)| header.contains("local_address"))?;
    let mut found = Vec::new();
    for (line, text) in lines {
        let mut words = text.split_ascii_whitespace();
        let (Some(local), Some(state)) = (words.nth(1), words.nth(1)) else {
            // An empty last line says nothing; a line that was cut off may say anything.
            if text.trim().is_empty() {
                continue;
            }
            return None;
        };
        if ![LISTEN, UNCONNECTED].contains(&state) {
            continue;
        }
        let (address, port) = endpoint(local)?;
        // tx_queue:rx_queue, tr:when, retransmits, user, time-out, inode
        let inode = words.nth(5)?.parse().ok()?;
        found.push(Listener { address, port, inode, line });
    }
    Some(found)
}

/// `0100007F:1932`: the words of the address in the byte order of the machine, the port as a number.
fn endpoint(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let word = |at: usize| u32::from_str_radix(address.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    let address = match address.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let mut bytes = [0; 16];
            for (index, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(index * 8)?);
            }
            IpAddr::from(Ipv6Addr::from(bytes)).to_canonical()
        }
        _ => return None,
    };
    Some((address, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    #[test]
    fn sockets_that_listen_are_found_and_connections_are_not() {
        let table = format!(
            "{HEAD}   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0\n\
   1: 0F02000A:280A 0202000A:D431 01 00000000:00000000 02:000A7214 00000000     0        0 4712 2 0 20 4 30 10 -1\n\
 123: 00000000:2118 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 0 2 0 0\n"
        );
        let found = parse(table.as_bytes()).unwrap();
        let shown: Vec<String> =
            found.iter().map(|l| format!("{}:{} {} {}", l.address, l.port, l.inode, l.line)).collect();
        assert_eq!(shown, ["127.0.0.1:6443 4711 2", "0.0.0.0:8472 0 4"]);
    }

    #[test]
    fn addresses_of_ipv6_are_four_words() {
        let row = |address: &str| {
            format!("{HEAD}   0: {address}:280A 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 7 1\n")
        };
        for (address, expected) in [
            ("00000000000000000000000000000000", "::"),
            ("00000000000000000000000001000000", "::1"),
            ("0000000000000000FFFF00000100007F", "127.0.0.1"),
        ] {
            let found = parse(row(address).as_bytes()).unwrap();
            assert_eq!(found[0].address.to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_table_is_not_taken_for_an_empty_one() {
        assert_eq!(parse(HEAD.as_bytes()), Some(Vec::new()));
        for wrong in [
            String::new(),
            "nonsense\n".into(),
            format!("{HEAD}x\n"),
            format!("{HEAD} 0: zz:1 0:0 0A 0:0 0:0 0 0 0 1\n"),
        ] {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_table_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(parse(&bytes));
            let table = [HEAD.as_bytes(), &bytes].concat();
            prop_assert!(parse(&table).is_none_or(|found| found.iter().all(|listener| listener.line > 1)));
        }
    }
}
