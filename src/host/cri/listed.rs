//! A message that is a list, and no more of it than anybody has: an item of two bytes may cost a hundred in memory, so that
//! a limit of bytes alone would be none.

use std::marker::PhantomData;

use prost::DecodeError;
use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, message, skip_field, string};

/// No node has so many pods, and no runtime so many conditions.
pub(super) const MAX_ITEMS: usize = 4096;

/// A message whose field 1 is repeated and all that is read of it. What is beyond [`MAX_ITEMS`] is counted and dropped.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    /// Whether there were more.
    pub(super) more: bool,
}

impl<T: prost::Message + Default> prost::Message for Listed<T> {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        message::encode_repeated(1, &self.items, buf);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            1 if self.items.len() < MAX_ITEMS => {
                message::merge_repeated(wire_type, &mut self.items, buf, context)
            }
            1 => {
                self.more = true;
                skip_field(wire_type, tag, buf, context)
            }
            _ => skip_field(wire_type, tag, buf, context),
        }
    }

    fn encoded_len(&self) -> usize {
        message::encoded_len_repeated(1, &self.items)
    }

    fn clear(&mut self) {
        *self = Listed { items: Vec::new(), more: false };
    }
}

/// Of a map the one entry whose key is `K`'s. It is declared as one message where many come, so that each is merged into it and
/// no other is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry<K> {
    key: String,
    /// None if the map has no such entry.
    pub(super) value: Option<String>,
    kept: PhantomData<K>,
}

/// Which entry of a map is kept.
pub(super) trait Key {
    const KEY: &'static str;
}

/// The annotation that says where the kubelet has a pod from: `file` for a static one, `api` for others.
pub(super) type Source = Entry<SourceKey>;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SourceKey;

impl Key for SourceKey {
    /// `ConfigSourceAnnotationKey` of `pkg/kubelet/types`.
    const KEY: &'static str = "kubernetes.io/config.source";
}

impl<K: Key + Default + Send + Sync> prost::Message for Entry<K> {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        string::encode(1, &self.key, buf);
        if let Some(value) = &self.value {
            string::encode(2, value, buf);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            1 => string::merge(wire_type, &mut self.key, buf, context),
            // The key is of this entry only: one without a key may follow.
            2 if std::mem::take(&mut self.key) == K::KEY => {
                string::merge(wire_type, self.value.get_or_insert_default(), buf, context)
            }
            _ => skip_field(wire_type, tag, buf, context),
        }
    }

    fn encoded_len(&self) -> usize {
        let value = self.value.as_ref().map_or(0, |value| string::encoded_len(2, value));
        string::encoded_len(1, &self.key) + value
    }

    fn clear(&mut self) {
        *self = Entry::default();
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[derive(Clone, PartialEq, prost::Message)]
    struct Item {
        #[prost(message, optional, tag = "6")]
        source: Option<Source>,
    }

    #[test]
    fn what_is_beyond_the_limit_is_dropped() {
        let empty = [0x0a, 0x00];
        let few = Listed::<Item>::decode(&*empty.repeat(3)).unwrap();
        assert_eq!((few.items.len(), few.more), (3, false));
        let many = Listed::<Item>::decode(&*empty.repeat(MAX_ITEMS + 10)).unwrap();
        assert_eq!((many.items.len(), many.more), (MAX_ITEMS, true));
        assert!(Listed::<Item>::decode(&[0x0a, 0x05, 0x00][..]).is_err(), "cut short");
        let others = Listed::<Item>::decode(&[0x12, 0x01, 0x00][..]).unwrap();
        assert_eq!((others.items.len(), others.more), (0, false));
    }

    #[test]
    fn of_annotations_only_the_source_is_kept() {
        let entry = |key: &str, value: &str| {
            let mut body = Vec::new();
            string::encode(1, &key.to_owned(), &mut body);
            string::encode(2, &value.to_owned(), &mut body);
            let mut field = vec![0x32, u8::try_from(body.len()).unwrap()];
            field.extend(body);
            field
        };
        let source = |entries: &[Vec<u8>]| Item::decode(&*entries.concat()).unwrap().source;
        assert_eq!(source(&[]), None);
        let told = source(&[entry("a", "api"), entry(SourceKey::KEY, "file"), entry("b", "c")]);
        assert_eq!(told.unwrap().value.as_deref(), Some("file"));
        assert_eq!(source(&[entry("a", "b")]).unwrap().value, None);
        let keyless = vec![0x32, 0x03, 0x12, 0x01, b'x'];
        let told = source(&[entry(SourceKey::KEY, "file"), keyless.clone()]).unwrap();
        assert_eq!(told.value.as_deref(), Some("file"), "an entry without a key is another one");
        assert_eq!(source(&[entry("a", "b"), keyless]).unwrap().value, None);
    }
}
