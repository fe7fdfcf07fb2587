//! Certificates, and whom they make trusted. Bytes in, typed values out; no I/O.

pub mod certificate;
mod distinguished_name;
pub mod jws;
pub mod key_pair;
pub mod trust;
