//! Messages of protobuf, written by hand.

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field with a length: text, or another message.
pub fn field(number: u64, content: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

pub fn text(number: u64, content: &str) -> Vec<u8> {
    if content.is_empty() { Vec::new() } else { field(number, content.as_bytes()) }
}

/// A number, or nothing if it is 0: so does every runtime.
pub fn number(number: u64, value: u64) -> Vec<u8> {
    if value == 0 { Vec::new() } else { [varint(number << 3), varint(value)].concat() }
}
