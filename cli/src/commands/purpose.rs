//! A study's purpose on the command line, in DUO's codes or plain words.

use clap::Args;
use salus_protocol::consent::{DiseaseArea, Permission, Region};
use salus_protocol::purpose::{Ask, Institution, Purpose, Research};

/// What a study is for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Purpose")]
pub(crate) struct PurposeArgs {
    /// The kind of research: general, health, ancestry or a disease area such as `diabetes`;
    /// DUO codes (GRU, HMB, POA, DS:diabetes, DUO:0000006) mean the same.
    #[arg(long, value_name = "RESEARCH", value_parser = parse_research)]
    purpose: Research,
    /// What the study asks of the people it finds: contact, data, or contact-and-data.
    #[arg(long, default_value = "contact", value_parser = parse_ask)]
    ask: Ask,
    /// The institution that runs the study.
    #[arg(long, value_name = "NAME", value_parser = parse_institution)]
    institution: Institution,
    /// Where it is run: africa, asia, eea, other-europe, middle-east, north-america,
    /// latin-america, oceania.
    #[arg(long)]
    region: Region,
    /// Run by an organisation for profit.
    #[arg(long)]
    for_profit: bool,
    /// For commercial use.
    #[arg(long)]
    commercial: bool,
    /// Develops methods, such as software or algorithms.
    #[arg(long)]
    methods: bool,
    /// Studies genetic data only.
    #[arg(long)]
    genetic: bool,
    /// Undertakes to publish its results (DUO PUB).
    #[arg(long)]
    publishes: bool,
    /// Undertakes to collaborate with the primary investigators (DUO COL).
    #[arg(long)]
    collaborates: bool,
    /// Undertakes to return derived data (DUO RTN).
    #[arg(long)]
    returns_data: bool,
    /// Keeps a publication moratorium (DUO MOR).
    #[arg(long)]
    moratorium: bool,
    /// Its users are approved by name (DUO US).
    #[arg(long)]
    approved_users: bool,
}

impl PurposeArgs {
    /// The purpose. It has ethics approval: no answer enters a study before its boards approve.
    pub(crate) fn purpose(&self) -> Purpose {
        Purpose {
            research: self.purpose,
            ask: self.ask,
            institution: self.institution.clone(),
            region: self.region,
            for_profit: self.for_profit,
            commercial: self.commercial,
            methods: self.methods,
            genetic: self.genetic,
            publishes: self.publishes,
            collaborates: self.collaborates,
            returns_data: self.returns_data,
            ethics_approval: true,
            moratorium: self.moratorium,
            approved_users: self.approved_users,
        }
    }
}

pub(super) fn parse_institution(text: &str) -> Result<Institution, String> {
    Institution::new(text).map_err(|error| error.to_string())
}

fn parse_ask(text: &str) -> Result<Ask, String> {
    match text {
        "contact" => Ok(Ask::Contact),
        "data" => Ok(Ask::Data),
        "contact-and-data" => Ok(Ask::ContactAndData),
        _ => Err("use contact, data or contact-and-data".to_owned()),
    }
}

fn parse_research(text: &str) -> Result<Research, String> {
    Ok(match parse_permission(text)? {
        Permission::GeneralResearch => Research::General,
        Permission::HealthResearch => Research::Health,
        Permission::Ancestry => Research::Ancestry,
        Permission::Disease(area) => Research::Disease(area),
    })
}

/// A permission by plain word, by DUO's short name or by its code.
pub(super) fn parse_permission(text: &str) -> Result<Permission, String> {
    Ok(match text {
        "general" | "GRU" | "NRES" | "DUO:0000042" | "DUO:0000004" => Permission::GeneralResearch,
        "health" | "HMB" | "DUO:0000006" => Permission::HealthResearch,
        "ancestry" | "POA" | "DUO:0000011" => Permission::Ancestry,
        other => {
            let area = ["DS:", "DUO:0000007:", "disease:"]
                .iter()
                .find_map(|prefix| other.strip_prefix(prefix))
                .unwrap_or(other);
            let area: DiseaseArea = area.parse().map_err(|_| {
                let areas: Vec<_> = DiseaseArea::ALL.iter().map(ToString::to_string).collect();
                format!(
                    "use general, health, ancestry, or a disease area: {}",
                    areas.join(", ")
                )
            })?;
            Permission::Disease(area)
        }
    })
}
