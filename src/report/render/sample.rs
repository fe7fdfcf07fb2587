//! One report with every verdict, severity and moment, and with text that wants to break a terminal or a format. Each
//! format shows it in a snapshot, and has it read by its consumer's own reader where there is one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use super::{Format, Style};
use crate::engine::finding::{Finding, Judgement, Verdict, Waived};
use crate::engine::identity::Identity;
use crate::engine::waive::{WaiverStatus, WaiverUse};
use crate::fact::{Confidence, Date, Moment, Origin, OriginKind, Reason, Value};
use crate::report::Report;
use crate::rule::waiver::{Target, Waiver};
use crate::rule::{Fix, RuleText, Severity};

/// What a hostile host may put into names, values and paths.
const NASTY: &str = "a\u{1b}[31mb\r\nc\u{9b}31m\u{7f}\u{ad}\u{61c}\u{202e}d\"'<&>|\\\u{7}é漢字";

pub(super) fn report() -> Report {
    Report {
        host: Identity {
            name: Some(NASTY.into()),
            os: Some("Debian GNU/Linux 12 (bookworm)".into()),
            kernel: Some("6.1.0-18-amd64".into()),
            machine_id: None,
            source: "live",
            path: None,
        },
        moments: vec![Moment::Now, Moment::NextBoot],
        profiles: vec!["node".into(), "site".into()],
        variables: BTreeMap::from([
            ("cni".into(), None),
            ("pod-cidr".into(), Some(Value::from("10.244.0.0/16"))),
        ]),
        findings: findings(),
        fail_on: Severity::Error,
        time: UNIX_EPOCH + Duration::from_secs(1_796_061_600),
        duration: Duration::from_micros(2900),
        options: "--profile article".into(),
        waivers: [
            WaiverStatus::Used,
            WaiverStatus::Unused("nothing fails".into()),
            WaiverStatus::Expired,
            WaiverStatus::NoClock,
        ]
        .map(applied)
        .to_vec(),
    }
}

/// Every verdict with every severity, at each moment.
fn findings() -> Vec<Finding> {
    let verdicts = || {
        [
            ("pass", Verdict::Pass),
            ("fail", Verdict::Fail),
            ("unknown", Verdict::Unknown(Reason::from(format!("{NASTY} can't be read: needs root")))),
            ("skip", Verdict::Skip(Reason::from("does not apply: variable cni is not set"))),
            ("waived", Verdict::Waived(Box::new(waived()))),
        ]
    };
    let mut findings = Vec::new();
    findings.push(entry(
        "waived-unknown",
        Severity::Error,
        Some(Verdict::Waived(Box::new(Waived {
            unknown: Some(Reason::from("needs root")),
            owner: None,
            expires: None,
            ..waived()
        }))),
        None,
    ));
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        for (word, verdict) in verdicts() {
            findings.push(entry(
                &format!("{}-{word}", severity.name()),
                severity,
                Some(verdict.clone()),
                Some(verdict),
            ));
        }
    }
    findings.push(entry("only-now", Severity::Error, Some(Verdict::Pass), None));
    findings.push(entry("only-after-reboot", Severity::Error, None, Some(Verdict::Pass)));
    findings.push(entry("lost-at-reboot", Severity::Error, Some(Verdict::Pass), Some(Verdict::Fail)));
    findings.push(entry("mended-by-reboot", Severity::Warning, Some(Verdict::Fail), Some(Verdict::Pass)));
    findings.push(entry(
        "a-rule-with-a-name-that-is-longer-than-any-column-should-be",
        Severity::Info,
        None,
        None,
    ));
    findings
}

fn waived() -> Waived {
    Waived {
        unknown: None,
        reason: format!("Because of {NASTY}").into(),
        owner: Some(NASTY.to_owned().into()),
        expires: Date::new(2026, 12, 31),
        by: Origin::given("waivers.toml", Some(2)),
    }
}

fn applied(status: WaiverStatus) -> WaiverUse {
    let Waived { reason, owner, expires, by, .. } = waived();
    let waiver = Waiver {
        name: "kubeadm:Swap".into(),
        reason,
        owner,
        expires,
        moment: Some(Moment::NextBoot),
        accepts_unknown: false,
        by,
        place: None,
    };
    WaiverUse { waiver, target: Target::Rules(vec!["error-waived".into()]), status }
}

pub(super) fn entry(rule: &str, severity: Severity, now: Option<Verdict>, boot: Option<Verdict>) -> Finding {
    let judged = |verdict: Verdict| Judgement {
        verdict,
        found: format!("vm.swappiness is {NASTY}"),
        expected: "equals 1".into(),
        because: vec![
            Origin::line("/etc/sysctl.d/99-x.conf", 12)
                .says("vm.swappiness = 60")
                .sets("vm.swappiness", "60"),
        ],
        overruled: vec![Origin::named(OriginKind::Kernel, "kernel default")],
        notes: vec![NASTY.into()],
        confidence: Confidence::High,
        blocked: false,
    };
    Finding {
        rule: rule.to_owned().into(),
        severity,
        tags: Arc::new(vec!["tag".into()]),
        prose: Arc::new(RuleText {
            topic: "sample".into(),
            title: format!("What must hold, with {NASTY}").into(),
            why: "Because.".into(),
            fix: Fix { text: Some("run `sysctl --system`".into()), ..Fix::default() },
            refs: vec!["https://kubernetes.io/docs/".into()],
            covers: Vec::new(),
        }),
        fix: None,
        now: now.map(judged).map(Arc::new),
        boot: boot.map(judged).map(Arc::new),
    }
}

/// The sample in a format.
pub(super) fn rendered(format: &Format, width: u16, color: bool) -> String {
    let mut out = Vec::new();
    (format.render)(&report(), Style { width, color, all: true }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
