//! The units that a boot starts, against the transaction that systemd itself makes of them (`systemd --test`,
//! which starts nothing).

use crate::run::{Oracle, Run};
use crate::transaction::{Transaction, compare, jail, menu, predict};
use crate::units::tree;

pub(crate) static ORACLE: Oracle = Oracle {
    name: "graph",
    says: "the next boot starts the units for which systemd makes a job",
    trees: 600,
    run,
    unknown: &[
        "requires what can't be started",
        "conflicts with",
        "are not followed here",
        "systemd drops one of them",
    ],
};

fn run(run: &mut Run) -> Result<(), String> {
    let jail = jail(&[])?;
    run.trees(&tree(), |(layout, booted), tally| {
        let cmdline = booted.map_or("ro".to_owned(), |unit| format!("ro systemd.unit={unit}"));
        jail.lay(&layout.clone().with("/boot/grub/grub.cfg", menu(&cmdline)));
        let transaction = Transaction::of(&jail, *booted)?;
        compare(predict(&jail)?, &transaction, &ORACLE, tally)
    });
    Ok(())
}
