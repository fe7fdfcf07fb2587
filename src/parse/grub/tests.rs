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
    let grub = Grub::parse(text.as_bytes(), &environment(environment_pairs), None);
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
    let grub = Grub::parse(DEBIAN.as_bytes(), &BTreeMap::new(), None);
    let line = grub.menu[0].linux.as_ref().expect("linux").line;
    assert!(DEBIAN.lines().nth(line as usize - 1).expect("the line").contains("linux\t/boot"));
}

#[test]
fn variables_in_the_command_line_are_filled_in_and_blscfg_is_seen() {
    let text = "set kernelopts=\"root=/dev/sda1 ro\"\nblscfg\nmenuentry A { linux /vmlinuz-5 $kernelopts $nothing }\n";
    let grub = Grub::parse(text.as_bytes(), &BTreeMap::new(), None);
    assert_eq!(grub.boot_entries_at, Some(0));
    assert_eq!(grub.menu[0].linux.as_ref().expect("linux").cmdline, ["root=/dev/sda1", "ro"]);
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(Grub::parse(&bytes, &BTreeMap::new(), None));
    }

    #[test]
    fn unbalanced_scripts_end(text in "(if |then |else |fi |\\{|\\}|menuentry a |linux /x |\n|;|'|\"|\\$\\{){0,60}") {
        drop(Grub::parse(text.as_bytes(), &BTreeMap::new(), None));
    }
}

#[test]
fn a_branch_may_start_on_the_line_of_its_word() {
    for (text, expected) in [
        ("if [ a = b ]; then set default=1; else set default=2; fi", "2"),
        ("if [ a = a ]; then set default=1; else set default=2; fi", "1"),
        ("if [ a = b ]; then set default=1\nelif [ x ]; then set default=3\nelse set default=2\nfi", "3"),
    ] {
        let grub = Grub::parse(text.as_bytes(), &BTreeMap::new(), None);
        assert_eq!(grub.default.as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn tests_are_joined_by_and_and_or() {
    let fedora = "if [ -n \"${boot_counter}\" -a \"${boot_success}\" = \"0\" ]; then\n if [ \"${boot_counter}\" = \"0\" -o \"${boot_counter}\" = \"-1\" ]; then\n set default=1\n fi\nfi\n";
    for (counter, success, expected) in
        [("0", "0", Some("1")), ("-1", "0", Some("1")), ("2", "0", None), ("0", "1", None), ("", "0", None)]
    {
        let text = format!("load_env\n{fedora}");
        let grub = Grub::parse(
            text.as_bytes(),
            &environment(&[("boot_counter", counter), ("boot_success", success)]),
            None,
        );
        assert_eq!(grub.default.as_deref(), expected, "{counter} {success}");
    }
}

#[test]
fn what_an_entry_sets_stays_in_the_entry() {
    let text = "menuentry a {\n set args=single\n}\nmenuentry b {\n linux /vmlinuz-6 ro $args\n}\n";
    let grub = Grub::parse(text.as_bytes(), &BTreeMap::new(), None);
    assert_eq!(grub.menu[1].linux.as_ref().expect("linux").cmdline, ["ro"]);
}

#[test]
fn the_title_may_come_after_the_options() {
    let grub =
        Grub::parse(b"menuentry --class os --id x 'A b' {\n linux /vmlinuz-6\n}\n", &BTreeMap::new(), None);
    assert_eq!((grub.menu[0].title.as_str(), grub.menu[0].id.as_str()), ("A b", "x"));
}

#[test]
fn variables_that_double_each_other_cost_no_more_than_they_say() {
    let mut text = String::from("set a=xxxxxxxx\n");
    for _ in 0..200 {
        text.push_str("set a=\"$a$a\"\n");
    }
    text.push_str("menuentry x { linux /vmlinuz-6 $a }\n");
    let grub = Grub::parse(text.as_bytes(), &BTreeMap::new(), None);
    assert!(grub.is_cut && grub.variables["a"].len() <= LONGEST_BYTES);
    let loads = "load_env\n".repeat(100_000);
    let large: BTreeMap<String, String> = [("a".to_owned(), "x".repeat(100_000))].into();
    assert!(Grub::parse(loads.as_bytes(), &large, None).is_cut);
}

#[test]
fn custom_cfg_is_read_where_it_is_sourced() {
    let text = "menuentry a {\n linux /vmlinuz-5\n}\nif [ -f ${config_directory}/custom.cfg ]; then\n source ${config_directory}/custom.cfg\nfi\n";
    let custom =
        b"set default=mine\nmenuentry b --id mine {\n linux /vmlinuz-6 ro\n}\nsource $prefix/custom.cfg\n";
    let grub = Grub::parse(text.as_bytes(), &BTreeMap::new(), Some(custom));
    let (item, _) = grub.default_entry().expect("an entry");
    let linux = item.linux.as_ref().expect("linux");
    assert_eq!((linux.kernel.as_str(), linux.line, linux.is_custom), ("/vmlinuz-6", 3, true));
    assert_eq!(grub.menu.len(), 2);
}

#[test]
fn a_doubled_angle_bracket_is_part_of_a_title() {
    let text = "set default='a>>b'\nmenuentry x { linux /vmlinuz-5 }\nmenuentry 'a>b' { linux /vmlinuz-6 }\n";
    let grub = Grub::parse(text.as_bytes(), &BTreeMap::new(), None);
    assert_eq!(grub.default_entry().map(|(item, named)| (item.title.as_str(), named)), Some(("a>b", true)));
}

#[test]
fn functions_run_where_they_are_called() {
    let text = "function choose {\n set default=1\n}\nfunction unused { set default=7; }\nchoose\n";
    let grub = Grub::parse(text.as_bytes(), &BTreeMap::new(), None);
    assert_eq!(grub.default.as_deref(), Some("1"));
    let endless = "function f { f; f; }\nf\n";
    assert!(Grub::parse(endless.as_bytes(), &BTreeMap::new(), None).is_cut);
}

#[test]
fn variables_are_unset_and_loaded_by_name() {
    let text = "set default=1\nunset default\nload_env --skip-sig b\n";
    let grub = Grub::parse(text.as_bytes(), &environment(&[("a", "1"), ("b", "2")]), None);
    assert_eq!((grub.default, grub.variables.get("a")), (None, None));
    assert_eq!(grub.variables.get("b").map(String::as_str), Some("2"));
}

#[test]
fn other_files_that_the_menu_reads_are_named() {
    let text = "load_env -f /boot/photon.cfg\nload_env --file=other.env x\nsource $prefix/k8s.cfg\n\
                configfile ($root)/x.cfg\nmenuentry a {\n source /in/an/entry\n}\nload_env\n";
    let grub = Grub::parse(text.as_bytes(), &BTreeMap::new(), None);
    let found: Vec<_> = grub.reads.iter().map(|file| (file.path.as_str(), file.line)).collect();
    assert_eq!(found, [("/boot/photon.cfg", 1), ("other.env", 2), ("/k8s.cfg", 3), ("()/x.cfg", 4)]);
}
