//! Build information in made-up programs, and any bytes.

use proptest::prelude::*;

use super::super::elf::sample::{Part, file, go_blob, go_program};
use super::*;

const LINES: &str = "path\tk8s.io/kubernetes/cmd/kubelet\nmod\tk8s.io/kubernetes\t(devel)\t\ndep\tk8s.io/api\tv0.31.2\th1:x=\n\
    build\t-compiler=gc\nbuild\t-ldflags=\"all=-X 'k8s.io/component-base/version.gitVersion=v1.31.2' -s -w\"\n\
    build\tvcs.revision=abc\n";

fn framed(lines: &str) -> Vec<u8> {
    [&[b's'; 16], lines.as_bytes(), &[b'e'; 16]].concat()
}

fn program(layout: Layout, name: &str, blob: Vec<u8>, more: Vec<u8>) -> Vec<u8> {
    let parts = [
        Part { name: ".text", address: 0x1000, bytes: b"code".to_vec(), is_data: false },
        Part { name, address: 0x2000, bytes: blob, is_data: true },
        Part { name: ".rodata", address: 0x8000, bytes: more, is_data: false },
    ];
    file(layout, &parts)
}

fn build(bytes: &[u8]) -> Result<Option<GoBuild>, String> {
    read(&Elf::parse(&bytes)?.unwrap())
}

#[test]
fn inline_strings_are_read_by_section_and_from_the_data_segment() {
    let layout = Layout { wide: true, big: false };
    for program in [go_program(LINES), program(layout, ".data", go_blob(LINES), Vec::new())] {
        let found = build(&program).unwrap().unwrap();
        assert_eq!(found.go, "go1.22.8");
        assert_eq!(found.package.as_deref(), Some("k8s.io/kubernetes/cmd/kubelet"));
        assert_eq!(
            found.module,
            Some(Module { path: "k8s.io/kubernetes".into(), version: "(devel)".into() })
        );
        assert_eq!(found.setting("vcs.revision"), Some("abc"));
        let variable = found.link_variable("k8s.io/component-base/version.gitVersion");
        assert_eq!(variable.as_deref(), Some("v1.31.2"));
    }
}

/// Go before 1.18: the strings lie elsewhere, behind headers of address and length.
#[test]
fn strings_behind_addresses_are_read_in_every_layout() {
    for (wide, big) in [(true, false), (true, true), (false, false), (false, true)] {
        let layout = Layout { wide, big };
        let size = layout.word_size();
        let word = |value: usize| {
            let bytes = (value as u64).to_be_bytes()[8 - size..].to_vec();
            if big { bytes } else { bytes.into_iter().rev().collect() }
        };
        let lines = framed("path\tx/y\nmod\tx\tv1.2.3\th1:\n");
        let headers = [word(0x8000 + 4 * size), word(8), word(0x8008 + 4 * size), word(lines.len())].concat();
        let more = [headers, b"go1.17.3".to_vec(), lines].concat();
        let mut blob =
            [MAGIC, &[u8::try_from(size).unwrap(), u8::from(big)], &word(0x8000), &word(0x8000 + 2 * size)]
                .concat();
        blob.resize(HEADER, 0);
        let found = build(&program(layout, ".go.buildinfo", blob.clone(), more)).unwrap().unwrap();
        assert_eq!((found.go.as_str(), found.package.as_deref()), ("go1.17.3", Some("x/y")));
        assert_eq!(found.module.unwrap().version, "v1.2.3");
        assert!(build(&program(layout, ".go.buildinfo", blob, Vec::new())).is_err(), "nothing is there");
    }
}

#[test]
fn other_programs_have_none() {
    let layout = Layout { wide: true, big: false };
    let shifted = [&[0; 8], &go_blob(LINES)[..]].concat();
    for blob in [b"rust".to_vec(), shifted, MAGIC.to_vec()] {
        assert_eq!(build(&program(layout, ".data", blob, Vec::new())), Ok(None));
    }
    let short = go_blob(LINES)[..36].to_vec();
    assert!(build(&program(layout, ".go.buildinfo", short, Vec::new())).is_err());
}

#[test]
fn the_linker_is_told_variables_in_several_spellings() {
    for (flags, expected) in [
        ("-s -w -X main.version=1.2.3", Some("1.2.3")),
        ("-X=main.version=1.2.3", Some("1.2.3")),
        ("--X main.version=1 -X main.version=2", Some("2")),
        ("-X \"main.version=1 2\" -w", Some("1 2")),
        ("all=-X 'main.version=v1'", Some("v1")),
        ("example.com/x=-X main.version=v1", None),
        ("-X main.versions=1", None),
        ("-X 'main.version=1", None),
        ("-extldflags '-X main.version=1'", None),
        ("-X", None),
        ("", None),
    ] {
        let settings = vec![("-ldflags".to_owned(), flags.to_owned())];
        let found = GoBuild { settings, ..GoBuild::default() }.link_variable("main.version");
        assert_eq!(found.as_deref(), expected, "{flags}");
    }
}

#[test]
fn settings_are_unquoted() {
    for (line, expected) in [
        ("-ldflags=\"-X \\\"a.b=c\\\"\\t\\x41\\u00e4\"", Some(("-ldflags", "-X \"a.b=c\"\tAä"))),
        ("`a b`=`c d`", Some(("a b", "c d"))),
        ("CGO_ENABLED=1", Some(("CGO_ENABLED", "1"))),
        ("-tags=", Some(("-tags", ""))),
        ("x", None),
        ("x=\"open", None),
        ("x=\"\\q\"", None),
    ] {
        let found = setting(line);
        let found = found.as_ref().map(|(key, value)| (key.as_str(), value.as_str()));
        assert_eq!(found, expected, "{line}");
    }
}

proptest! {
    #[test]
    fn any_blob_gives_an_answer(
        flags: u8, pointer: u8, rest in proptest::collection::vec(any::<u8>(), 0..80), wide: bool, big: bool,
    ) {
        let blob = [MAGIC, &[pointer, flags], &rest[..]].concat();
        let found = build(&program(Layout { wide, big }, ".go.buildinfo", blob, rest));
        prop_assert!(found.is_err() || found.unwrap().is_none_or(|build| !build.go.is_empty()));
    }

    #[test]
    fn any_setting_is_unquoted_or_refused(line in "[\"`=\\\\a-z]{0,12}", flags in "[-X='\" a.b]{0,20}") {
        let known = setting(&line).is_some();
        prop_assert!(!known || line.contains('='));
        let build = GoBuild { settings: vec![("-ldflags".into(), flags.clone())], ..GoBuild::default() };
        prop_assert!(build.link_variable("a").is_none_or(|value| flags.contains(&value)));
    }
}
