//! The configuration that a kernel was built with: `CONFIG_X=y`, `/proc/config.gz` and its kin.

use std::rc::Rc;

/// No kernel configuration is larger once unpacked; a larger one is an accident or a bomb.
const LIMIT: usize = 4 << 20;

/// The plain text of a configuration: gzip is recognised by its magic number and unpacked, up to 4 MiB.
///
/// # Errors
/// In words, if it can't be unpacked or is too large.
pub fn unpacked(bytes: Rc<[u8]>) -> Result<Rc<[u8]>, String> {
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let Some((member, trailer)) = bytes.split_last_chunk::<8>() else { return Err(BROKEN.into()) };
    let [checksum, told] = [&trailer[..4], &trailer[4..]]
        .map(|word| word.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)));
    // The size is what the last four bytes tell, if they don't lie.
    let told = told as usize;
    if told > LIMIT {
        return Err(format!("unpacks to more than {LIMIT} bytes"));
    }
    let packed = member.get(header_length(member).ok_or(BROKEN)?..).ok_or(BROKEN)?;
    let mut text: Rc<[u8]> = std::iter::repeat_n(0, told).collect();
    let Some(place) = Rc::get_mut(&mut text) else { return Err("its memory is in use".into()) };
    // All in one call: then nothing is copied through a window.
    let mut decoder = flate2::Decompress::new(false);
    let status = decoder.decompress(packed, place, flate2::FlushDecompress::Finish);
    let is_whole = decoder.total_in() == packed.len() as u64 && decoder.total_out() == told as u64;
    if !matches!(status, Ok(flate2::Status::StreamEnd)) || !is_whole {
        return Err(BROKEN.into());
    }
    if crc32fast::hash(&text) == checksum {
        Ok(text)
    } else {
        Err("is broken: its checksum is another".into())
    }
}

/// What a member of gzip begins with: its magic number.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const BROKEN: &str = "is not valid gzip";

/// How long the header of a member is (RFC 1952, 2.3): ten bytes, and what its flags announce; none if it is broken.
fn header_length(member: &[u8]) -> Option<usize> {
    const CHECKSUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    const RESERVED: u8 = 0xe0;
    let [_, _, 8, flags, ..] = *member else { return None };
    if flags & RESERVED != 0 {
        return None;
    }
    let mut length = 10;
    if flags & EXTRA != 0 {
        let size = member.get(length..length + 2)?;
        length += 2 + usize::from(u16::from_le_bytes([size[0], size[1]]));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            length += memchr::memchr(0, member.get(length..)?)? + 1;
        }
    }
    Some(length + if flags & CHECKSUM == 0 { 0 } else { 2 })
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
        let whole = packed(TEXT);
        for length in 2..whole.len() {
            assert!(unpacked(whole[..length].into()).is_err(), "cut after {length} bytes");
        }
        // A size that lies: of a text that is shorter, and of one that is longer.
        for told in [0, TEXT.len() - 1, TEXT.len() + 1] {
            let mut lying = whole.clone();
            let end = lying.len();
            lying[end - 4..].copy_from_slice(&u32::try_from(told).unwrap().to_le_bytes());
            assert!(unpacked(lying.into()).is_err(), "told {told}");
        }
        let mut flipped = whole.clone();
        let end = flipped.len();
        flipped[end - 5] ^= 1;
        assert!(unpacked(flipped.into()).unwrap_err().contains("checksum"));
        assert!(unpacked([whole.as_slice(), TEXT].concat().into()).is_err(), "something behind its end");
    }

    #[test]
    fn what_a_header_may_have_is_passed_over() {
        let builder = flate2::GzBuilder::new().filename("config").comment("a kernel's").extra([1, 0, 0, 9]);
        let mut encoder = builder.write(Vec::new(), flate2::Compression::best());
        encoder.write_all(TEXT).unwrap();
        let plain = encoder.finish().unwrap();
        assert_eq!(&*unpacked(plain.clone().into()).unwrap(), TEXT);
        let length = header_length(&plain).unwrap();
        let mut checked = plain[..length].to_vec();
        checked[3] |= 2;
        checked.extend([0xab, 0xcd]);
        checked.extend(&plain[length..]);
        assert_eq!(&*unpacked(checked.into()).unwrap(), TEXT);
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
