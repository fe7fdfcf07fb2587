use crate::tree::{Tree, attribute, text};

const UNIT: &str = "/usr/lib/systemd/system/kubelet.service";
const CONFIG: &str = "/var/lib/kubelet/config.yaml";

fn node(fields: &str, machine: &str) -> Tree {
    let config = format!("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n{fields}");
    Tree::new()
        .file(UNIT, format!("[Service]\nExecStart=/usr/bin/kubelet --config={CONFIG}\n"))
        .file(CONFIG, config)
        .machine(machine)
}

#[test]
fn what_the_page_says_is_told_in_a_word() {
    for (page, state, says) in [
        ("answered = { status = 200, body = \"ok\" }", "healthy", "ok"),
        ("answered = { status = 500, body = \"[-]syncloop failed\\n\" }", "unhealthy", "[-]syncloop failed"),
        ("answered = { status = 404 }", "unhealthy", "status 404"),
    ] {
        let fact = node("", &format!("[pages.\"10248/healthz\"]\n{page}\n")).now("kubelet-health");
        assert_eq!((attribute(&fact, "state").as_str(), attribute(&fact, "says").as_str()), (state, says));
    }
    let fact = node("", "[pages]\n\"10248/healthz\" = \"refused\"\n").now("kubelet-health");
    assert_eq!(attribute(&fact, "state"), "refused");
    assert_eq!(fact.because[0].path, "http://127.0.0.1:10248/healthz");
}

#[test]
fn the_configuration_says_where_it_listens() {
    let machine = "[pages]\n\"1234/healthz\" = { answered = { status = 200, body = \"ok\" } }\n";
    assert_eq!(attribute(&node("healthzPort: 1234\n", machine).now("kubelet-health"), "port"), "1234");
    for (fields, expected) in [
        ("healthzPort: 0\n", "absent"),
        ("", "unknown: http://127.0.0.1:10248/healthz: the recording doesn't say what answers there"),
        ("healthzPort: 99999\n", "unknown: healthzPort is 99999"),
        (
            "healthzPort: 1234\nhealthzBindAddress: 192.0.2.1\n",
            "unknown: healthzBindAddress is 192.0.2.1; only 127.0.0.1 is asked",
        ),
    ] {
        assert_eq!(text(&node(fields, machine).now("kubelet-health")), expected, "{fields}");
    }
    assert_eq!(Tree::new().machine("").now_text("kubelet-health"), "absent", "not installed");
    let fresh = Tree::new().file(UNIT, "[Service]\nExecStart=/usr/bin/kubelet --config=/c\n").machine("");
    assert_eq!(fresh.now_text("kubelet-health"), "absent", "not configured");
}
