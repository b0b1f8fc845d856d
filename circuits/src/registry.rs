//! Membership in the registry as constraints. Spec: docs/spec/registry.md, section "Membership".

use salus_protocol::poseidon::Domain;
use salus_protocol::registry::{LEAVES, MembershipProof};

use crate::poseidon;
use crate::r1cs::{Fr, Label, Num, System};

/// Demands that the pair `record`, `consent` is a leaf under `root`.
pub(crate) fn enforce_membership(
    system: &mut System,
    proof: &MembershipProof,
    record: &Num,
    consent: &Num,
    root: &Num,
) {
    let mut node = bottom(system, proof, record, consent);
    for (level, children) in proof.nodes.iter().enumerate() {
        let children: Vec<Num> = children
            .iter()
            .map(|c| system.witness(c.element()))
            .collect();
        one_of(
            system,
            Label {
                name: "registry.path",
                index: level,
            },
            &node,
            &children,
        );
        let label = Label {
            name: "registry.node",
            index: level,
        };
        node = poseidon::hash(system, label, Domain::RegistryNode, &children);
    }
    system.equal(
        Label {
            name: "registry.root",
            index: 0,
        },
        &node,
        root,
    );
}

/// The bottom node, in which the pair stands at the place that two bits write.
fn bottom(system: &mut System, proof: &MembershipProof, record: &Num, consent: &Num) -> Num {
    let place = Fr::from(u64::from(proof.index) % LEAVES as u64);
    let place = system.bits(
        Label {
            name: "registry.place",
            index: 0,
        },
        place,
        2,
    );
    let (mut records, mut consents, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
    for leaf in &proof.leaves {
        let record = system.witness(leaf.record.element());
        let consent = system.witness(leaf.consent.element());
        inputs.extend([record.clone(), consent.clone()]);
        records.push(record);
        consents.push(consent);
    }
    system.choose_into(
        Label {
            name: "registry.record",
            index: 0,
        },
        &place,
        &records,
        record,
    );
    system.choose_into(
        Label {
            name: "registry.consent",
            index: 0,
        },
        &place,
        &consents,
        consent,
    );
    let label = Label {
        name: "registry.leaves",
        index: 0,
    };
    poseidon::hash(system, label, Domain::RegistryLeaves, &inputs)
}

/// Demands that `node` is one of `children`: the product of the differences is zero.
fn one_of(system: &mut System, label: Label, node: &Num, children: &[Num]) {
    let (last, others) = children.split_last().expect("a node has eight children");
    let mut product = node.minus(&others[0]);
    for child in &others[1..] {
        product = system.product(label, &product, &node.minus(child));
    }
    system.enforce(
        label,
        &product,
        &node.minus(last),
        &Num::constant(Fr::from(0u64)),
    );
}
