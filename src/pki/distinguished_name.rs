//! Names in certificates as text: `CN=kubernetes-admin,O=system:masters` (RFC 4514).
//!
//! Written here although the crate has it, too: there it brings a table of all object identifiers that were ever
//! registered, whose thousands of pointers the loader adjusts at every start.

use std::fmt::Write as _;

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::{Encode as _, Tag, Tagged as _};
use x509_cert::name::Name;

/// The types that have a short name: RFC 4514, section 3, and what is found in names of hosts besides.
const TYPES: [(&str, &str); 12] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
];

/// A name, its last part first.
pub(super) fn text(name: &Name) -> String {
    let parts: Vec<String> =
        name.iter_rdn().map(|part| part.iter().map(attribute).collect::<Vec<_>>().join("+")).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(",")
}

fn attribute(attribute: &AttributeTypeAndValue) -> String {
    let oid = attribute.oid.to_string();
    let known = TYPES.iter().find(|(number, _)| *number == oid).map(|(_, name)| *name);
    let tags = [Tag::PrintableString, Tag::Utf8String, Tag::Ia5String, Tag::TeletexString];
    let value = tags.contains(&attribute.value.tag()).then(|| str::from_utf8(attribute.value.value()).ok());
    if let (Some(name), Some(value)) = (known, value.flatten()) {
        return format!("{name}={}", escaped(value));
    }
    let bytes = attribute.value.to_der().unwrap_or_default();
    bytes.iter().fold(format!("{oid}=#"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// RFC 4514, section 2.4.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        let is_last = at + c.len_utf8() == value.len();
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => text.extend(['\\', c]),
            '#' if at == 0 => text.push_str("\\#"),
            ' ' if at == 0 || is_last => text.push_str("\\ "),
            '\0'..='\x1f' | '\x7f' => {
                let _ = write!(text, "\\{:02x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_written_as_in_rfc_4514() {
        for name in [
            "CN=kubernetes-admin,O=system:masters",
            "CN=a+OU=b,DC=example,DC=com",
            "UID=jsmith,L=\\ Graz\\ ,C=AT",
            "STREET=1\\, Main\\+Side,ST=x\\;y",
            "CN=\\#1,O=\\\"A\\\" \\<B\\>",
            "1.2.3.4=#0c0141",
        ] {
            assert_eq!(text(&Name::from_str(name).unwrap()), name);
        }
    }

    proptest! {
        #[test]
        fn the_crate_writes_them_alike(value in "[ #a-z+,;<>\"\\\\é]{1,8}", other in "[a-z ]{1,5}") {
            let written = format!("CN={},O={}", escaped(&value), escaped(&other));
            if let Ok(name) = Name::from_str(&written) {
                prop_assert_eq!(text(&name), name.to_string());
            }
        }
    }
}
