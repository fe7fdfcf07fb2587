//! One pure parser a file format: bytes in, typed values out. No I/O; any bytes give an answer, never a panic.

pub mod alternatives;
pub mod assignments;
pub mod bdb_hash;
pub mod boot_entry;
pub mod cmdline;
pub mod cpu_list;
pub mod document;
pub mod dpkg_status;
pub mod elf;
pub mod env_file;
pub mod extlinux;
pub mod fstab;
pub mod glob;
pub mod go_address;
pub mod go_bool;
pub mod go_build;
pub mod go_duration;
pub mod go_integer;
pub mod go_path;
pub mod go_regex;
pub mod go_scalar;
pub mod go_strings;
pub mod go_url;
pub mod go_yaml;
pub mod grub;
pub mod hosts;
pub mod image_reference;
pub mod ini;
pub mod iptables_save;
pub mod kernel_config;
pub mod label;
pub mod modprobe_d;
pub mod module_index;
pub mod modules_load_d;
pub mod mountinfo;
pub mod nft_conf;
#[cfg(test)]
mod nft_conf_tests;
pub mod no_proxy;
pub mod preset;
pub mod process;
pub mod quantity;
pub mod resolv_conf;
pub mod rpm_header;
pub mod rpm_ndb;
pub mod shell_line;
pub mod socket_table;
pub mod sqlite;
pub mod swaps;
pub mod sysctl_d;
pub mod systemd;
pub mod tmpfiles_d;
pub mod toml_document;
pub mod unit;
pub mod yaml;
pub mod zypp_locks;

/// The lines of a file with their numbers, counted from 1; invalid UTF-8 is replaced, `\r` before the
/// line end is kept (formats differ in what they make of it).
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = (u32, std::borrow::Cow<'_, str>)> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len()));
    ends.zip(1..).map(move |(end, number)| {
        let line = &bytes[start..end];
        start = end + 1;
        (number, str::from_utf8(line).map_or_else(|_| String::from_utf8_lossy(line), Into::into))
    })
}

/// Some bytes of a place, as numbers are made of; none if fewer are there.
pub(crate) fn bytes_at<const COUNT: usize>(bytes: &[u8], at: usize) -> Option<[u8; COUNT]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Where the lines of a text begin, so that the line of any place is found without reading from the beginning.
#[derive(Debug)]
pub(crate) struct LineStarts(Vec<usize>);

impl LineStarts {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        LineStarts(memchr::memchr_iter(b'\n', bytes).map(|at| at + 1).collect())
    }

    /// The line, counted from 1, in which a byte is.
    pub(crate) fn line(&self, at: usize) -> Option<u32> {
        u32::try_from(self.0.partition_point(|start| *start <= at) + 1).ok()
    }
}

/// The lines of a file as systemd's `read_line` ends them: at a line feed, a carriage return or a NUL. Numbers count
/// line feeds, as editors do.
pub fn systemd_lines(bytes: &[u8]) -> impl Iterator<Item = (u32, std::borrow::Cow<'_, str>)> {
    let mut number = 1;
    bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r' | 0)).map(move |line| {
        let at = number;
        number += u32::from(line.ends_with(b"\n"));
        let line = line
            .strip_suffix(b"\n")
            .or(line.strip_suffix(b"\r"))
            .or(line.strip_suffix(b"\0"))
            .unwrap_or(line);
        (at, String::from_utf8_lossy(line))
    })
}
