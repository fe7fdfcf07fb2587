//! Which minor versions of kubeadm a statement holds for.

/// Minor versions of Kubernetes 1, as ranges that include both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Minors {
    ranges: [Option<(u64, u64)>; 2],
}

impl Minors {
    pub(crate) const ALL: Minors = Minors::from(0);

    pub(crate) const fn between(first: u64, last: u64) -> Self {
        Minors { ranges: [Some((first, last)), None] }
    }

    pub(crate) const fn from(first: u64) -> Self {
        Minors::between(first, u64::MAX)
    }

    pub(crate) const fn until(last: u64) -> Self {
        Minors::between(0, last)
    }

    /// All versions but these; of these there is one range.
    pub(crate) fn others(self) -> Self {
        let Some((first, last)) = self.ranges[0] else { return Minors::ALL };
        let below = first.checked_sub(1).map(|last| (0, last));
        let above = last.checked_add(1).map(|first| (first, u64::MAX));
        Minors { ranges: [below, above] }
    }

    pub(crate) fn has(self, minor: u64) -> bool {
        self.ranges.iter().flatten().any(|(first, last)| (*first..=*last).contains(&minor))
    }
}

/// The versions that refuse something, and those of which it is known whether they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusing {
    yes: Minors,
    known: Minors,
}

/// What an installed kubeadm makes of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Refuses,
    /// Some versions refuse it, and whether this one does is not known.
    MayRefuse,
    Takes,
}

/// The oldest version that reads the newest form of its configuration (v1beta4).
const OLDEST_IN_USE: u64 = 31;
/// The newest version whose answers are recorded.
pub(crate) const NEWEST_KNOWN: u64 = 36;

impl Refusing {
    /// Every version refuses it: the sources of 1.27 to 1.36 agree, and older ones read no newer file.
    pub(crate) const ALWAYS: Refusing = Refusing { yes: Minors::ALL, known: Minors::ALL };
    /// The one version whose answers were recorded; no source tells since when it is so.
    #[allow(dead_code)] // Rows without a source use it; at the moment all have one.
    pub(crate) const RECORDED: Refusing = Refusing {
        yes: Minors::between(NEWEST_KNOWN, NEWEST_KNOWN),
        known: Minors::between(NEWEST_KNOWN, NEWEST_KNOWN),
    };

    /// The source of this version and of later ones refuses it; older sources were not read.
    pub(crate) const fn since(first: u64) -> Self {
        Refusing { yes: Minors::from(first), known: Minors::from(first) }
    }

    /// These versions refuse it, and it is known what the others up to the newest known one do.
    pub(crate) const fn exactly(yes: Minors) -> Self {
        Refusing { yes, known: Minors::until(NEWEST_KNOWN) }
    }

    /// What a kubeadm of this minor version makes of it, or one whose version is not known.
    pub(crate) fn by(self, installed: Option<u64>) -> Judgement {
        let Some(minor) = installed else {
            let mut in_use = OLDEST_IN_USE..=NEWEST_KNOWN;
            return match in_use.clone().any(|minor| self.yes.has(minor)) {
                true if in_use.all(|minor| self.yes.has(minor)) => Judgement::Refuses,
                true => Judgement::MayRefuse,
                false => Judgement::Takes,
            };
        };
        match (self.yes.has(minor), self.known.has(minor)) {
            (true, _) => Judgement::Refuses,
            (false, true) => Judgement::Takes,
            (false, false) => Judgement::MayRefuse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_their_ends_and_their_others() {
        let some = Minors::between(27, 32);
        assert!(some.has(27) && some.has(32) && !some.has(26) && !some.has(33));
        let others = some.others();
        assert!(others.has(26) && others.has(33) && !others.has(27) && !others.has(32));
        assert!(!Minors::ALL.others().has(0));
    }

    #[test]
    fn a_statement_counts_for_the_versions_that_it_is_known_of() {
        let until_33 = Refusing::exactly(Minors::until(33));
        for (refusing, installed, expected) in [
            (Refusing::ALWAYS, Some(22), Judgement::Refuses),
            (Refusing::ALWAYS, None, Judgement::Refuses),
            (Refusing::RECORDED, Some(36), Judgement::Refuses),
            (Refusing::RECORDED, Some(35), Judgement::MayRefuse),
            (Refusing::RECORDED, None, Judgement::MayRefuse),
            (Refusing::since(31), Some(30), Judgement::MayRefuse),
            (Refusing::since(31), Some(37), Judgement::Refuses),
            (Refusing::since(31), None, Judgement::Refuses),
            (until_33, Some(33), Judgement::Refuses),
            (until_33, Some(34), Judgement::Takes),
            (until_33, Some(37), Judgement::MayRefuse),
            (until_33, None, Judgement::MayRefuse),
        ] {
            assert_eq!(refusing.by(installed), expected, "{refusing:?} {installed:?}");
        }
    }
}
