//! Menus as distributions write them, in our own words.

use proptest::prelude::*;

use super::*;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A menu as Debian generates it: a plain entry, and older kernels in a submenu.
const DEBIAN: &str = r#"
if [ -s $prefix/grubenv ]; then
  load_env
fi
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
   save_env next_entry
else
   set default="DEFAULT"
fi
if [ x"${feature_menuentry_id}" = xy ]; then
  menuentry_id_option="--id"
else
  menuentry_id_option=""
fi
export menuentry_id_option
function gfxmode {
	set gfxpayload="${1}"
}
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-u' {
	load_video
	if [ x$grub_platform = xxen ]; then insmod xzio; fi
	set root='hd0,gpt1'
	linux	/boot/vmlinuz-6.1.0-2-amd64 root=UUID=u ro  quiet
	initrd	/boot/initrd.img-6.1.0-2-amd64
}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-u' {
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-2-amd64' --class debian $menuentry_id_option 'gnulinux-6.1.0-2-amd64-advanced-u' {
		linux	/boot/vmlinuz-6.1.0-2-amd64 root=UUID=u ro quiet
	}
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-1-amd64' $menuentry_id_option 'gnulinux-6.1.0-1-amd64-advanced-u' {
		linux	/boot/vmlinuz-6.1.0-1-amd64 root=UUID=u ro single
	}
}
"#;

fn booted(default: &str, environment_pairs: &[(&str, &str)]) -> String {
    let text = DEBIAN.replace("DEFAULT", default);
    let grub = Grub::parse(text.as_bytes(), &environment(environment_pairs));
    let (item, _) = grub.default_entry().expect("an entry");
    let linux = item.linux.as_ref().expect("it boots Linux");
    format!("{} {}", linux.kernel, linux.cmdline.join(" "))
}

#[test]
fn the_default_is_a_number_a_title_an_id_or_a_path() {
    let new = "/boot/vmlinuz-6.1.0-2-amd64 root=UUID=u ro quiet";
    let old = "/boot/vmlinuz-6.1.0-1-amd64 root=UUID=u ro single";
    for (default, expected) in [
        ("0", new),
        ("", new),
        ("1>1", old),
        ("1>0", new),
        ("1", new),
        ("gnulinux-advanced-u>gnulinux-6.1.0-1-amd64-advanced-u", old),
        ("Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-1-amd64", old),
        ("gnulinux-simple-u", new),
        ("no such entry", new),
    ] {
        assert_eq!(booted(default, &[]), expected, "{default}");
    }
}

#[test]
fn the_saved_and_the_one_shot_entry_come_from_the_environment() {
    let old = "/boot/vmlinuz-6.1.0-1-amd64 root=UUID=u ro single";
    assert_eq!(booted("${saved_entry}", &[("saved_entry", "1>1")]), old);
    assert_eq!(booted("0", &[("next_entry", "1>1"), ("saved_entry", "0")]), old);
}

#[test]
fn the_line_of_the_linux_command_is_kept() {
    let grub = Grub::parse(DEBIAN.as_bytes(), &BTreeMap::new());
    let line = grub.menu[0].linux.as_ref().expect("linux").line;
    assert!(DEBIAN.lines().nth(line as usize - 1).expect("the line").contains("linux\t/boot"));
}

#[test]
fn variables_in_the_command_line_are_filled_in_and_blscfg_is_seen() {
    let text = "set kernelopts=\"root=/dev/sda1 ro\"\nblscfg\nmenuentry A { linux /vmlinuz-5 $kernelopts $nothing }\n";
    let grub = Grub::parse(text.as_bytes(), &BTreeMap::new());
    assert!(grub.uses_boot_entries);
    assert_eq!(grub.menu[0].linux.as_ref().expect("linux").cmdline, ["root=/dev/sda1", "ro"]);
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(Grub::parse(&bytes, &BTreeMap::new()));
    }

    #[test]
    fn unbalanced_scripts_end(text in "(if |then |else |fi |\\{|\\}|menuentry a |linux /x |\n|;|'|\"|\\$\\{){0,60}") {
        drop(Grub::parse(text.as_bytes(), &BTreeMap::new()));
    }
}
