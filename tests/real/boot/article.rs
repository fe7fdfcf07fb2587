//! The reference article as a machine: prepared by its own commands, judged, booted again, judged again. What the
//! first report says of the time after the boot, the second one must say of now.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::answer::Answers;
use crate::lab::Lab;
use crate::machine::{Machine, swap_disk};
use crate::root;

/// The article's commands, its mistake with fstab included. CRI-O and Kubernetes are not in Debian: a stand-in runs
/// as crio.service.
const PREPARE: &str = r#"
printf 'net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n' >/etc/sysctl.d/k8s-net-forward.conf
modprobe br_netfilter
echo br_netfilter >>/etc/modules
printf 'net.bridge.bridge-nf-call-ip6tables = 1\nnet.bridge.bridge-nf-call-iptables = 1\n' >/etc/sysctl.d/k8s-br.conf
sysctl --system
update-alternatives --set iptables /usr/sbin/iptables-legacy
update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy
update-alternatives --set arptables /usr/sbin/arptables-legacy
update-alternatives --set ebtables /usr/sbin/ebtables-legacy
swapoff -a
sed -e '/swap/ s/^\#\*/\#/' -i /etc/fstab
modprobe overlay
echo overlay >>/etc/modules
mkdir -p /etc/containers /usr/local/lib/systemd/system /usr/local/bin
printf "[registries.search]\nregistries = ['docker.io']\n" >/etc/containers/registries.conf
cp /bin/sleep /usr/local/bin/crio
printf '[Service]\nExecStart=/usr/local/bin/crio infinity\n[Install]\nWantedBy=multi-user.target\n' >/usr/local/lib/systemd/system/crio.service
systemctl daemon-reload
systemctl enable --now crio
"#;
const FSTAB: &str = "/dev/vda / ext4 defaults 0 1\n/dev/vdb1 none swap sw 0 0\n";

/// Whether both reports agree on every rule that both judge.
pub(crate) fn is_true(lab: &Lab) -> bool {
    println!("      the article, twice");
    let base = root::of("debian12-article", &lab.cache);
    let machine = Machine::build(&base, &lab.cache.join("work"), "", &[]);
    machine.write("/etc/fstab", FSTAB, false);
    machine.write("/boot-lab/prepare", PREPARE, false);
    machine.write("/boot-lab/judge", "--profile article --profile node", false);
    machine.arm(&lab.binary, &BTreeSet::from(["hostname".to_owned()]));
    let disk = machine.disk();
    let swap = swap_disk(&lab.cache);
    let reports: Vec<Value> = (0..2)
        .filter_map(|_| Answers::parse(&machine.boot(&disk, &swap)))
        .map(|answers| answers.report)
        .collect();
    let [before, after] = reports.as_slice() else {
        println!("      the machine did not boot twice");
        return false;
    };
    for (name, report) in [("before", before), ("after", after)] {
        fs::write(lab.cache.join(format!("article-{name}.json")), report.to_string()).unwrap();
    }
    agree(before, after)
}

fn agree(before: &Value, after: &Value) -> bool {
    let (mut judged, mut wrong) = (0, 0);
    for first in before["findings"].as_array().into_iter().flatten() {
        let rule = &first["rule"];
        let second =
            after["findings"].as_array().into_iter().flatten().find(|second| second["rule"] == *rule);
        let predicted = first["boot"]["verdict"].as_str().unwrap_or_default();
        let seen = second.and_then(|second| second["now"]["verdict"].as_str()).unwrap_or_default();
        let both = [predicted, seen].iter().all(|verdict| ["pass", "fail"].contains(verdict));
        judged += usize::from(both);
        if both && predicted != seen {
            println!("      {rule}: predicted {predicted}, after the boot {seen}");
            wrong += 1;
        }
    }
    let verdict = |report: &Value, moment: &str| -> Option<String> {
        let swap = report["findings"].as_array()?.iter().find(|finding| finding["rule"] == "swap-off")?;
        swap[moment]["verdict"].as_str().map(str::to_owned)
    };
    // What the article is known for: swap is off until the reboot.
    let story = [verdict(before, "now"), verdict(before, "boot"), verdict(after, "now")];
    let is_told = story.iter().map(Option::as_deref).eq([Some("pass"), Some("fail"), Some("fail")]);
    println!("      the article: {judged} rules at both moments, {wrong} differ; swap-off {story:?}");
    is_told && wrong == 0 && judged >= 10
}
