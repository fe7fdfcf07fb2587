//! Pods and containers, as a runtime lists them and as the probe `cri` tells them.

use node_preflight::host::NoResponse;
use node_preflight::host::cri::ContainerState;

use super::server::{Script, Socket};
use super::service::{Made, Sandbox};
use super::{LONG, ask};
use crate::probe::cri::live;
use crate::tree::attribute;

/// A ready pod of kube-system.
fn pod(id: &'static str, name: &'static str) -> Sandbox {
    let annotations = vec![("a", "b"), ("kubernetes.io/config.source", "api")];
    Sandbox { id, name, namespace: "kube-system", created: 1_000, annotations, ..Sandbox::default() }
}

/// A container of a pod that runs.
fn runs(id: &'static str, pod: &'static str, name: &'static str) -> Made {
    Made { id, pod, name, state: 1, created: 1_001, ..Made::default() }
}

/// A container that has ended.
fn ended(id: &'static str, pod: &'static str, attempt: u64, exit: Option<u64>) -> Made {
    Made { state: 2, attempt, exit, ..runs(id, pod, "x") }
}

#[test]
fn pods_have_their_containers() {
    let mut gone = pod("2", "etcd-cp1");
    (gone.state, gone.attempt) = (1, 3);
    let script = Script {
        pods: vec![pod("1", "coredns-7db6d8ff4d-x2x9k"), gone],
        containers: vec![
            runs("a", "1", "coredns"),
            ended("b", "1", 2, Some(7)),
            runs("c", "none", "whose-pod-is-gone"),
        ],
        ..Script::crio()
    };
    let found = ask(&[&Socket::runtime(script).path()], LONG).remove(0).unwrap();
    assert_eq!((found.pods.clone(), found.containers.as_ref().unwrap().running), (Ok(1), 2));
    let pods = found.workloads.as_ref().unwrap();
    let said = (&*pods[0].name, &*pods[0].namespace, &*pods[0].source, pods[0].ready, pods[0].created);
    assert_eq!(said, ("coredns-7db6d8ff4d-x2x9k", "kube-system", "api", true, 1_000));
    assert_eq!((pods[1].ready, pods[1].attempt, pods[1].containers.len()), (false, 3, 0));
    let containers: Vec<_> =
        pods[0].containers.iter().map(|one| (&*one.name, one.state, one.attempt, one.exit)).collect();
    let expected = [("coredns", ContainerState::Running, 0, None), ("x", ContainerState::Exited, 2, Some(7))];
    assert_eq!(containers, expected);
}

#[test]
fn only_containers_that_may_fail_are_asked_how_they_ended() {
    let mut gone = pod("2", "b");
    gone.state = 1;
    let script = Script {
        pods: vec![pod("1", "a"), gone],
        // The first time; of a pod that is gone; an older attempt; the newest.
        containers: vec![
            Made { name: "first", ..ended("a", "1", 0, Some(1)) },
            ended("b", "2", 5, Some(1)),
            Made { name: "y", ..ended("c", "1", 4, Some(1)) },
            Made { name: "y", attempt: 5, ..runs("d", "1", "y") },
            Made { name: "z", ..ended("e", "1", 1, Some(137)) },
        ],
        ..Script::crio()
    };
    let found = ask(&[&Socket::runtime(script).path()], LONG).remove(0).unwrap();
    let pods = found.workloads.as_ref().unwrap();
    let exits: Vec<Option<i32>> =
        pods.iter().flat_map(|pod| pod.containers.iter().map(|container| container.exit)).collect();
    assert_eq!(exits, [None, None, None, Some(137), None]);
}

#[test]
fn after_a_reboot_many_have_ended() {
    let names =
        (0..200).map(|number| -> &'static str { Box::leak(format!("init-{number}").into_boxed_str()) });
    let containers = names.map(|name| Made { name, ..ended(name, "1", 1, Some(0)) }).collect();
    let script = Script { pods: vec![pod("1", "a")], containers, ..Script::crio() };
    let found = ask(&[&Socket::runtime(script).path()], LONG).remove(0).unwrap();
    let pods = found.workloads.as_ref().unwrap();
    assert_eq!(pods[0].containers.iter().filter(|container| container.exit == Some(0)).count(), 200);
}

#[test]
fn a_node_of_four_thousand_pods_is_none() {
    let pods = vec![Sandbox { name: "a", ..Sandbox::default() }; 4097];
    let found = ask(&[&Socket::runtime(Script { pods, ..Script::crio() }).path()], LONG).remove(0).unwrap();
    assert_eq!(found.pods, Err(NoResponse::TooMany { limit: 4096 }));
    assert_eq!(found.workloads, Err(NoResponse::TooMany { limit: 4096 }));
    assert!(found.containers.is_ok() && found.status.is_ok());
    let containers = vec![runs("a", "1", "x"); 4097];
    let found = live(&Socket::runtime(Script { containers, ..Script::crio() }));
    let told = "unknown: ListContainers: the answer lists more than 4096 items";
    assert_eq!(attribute(&found, "containers"), told);
    assert!(attribute(&found, "restarting").ends_with("more than 4096 items"));
    assert_eq!(attribute(&found, "pods"), "2");
}

/// As `crictl pods` shows the first node of a cluster of kubeadm.
#[test]
fn the_pods_of_kube_system_are_told_by_name() {
    let names = [
        ("1", "etcd-cp1"),
        ("2", "kube-apiserver-cp1"),
        ("3", "kube-controller-manager-cp1"),
        ("4", "kube-scheduler-cp1"),
        ("5", "kube-proxy-4xq2l"),
        ("6", "coredns-7db6d8ff4d-9m2c4"),
        ("7", "coredns-7db6d8ff4d-x2x9k"),
    ];
    let node = || {
        let mut pods: Vec<Sandbox> = names.iter().map(|(id, name)| pod(id, name)).collect();
        pods.push(Sandbox { namespace: "default", ..pod("8", "web") });
        let containers = names.iter().map(|(id, name)| runs(name, id, "c")).collect();
        Script { pods, containers, ..Script::crio() }
    };
    let down = |script: Script| attribute(&live(&Socket::runtime(script)), "system_pods_down");
    let fact = live(&Socket::runtime(node()));
    let mut sorted = names.map(|(_, name)| name);
    sorted.sort_unstable();
    assert_eq!(attribute(&fact, "system_pods"), format!("[{}]", sorted.join(", ")));
    assert_eq!(attribute(&fact, "system_pods_down"), "none");

    let mut stopped = node();
    stopped.pods[0].state = 1;
    assert_eq!(down(stopped), "[etcd-cp1: not ready]");
    let mut idle = node();
    (idle.containers[5].state, idle.containers[5].attempt, idle.containers[5].exit) = (2, 3, Some(1));
    assert_eq!(
        down(idle),
        "[coredns-7db6d8ff4d-9m2c4: no container of it runs: it exited with 1, attempt 3]"
    );
    let mut empty = node();
    empty.containers.remove(4);
    assert_eq!(down(empty), "[kube-proxy-4xq2l: no container of it runs]");
    // After a reboot the old sandbox is still listed.
    let mut rebooted = node();
    rebooted.pods.push(Sandbox { state: 1, created: 10, ..pod("9", "etcd-cp1") });
    assert_eq!(down(rebooted), "none");
    // A job that is done, and whoever is in another namespace.
    let mut others = node();
    others.pods.push(Sandbox { state: 1, ..pod("9", "helm-install-x") });
    others.pods.push(Sandbox { state: 1, namespace: "default", ..pod("10", "etcd-mine") });
    assert_eq!(down(others), "none");
}

#[test]
fn a_container_that_fails_again_and_again_is_told_from_one_that_was_unlucky() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let restarting = |container: Made, made: u64| {
        let pods = vec![Sandbox { created: made, ..pod("1", "a") }];
        let script = Script { pods, containers: vec![container], ..Script::crio() };
        attribute(&live(&Socket::runtime(script)), "restarting")
    };
    let running = |attempt, created| Made { attempt, created, ..runs("a", "1", "x") };
    assert_eq!(restarting(ended("a", "1", 7, Some(1)), 1), "[kube-system/a x: exited with 1, attempt 7]");
    assert_eq!(restarting(ended("a", "1", 7, Some(0)), 1), "none", "it did its work at last");
    assert_eq!(restarting(ended("a", "1", 0, Some(1)), 1), "none", "it was never started again");
    let untold = "unknown: with which code it ended is not known: kube-system/a x: exited, attempt 7";
    assert_eq!(restarting(ended("a", "1", 7, None), 1), untold);
    assert_eq!(restarting(running(9, now - 60), now - 7_200), "[kube-system/a x: runs, attempt 9]");
    assert_eq!(restarting(running(9, now - 60), now - 65), "none", "the node was booted a minute ago");
    assert_eq!(restarting(running(9, now - 86_400), now - 90_000), "none", "that was yesterday");
    assert_eq!(restarting(running(1, now - 60), now - 7_200), "none", "once");
    assert_eq!(restarting(running(9, 0), 0), "none", "nobody says when");
}
