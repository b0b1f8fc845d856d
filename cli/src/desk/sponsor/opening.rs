//! Opening a study at a sponsor's desk: the query from the builder, and the study's terms.

use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use salus_ledger::engine::Ledger;
use salus_ledger::key::PublicKey;
use salus_ledger::transaction::{Noise, Policy};
use salus_node::Problem;
use salus_node::pages::{Here, Html, Shell, area_name, region_name};
use salus_node::request::Form;
use salus_node::sign_in::{Identity, Role};
use salus_protocol::consent::{DiseaseArea, Region};
use salus_protocol::purpose::{Ask, Institution, Purpose, Research};
use salus_protocol::query::Explanation;
use serde::Deserialize;

use crate::commands::party::checked_title;
use crate::desk::note::Done;
use crate::desk::patient::consent::Fields;
use crate::desk::seat::{Seat, Sponsor, View};
use crate::desk::{Desk, offered_profile};
use crate::failure::Failure;
use crate::home::{Home, Name};
use crate::path::study::{Terms, ask, open as open_study};

/// Sponsors choose a budget by command; a page's study spends at most this, in tenths of epsilon.
const NOISE_BUDGET: u16 = 20;

#[derive(Debug, Template)]
#[template(path = "desk/opening.html")]
pub(in crate::desk) struct OpeningPage {
    shell: Shell,
    profile: String,
    text: String,
    title: String,
    explanation: Option<Explanation>,
    sponsors: Vec<String>,
    boards: Vec<(String, String)>,
    issuers: Vec<(String, String)>,
    areas: Vec<(String, String)>,
    regions: Vec<(String, String)>,
    today: String,
}

/// A query as the builder sends it.
#[derive(Debug, Deserialize)]
pub(in crate::desk) struct Query {
    profile: String,
    text: String,
}

pub(in crate::desk) async fn form(
    State(desk): State<Desk>,
    identity: Identity,
    Form(query): Form<Query>,
) -> Result<Html<OpeningPage>, Problem> {
    desk.page(move |view| show(view, &identity, query)).await
}

fn show(view: &View<'_>, identity: &Identity, query: Query) -> Result<OpeningPage, Failure> {
    let text = query.text.replace("\r\n", "\n");
    let profile = offered_profile(&query.profile)?.name();
    let asked = ask("as sent", &text, Some(profile))?;
    let sponsors = view.home.sponsor_names()?.into_iter();
    let sponsors: Vec<String> = sponsors
        .filter(|name| identity.may_act(Role::Researcher, name.as_str()))
        .map(|name| name.to_string())
        .collect();
    if sponsors.is_empty() {
        return Err(Failure::NotPermitted {
            message: "you act for no sponsor here".to_owned(),
            help: "a study is opened by a sponsor".to_owned(),
        });
    }
    let state = view.ledger.state()?;
    let named = |(key, party): (&PublicKey, &salus_ledger::state::Party)| {
        (key.to_string(), party.name.to_string())
    };
    Ok(OpeningPage {
        shell: view.shell(&state, "Open a study"),
        title: asked.query.title().to_owned(),
        explanation: asked.query.explain(&asked.profile.profile).ok(),
        profile: query.profile,
        text,
        sponsors,
        boards: state.boards().iter().map(named).collect(),
        issuers: state.issuers().iter().map(named).collect(),
        areas: DiseaseArea::ALL
            .iter()
            .map(|area| (area.to_string(), area_name(*area)))
            .collect(),
        regions: Region::ALL
            .iter()
            .map(|region| (region.to_string(), region_name(*region)))
            .collect(),
        today: state.day().map_or_else(String::new, |day| day.to_string()),
    })
}

pub(in crate::desk) async fn open(
    State(desk): State<Desk>,
    identity: Identity,
    Form(fields): Form<Fields>,
) -> Result<Redirect, Problem> {
    let sent = Sent(fields);
    let seat = Seat::<Sponsor>::of(desk, &identity, sent.one("sponsor"))?;
    let enter = move |home: &Home, ledger: &Ledger, name: &Name| enter(home, ledger, name, &sent);
    seat.act(Done::Opened, enter).await
}

fn enter(home: &Home, ledger: &Ledger, name: &Name, sent: &Sent) -> Result<(), Failure> {
    let text = sent.one("text").replace("\r\n", "\n");
    let sponsor = home.sponsor(name)?;
    let profile = offered_profile(sent.one("profile"))?.name();
    let asked = ask("as sent", &text, Some(profile))?;
    open_study(ledger, &sponsor, &asked, sent.terms()?)?;
    Ok(())
}

/// The form's fields.
struct Sent(Fields);

impl Sent {
    /// A field that is sent once; empty where it is missing.
    fn one(&self, name: &str) -> &str {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        found.next().map_or("", |(_, value)| value.as_str())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let found = self.0.iter().filter(move |(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn ticked(&self, name: &str) -> bool {
        self.all("declares").any(|value| value == name)
    }

    fn read<T: std::str::FromStr>(&self, name: &str) -> Result<T, Failure>
    where
        T::Err: std::fmt::Display,
    {
        read(name, self.one(name))
    }

    fn terms(&self) -> Result<Terms, Failure> {
        let keys = |name: &str| {
            let keys = self.all(name).map(|key| read::<PublicKey>(name, key));
            keys.collect::<Result<Vec<_>, _>>()
        };
        let epsilon = self.one("epsilon");
        Ok(Terms {
            title: checked_title(self.one("title"))?,
            purpose: self.purpose()?,
            expires: self.read("expires")?,
            freshness: 100,
            policy: Policy {
                suppress_up_to: self.read("suppress_up_to")?,
                round_to: self.read("round_to")?,
            },
            boards: keys("board")?,
            approvals_needed: self.read("approvals")?,
            together: keys("together")?,
            noise: match epsilon {
                "" => None,
                text => Some(Noise {
                    epsilon: read("epsilon", text)?,
                    budget: NOISE_BUDGET,
                }),
            },
        })
    }

    fn purpose(&self) -> Result<Purpose, Failure> {
        let research = match self.one("research") {
            "general" => Research::General,
            "health" => Research::Health,
            "ancestry" => Research::Ancestry,
            area => Research::Disease(read("research", area)?),
        };
        let ask = match self.one("ask") {
            "contact" => Ask::Contact,
            "data" => Ask::Data,
            "contact-and-data" => Ask::ContactAndData,
            other => {
                return Err(malformed(
                    "ask",
                    &format!("{other:?} is nothing that a study asks"),
                ));
            }
        };
        let institution = Institution::new(self.one("institution"));
        Ok(Purpose {
            research,
            ask,
            institution: institution.map_err(|error| malformed("institution", &error))?,
            region: self.read("region")?,
            for_profit: self.ticked("for-profit"),
            commercial: self.ticked("commercial"),
            methods: self.ticked("methods"),
            genetic: self.ticked("genetic"),
            publishes: self.ticked("publishes"),
            collaborates: self.ticked("collaborates"),
            returns_data: self.ticked("returns-data"),
            // No answer enters before the boards approve.
            ethics_approval: true,
            moratorium: self.ticked("moratorium"),
            approved_users: self.ticked("approved-users"),
        })
    }
}

fn read<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, Failure>
where
    T::Err: std::fmt::Display,
{
    text.trim().parse().map_err(|error| malformed(name, &error))
}

fn malformed(name: &str, problem: &impl std::fmt::Display) -> Failure {
    let name = name.replace('_', " ");
    Failure::usage(
        format!("{name}: {problem}"),
        "go back and mend it in the form",
    )
}
