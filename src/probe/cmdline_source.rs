//! `cmdline-source`: where the kernel command line of the next boot is edited.

use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Confidence, Fact, Moment, Origin, State};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "cmdline-source",
    summary: "The file in which the kernel command line is edited, and the command that brings an edit to the boot loader.",
    details: "\
By the boot loader's entry that starts next: `/etc/default/grub, then run update-grub` on Debian, Ubuntu and their kin, \
`cmdline.txt` of a Raspberry Pi, the boot entries with grubby on RHEL and Fedora. Absent where no configuration of a boot \
loader is found. Made for the fixes of rules: what the command line says is `cmdline`.",
    key: KeySyntax::None,
    answer: Shape::Text,
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let next = subsystems.next_boot();
    let Some(entry) = next.entries.first() else {
        return match &next.reason {
            Some(reason) => Fact::unknown(reason.as_str()),
            None => Fact::absent(),
        };
    };
    let place = entry.because.first().cloned().unwrap_or_default();
    let os = subsystems.os_release();
    if let Some(error) = &os.trouble {
        return Fact::unknown(error.clone());
    }
    let text = source(&place, entry.is_raspberry_pi, &|name| os.is(name));
    match (text, next.gaps.first()) {
        (Some(text), None) => Fact::new(State::from(text.as_str())).because(place.clone()),
        // What can't be read may start something else.
        (Some(text), Some(gap)) => Fact::new(State::from(text.as_str()))
            .because(place.clone())
            .at_most(Confidence::High)
            .note(gap.reason.as_str()),
        (None, Some(gap)) => Fact::unknown(gap.reason.as_str()),
        (None, None) => Fact::absent().because(place.clone()),
    }
}

fn source(place: &Origin, is_raspberry_pi: bool, is_like: &dyn Fn(&str) -> bool) -> Option<String> {
    let path = place.path.as_str();
    if is_raspberry_pi || path.ends_with("extlinux.conf") || path.ends_with("syslinux.cfg") {
        return Some(path.to_owned());
    }
    if path.ends_with("grub.cfg") {
        let command = match () {
            () if is_like("debian") || is_like("ubuntu") => "update-grub".to_owned(),
            () if path.contains("/grub/") => format!("grub-mkconfig -o {path}"),
            () => format!("grub2-mkconfig -o {path}"),
        };
        return Some(format!("/etc/default/grub, then run {command}"));
    }
    let is_entry = path.contains("/loader/entries/");
    match () {
        () if is_entry && (is_like("fedora") || is_like("rhel")) => {
            Some("the boot entries with grubby --update-kernel=ALL".to_owned())
        }
        () if is_entry => Some(format!("/etc/kernel/cmdline and {path}")),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_boot_loader_has_its_file() {
        let debian = |name: &str| name == "debian";
        let fedora = |name: &str| name == "fedora";
        let suse = |name: &str| name == "suse";
        let told =
            |path: &str, is_like: &dyn Fn(&str) -> bool| source(&Origin::line(path, 3), false, is_like);
        assert_eq!(
            told("/boot/grub/grub.cfg", &debian).as_deref(),
            Some("/etc/default/grub, then run update-grub")
        );
        assert_eq!(
            told("/boot/grub2/grub.cfg", &suse).as_deref(),
            Some("/etc/default/grub, then run grub2-mkconfig -o /boot/grub2/grub.cfg")
        );
        assert_eq!(
            told("/boot/loader/entries/a.conf", &fedora).as_deref(),
            Some("the boot entries with grubby --update-kernel=ALL")
        );
        assert_eq!(
            told("/boot/loader/entries/a.conf", &suse).as_deref(),
            Some("/etc/kernel/cmdline and /boot/loader/entries/a.conf")
        );
        assert_eq!(told("/boot/vmlinuz-6.1", &debian), None);
        let pi = Origin::line("/boot/firmware/cmdline.txt", 1);
        assert_eq!(source(&pi, true, &debian).as_deref(), Some("/boot/firmware/cmdline.txt"));
    }
}
