//! Drivers of container storage and the options that they take (`storage/drivers/overlay`, `storage/drivers/vfs`).

use crate::parse::go_bool;

/// What an option asks of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    /// Something at each of these paths: directories, or anything.
    Path {
        paths: Vec<String>,
        is_directory: bool,
    },
    /// A program that is found by its name.
    Program(&'static str),
    /// A file system with quotas of projects, for this option.
    Quota(String),
}

/// Splits `KEY=VALUE` of an option.
fn split(option: &str) -> Result<(String, &str), String> {
    let (key, value) = option.split_once('=').ok_or("CRI-O accepts KEY=VALUE")?;
    Ok((key.trim().to_ascii_lowercase(), value.trim()))
}

/// What an option asks of the host, for the driver that gets it. Drivers that few builds have are not looked into.
///
/// # Errors
/// What the driver accepts.
pub(crate) fn look(driver: &str, option: &str) -> Result<Need, String> {
    let (key, value) = split(option)?;
    match driver {
        "" | "overlay" | "overlay2" => overlay(&key, value),
        "vfs" => vfs(&key, value).map(|()| Need::Nothing),
        _ => Ok(Need::Nothing),
    }
}

fn overlay(key: &str, value: &str) -> Result<Need, String> {
    let name = ["overlay.", "overlay2.", "."]
        .iter()
        .fold(key, |name, prefix| name.strip_prefix(prefix).unwrap_or(name));
    let accept = |fits: bool, accepts: &str| {
        if fits { Ok(Need::Nothing) } else { Err(format!("CRI-O accepts {accepts}")) }
    };
    let quota = |is_none: bool| if is_none { Need::Nothing } else { Need::Quota(format!("{name}={value}")) };
    let directory = |path: &str| {
        let own = || path.to_owned();
        path.starts_with('/').then(own).ok_or_else(|| "CRI-O accepts absolute paths".to_owned())
    };
    let directories = |paths: Result<_, String>| Ok(Need::Path { paths: paths?, is_directory: true });
    match name {
        "override_kernel_check" | "mountopt" => Ok(Need::Nothing),
        "imagestore" | "additionalimagestore" | "additionallayerstore" | "mount_program"
            if value.is_empty() =>
        {
            Ok(Need::Nothing)
        }
        "size" => accept(is_size(value), "a size such as 10G").map(|_| quota(is_zero(value))),
        "inodes" => {
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let is_number = digits && value.parse::<u64>().is_ok();
            accept(is_number, "a whole number of 0 or more").map(|_| quota(is_zero(value)))
        }
        "imagestore" | "additionalimagestore" => directories(value.split(',').map(directory).collect()),
        "additionallayerstore" => {
            let store = |item: &str| match item.split_once(':') {
                None | Some((_, "ref")) => directory(item.split(':').next().unwrap_or(item)),
                _ => Err("CRI-O accepts DIRECTORY or DIRECTORY:ref".to_owned()),
            };
            directories(value.split(',').map(store).collect())
        }
        "use_composefs" if go_bool::parse(value) == Some(true) => Ok(Need::Program("mkcomposefs")),
        "use_composefs" | "skip_mount_home" | "ignore_chown_errors" => {
            accept(go_bool::parse(value).is_some(), "\"true\" or \"false\"")
        }
        "mount_program" => Ok(Need::Path { paths: vec![value.to_owned()], is_directory: false }),
        "force_mask" => {
            let octal = i32::from_str_radix(value, 8).is_ok();
            accept(
                octal || ["shared", "private"].contains(&value),
                "shared, private or an octal number in quotes",
            )
        }
        _ => Err("the driver overlay has no such option".into()),
    }
}

/// Whether a size or number is none.
fn is_zero(text: &str) -> bool {
    !text.chars().any(|c| ('1'..='9').contains(&c))
}

fn vfs(key: &str, value: &str) -> Result<(), String> {
    match key {
        "vfs.imagestore" | ".imagestore" => Ok(()),
        "vfs.ignore_chown_errors" | ".ignore_chown_errors" if go_bool::parse(value).is_some() => Ok(()),
        "vfs.ignore_chown_errors" | ".ignore_chown_errors" => {
            Err("CRI-O accepts \"true\" or \"false\"".into())
        }
        _ => Err("the driver vfs has no such option".into()),
    }
}

/// A size with a unit or without: `10G`, `1.5 GiB`, `512` (`docker/go-units`).
pub(crate) fn is_size(text: &str) -> bool {
    let Some(end) = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ') else { return false };
    let (number, unit) = match text.as_bytes()[end] {
        b' ' => (&text[..end], &text[end + 1..]),
        _ => text.split_at(end + 1),
    };
    let is_number = number.parse::<f64>().is_ok_and(|number| number >= 0.0);
    let unit = unit.to_ascii_lowercase();
    let is_unit = match unit.as_bytes() {
        [] | [b'b'] => true,
        [first, rest @ ..] => b"kmgtp".contains(first) && matches!(rest, [] | [b'b'] | [b'i', b'b']),
    };
    is_number && is_unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_taken_as_go_units_takes_them() {
        for good in ["10G", "10GB", "10GiB", "1.5 gib", "512", "0", "7b", "10 K"] {
            assert!(is_size(good), "{good}");
        }
        for bad in ["10x", "", "G", "10GiBx", "-1", "10ib", "10Gi", "a10", "10bb", "1  G"] {
            assert!(!is_size(bad), "{bad}");
        }
    }

    #[test]
    fn options_of_a_driver_are_taken_or_refused() {
        for (driver, option) in [
            ("overlay", "overlay.size=0"),
            ("overlay2", "overlay2.mountopt=nodev"),
            ("", "size=0B"),
            ("overlay", "Overlay.Force_Mask=0755"),
            ("overlay", "overlay.skip_mount_home=t"),
            ("overlay", "overlay.imagestore="),
            ("vfs", "vfs.ignore_chown_errors=true"),
            ("zfs", "zfs.anything=1"),
        ] {
            assert_eq!(look(driver, option), Ok(Need::Nothing), "{driver} {option}");
        }
        for (driver, option) in [
            ("overlay", "nonsense"),
            ("overlay", ""),
            ("overlay", "overlay.size=10x"),
            ("overlay", "overlay.inodes=-5"),
            ("overlay", "overlay.skip_mount_home=yes"),
            ("overlay", "overlay.force_mask=rwx"),
            ("overlay", "overlay.nope=1"),
            ("overlay", "vfs.size=1"),
            ("overlay", "overlay.imagestore=a/b"),
            ("overlay", "overlay.additionallayerstore=/a:x"),
            ("vfs", "overlay.size=1"),
            ("vfs", "vfs.mountopt=nodev"),
        ] {
            assert!(look(driver, option).is_err(), "{driver} {option}");
        }
        let need = |paths: &[&str], is_directory| Need::Path {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            is_directory,
        };
        for (option, wanted) in [
            (".imagestore=/a,/b", need(&["/a", "/b"], true)),
            ("additionallayerstore=/a:ref", need(&["/a"], true)),
            ("overlay.mount_program=/p", need(&["/p"], false)),
            ("overlay.use_composefs=true", Need::Program("mkcomposefs")),
            ("overlay.size=10G", Need::Quota("size=10G".into())),
            ("inodes=5", Need::Quota("inodes=5".into())),
        ] {
            assert_eq!(look("overlay", option), Ok(wanted), "{option}");
        }
    }
}
