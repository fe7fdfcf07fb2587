//! The IDs that pods with user namespaces get: a range of the user `kubelet`, if there is such a user (`getKubeletMappings`
//! and `MakeUserNsManager` in pkg/kubelet).

use super::{Kubelet, Subsystems};
use crate::fact::{Confidence, Fact, Origin, State, Value};
use crate::host::{Files, Read};
use crate::parse::lines;
use crate::parse::systemd::DEFAULT_PATH;

const USER: &str = "kubelet";
const PASSWD: &str = "/etc/passwd";
const NAME_SERVICE: &str = "/etc/nsswitch.conf";
const IDS: [&str; 2] = ["/etc/subuid", "/etc/subgid"];
/// Asks for the ranges. The kubelet means to do without where it isn't installed, and exits all the same: what
/// `exec.LookPath` returns then is nothing that `os.IsNotExist` knows (kubernetes/kubernetes#141345).
const ASKS: &str = "getsubids";
/// What a pod gets unless `userNamespaces.idsPerPod` says otherwise; ranges begin and end at multiples of it.
const PER_POD: u64 = 65_536;

/// Why the kubelet refuses the ranges, and exits.
pub(super) fn errors(kubelet: &Kubelet, subsystems: &Subsystems<'_>) -> Fact {
    look(kubelet, subsystems.host().files())
        .map_or_else(Fact::unknown, |(found, places)| Fact::findings(found).because_all(places))
        .at_most(Confidence::High)
}

type Found = (Vec<(Origin, String)>, Vec<Origin>);

fn look(kubelet: &Kubelet, files: &Files) -> Result<Found, String> {
    let Some((line, uid)) = user(files)? else { return Ok((Vec::new(), vec![Origin::file(PASSWD)])) };
    let path = kubelet.launch.environment.get("PATH").map(|(_, path)| path.split(':').collect());
    let search: Vec<&str> = path.unwrap_or_else(|| DEFAULT_PATH.to_vec());
    let asks = files.any_is_there(search.iter().map(|directory| format!("{directory}/{ASKS}")));
    if !asks.map_err(|error| error.to_string())? {
        let wrong = format!("there is a user {USER}, and no program {ASKS}");
        return Ok((vec![(Origin::line(PASSWD, line), wrong)], Vec::new()));
    }
    let elsewhere = text(files, NAME_SERVICE)?.into_iter().find(|(_, line)| {
        line.strip_prefix("subid:")
            .is_some_and(|sources| sources.split_whitespace().any(|word| word != "files"))
    });
    if let Some((line, _)) = elsewhere {
        return Err(format!("{NAME_SERVICE}:{line}: the ranges come from elsewhere, too"));
    }
    let [users, groups] = IDS.map(|path| ranges(files, path, &uid));
    Ok(check(kubelet, &users?, &groups?))
}

/// What is wrong with the ranges of both files; if nothing is, where they are.
fn check(kubelet: &Kubelet, users: &[Range], groups: &[Range]) -> Found {
    let mut found = Vec::new();
    let mut places = Vec::new();
    for (path, ranges) in IDS.iter().zip([users, groups]) {
        places.extend(ranges.iter().map(|range| range.0.clone()));
        match ranges {
            [] => found.push((Origin::file(path), format!("{path} has no range of the user {USER}"))),
            [_] => {}
            [_, second, ..] => {
                found.push((second.0.clone(), format!("{path} has several ranges of the user {USER}")));
            }
        }
    }
    let ([(place, first, count)], [(_, other_first, other_count)]) = (users, groups) else {
        return (found, Vec::new());
    };
    let mut wrong = Vec::new();
    if (first, count) != (other_first, other_count) {
        wrong.push(format!("{} and {} differ for the user {USER}", IDS[0], IDS[1]));
    }
    wrong.extend(numbers(kubelet, *first, *count));
    found.extend(wrong.into_iter().map(|text| (place.clone(), text)));
    if found.is_empty() { (found, places) } else { (found, Vec::new()) }
}

/// What is wrong with the numbers of a range.
fn numbers(kubelet: &Kubelet, first: u64, count: u64) -> Vec<String> {
    let number = |key: &str| match kubelet.merged(key).state {
        State::Known(Value::Integer(number)) => u64::try_from(number).ok(),
        _ => None,
    };
    let per_pod = number("userNamespaces.idsPerPod").unwrap_or(PER_POD).max(1);
    let pods = number("maxPods").unwrap_or(0);
    let mut wrong = Vec::new();
    if let Some(large) = [first, count].into_iter().find(|number| u32::try_from(*number).is_err()) {
        wrong.push(format!("{large} is no number of 32 bits"));
    }
    if !first.is_multiple_of(per_pod) || first < per_pod {
        wrong.push(format!("{first} is no multiple of {per_pod} above 0"));
    }
    if !count.is_multiple_of(per_pod) {
        wrong.push(format!("{count} IDs are no multiple of {per_pod}"));
    }
    if count / per_pod < pods {
        wrong.push(format!("{count} IDs are enough for {} pods; maxPods is {pods}", count / per_pod));
    }
    wrong
}

/// The lines of a file; none if there is no such file.
fn text(files: &Files, path: &str) -> Result<Vec<(u32, String)>, String> {
    match files.read(path) {
        Read::There(bytes) => Ok(lines(&bytes).map(|(number, line)| (number, line.into_owned())).collect()),
        Read::Missing(_) => Ok(Vec::new()),
        Read::Hidden(error) => Err(error.to_string()),
    }
}

/// The line of the user and its number, if it exists.
fn user(files: &Files) -> Result<Option<(u32, String)>, String> {
    let users = text(files, PASSWD)?;
    let of_user = |(number, line): &(u32, String)| {
        let mut fields = line.split(':');
        (fields.next() == Some(USER)).then(|| (*number, fields.nth(1).unwrap_or_default().to_owned()))
    };
    Ok(users.iter().find_map(of_user))
}

/// A range: its place, the first ID, and how many.
type Range = (Origin, u64, u64);

fn ranges(files: &Files, path: &str, uid: &str) -> Result<Vec<Range>, String> {
    let range = |(number, line): (u32, String)| {
        let mut fields = line.trim().split(':');
        let owner = fields.next()?;
        let range = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        (owner == USER || (!uid.is_empty() && owner == uid))
            .then(|| (Origin::line(path, number), range.0, range.1))
    };
    Ok(text(files, path)?.into_iter().filter_map(range).collect())
}
