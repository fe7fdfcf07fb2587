//! The configuration that a kernel was built with: `CONFIG_X=y`, `/proc/config.gz` and its kin.

use std::io::Read as _;
use std::rc::Rc;

/// No kernel configuration is larger once unpacked; a larger one is an accident or a bomb.
const LIMIT: usize = 4 << 20;

/// The plain text of a configuration: gzip is recognised by its magic number and unpacked, up to 4 MiB.
///
/// # Errors
/// In words, if it can't be unpacked or is too large.
pub fn unpacked(bytes: Rc<[u8]>) -> Result<Rc<[u8]>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    // The last four bytes tell the size (RFC 1952), if they don't lie.
    let told = bytes.last_chunk::<4>().map_or(0, |size| u32::from_le_bytes(*size) as usize);
    if told > LIMIT {
        return Err(format!("unpacks to more than {LIMIT} bytes"));
    }
    let mut text: Rc<[u8]> = std::iter::repeat_n(0, told).collect();
    let Some(place) = Rc::get_mut(&mut text) else { return Err("its memory is in use".into()) };
    let mut decoder = flate2::bufread::GzDecoder::new(&bytes[..]);
    let wrong = |error| format!("is not valid gzip: {error}");
    decoder.read_exact(place).map_err(wrong)?;
    // The end is where the checksum is looked at.
    match decoder.read(&mut [0]).map_err(wrong)? {
        0 => Ok(text),
        _ => Err("unpacks to more than it says".into()),
    }
}

/// The value of an option (named without `CONFIG_`) and its line, counted from 1; none if it isn't set.
/// Quotes of a text value are dropped.
#[must_use]
pub fn option<'a>(text: &'a [u8], name: &str) -> Option<(&'a str, u32)> {
    let wanted = format!("CONFIG_{name}=");
    memchr::memmem::find_iter(text, &wanted).find_map(|start| {
        if start > 0 && text[start - 1] != b'\n' {
            return None;
        }
        let rest = &text[start + wanted.len()..];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let value = str::from_utf8(line).ok()?.trim_end();
        let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let number = memchr::memchr_iter(b'\n', &text[..start]).count() + 1;
        Some((bare.unwrap_or(value), u32::try_from(number).unwrap_or(u32::MAX)))
    })
}

/// Whether a text is a kernel configuration at all: some option is set or named as unset.
#[must_use]
pub fn is_one(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n').any(|line| line.starts_with(b"CONFIG_") || line.starts_with(b"# CONFIG_"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    const TEXT: &[u8] = b"# CONFIG_A is not set\nCONFIG_AB=m\nCONFIG_B=y\nCONFIG_S=\"lz4\"\nCONFIG_N=250\n";

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn options_are_found_by_their_whole_name() {
        let text = unpacked(packed(TEXT).into()).unwrap();
        assert_eq!(option(&text, "A"), None);
        assert_eq!(option(&text, "AB"), Some(("m", 2)));
        assert_eq!(option(&text, "S"), Some(("lz4", 4)));
        assert_eq!(option(&text, "N"), Some(("250", 5)));
        assert!(is_one(&text) && !is_one(b"hello"));
    }

    #[test]
    fn a_bomb_and_broken_gzip_are_refused() {
        let bomb = packed(&vec![b'x'; 5 << 20]);
        assert!(bomb.len() < 100_000);
        assert!(unpacked(bomb.into()).unwrap_err().contains("more than"));
        assert!(unpacked(Rc::from([0x1f, 0x8b, 8, 0, 1])).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), gzip: bool) {
            if gzip {
                bytes.splice(0..0, [0x1f, 0x8b]);
            }
            if let Ok(text) = unpacked(bytes.into()) {
                prop_assert_eq!(option(&text, "X Y"), None);
            }
        }

        #[test]
        fn what_is_packed_is_unpacked(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(&*unpacked(packed(&bytes).into()).unwrap(), bytes.as_slice());
        }
    }
}
