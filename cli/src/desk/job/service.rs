//! Jobs for services: what the custodian's pages do by forms, as JSON below
//! `/api/v1/custodians/{name}`, and its description in OpenAPI.

use std::sync::Arc;

use axum::Json;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::IntoResponse;
use axum::routing::get;
use salus_node::{JsonBody, Problem};
use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme};
use utoipa::openapi::{Components, OpenApi as Document};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::Asked;
use super::known::KnownJob;
use super::told::{JobList, JobTold};
use super::upload::UploadForm;
use super::{Desk, events, upload};
use crate::desk::custodian;
use crate::desk::seat::{Custodian, Seat};
use crate::home::Job;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Salus desks",
        description = "What a custodian's own systems do at its desk: imports, publications and counts, as jobs. \
                       A node serves it when it was started with desks, to services with an access token for the \
                       custodian (docs/api.md, \"Signing in\"). Another custodian's jobs are answered as those of nobody.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    tags((name = "jobs", description = "Long work of a custodian, one job after the other")),
    modifiers(&AccessToken),
)]
struct Description;

/// Tokens by SMART Backend Services.
struct AccessToken;

impl Modify for AccessToken {
    fn modify(&self, document: &mut Document) {
        let scopes = [("custodian/{name}", "Act for the custodian of this name")];
        let flow = ClientCredentials::new("/auth/token", Scopes::from_iter(scopes));
        let scheme = SecurityScheme::OAuth2(OAuth2::new([Flow::ClientCredentials(flow)]));
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("token", scheme);
    }
}

/// The described routes.
pub(super) fn described() -> OpenApiRouter<Desk> {
    let jobs = OpenApiRouter::new()
        .routes(routes!(custodian::told))
        .routes(routes!(jobs, create))
        .routes(routes!(job, remove))
        .routes(routes!(cancel))
        .routes(routes!(commit))
        .routes(routes!(events::events));
    // What arrives is counted while it is written.
    let uploads = OpenApiRouter::new()
        .routes(routes!(bring))
        .layer(DefaultBodyLimit::disable());
    OpenApiRouter::with_openapi(Description::openapi())
        .nest("/api/v1/custodians/{name}", jobs.merge(uploads))
}

/// The routes, with the document that describes them.
pub(super) fn routes() -> axum::Router<Desk> {
    let (routes, description) = described().split_for_parts();
    let json: Arc<str> = description.to_pretty_json().unwrap_or_default().into();
    let document = async move || ([(CONTENT_TYPE, "application/json")], json.to_string());
    routes.route("/api/v1/openapi-desk.json", get(document))
}

/// That a job was asked for, and where it is.
fn accepted(desk: &Desk, job: Job) -> impl IntoResponse + use<> {
    let place = format!("/api/v1/custodians/{}/jobs/{}", job.custodian, job.id);
    let told = JobTold::of(desk, job, None);
    (StatusCode::ACCEPTED, [(LOCATION, place)], Json(told))
}

/// A custodian's jobs, the newest first: those that are not over, and the newest 100 that are.
#[utoipa::path(
    get, path = "/jobs", tag = "jobs",
    params(("name" = String, Path, description = "The custodian")),
    security(("token" = ["custodian/{name}"])),
    responses(
        (status = 200, body = JobList),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
async fn jobs(Seat { desk, name, .. }: Seat<Custodian>) -> Result<Json<JobList>, Problem> {
    let jobs = desk.read(move |home, _| home.jobs(&name)).await?;
    Ok(Json(JobList::of(&desk, jobs)))
}

/// Asks for a job. What is asked for already, and is not over, is given instead.
#[utoipa::path(
    post, path = "/jobs", tag = "jobs",
    params(("name" = String, Path, description = "The custodian")),
    security(("token" = ["custodian/{name}"])),
    request_body = Asked,
    responses(
        (status = 202, body = JobTold, headers(("Location" = String, description = "Where the job is"))),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such custodian, folder, profile or study"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "As many jobs wait as may"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
async fn create(
    Seat { desk, name, .. }: Seat<Custodian>,
    JsonBody(asked): JsonBody<Asked>,
) -> Result<impl IntoResponse, Problem> {
    let job = desk.ask_for(name, asked).await?;
    Ok(accepted(&desk, job))
}

/// Uploads the files of a FHIR export and asks to import them.
#[utoipa::path(
    post, path = "/uploads", tag = "jobs",
    params(("name" = String, Path, description = "The custodian")),
    security(("token" = ["custodian/{name}"])),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 202, body = JobTold, headers(("Location" = String, description = "Where the job is"))),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "More than an upload holds"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "As many jobs wait as may"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
async fn bring(
    Seat { desk, name, .. }: Seat<Custodian>,
    upload::Parts(form): upload::Parts,
) -> Result<impl IntoResponse, Problem> {
    let job = upload::receive(&desk, name, form).await?;
    Ok(accepted(&desk, job))
}

/// A job, with the report of an import.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "jobs",
    params(("name" = String, Path, description = "The custodian"), ("id" = String, Path, description = "The job")),
    security(("token" = ["custodian/{name}"])),
    responses(
        (status = 200, body = JobTold),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No such job"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
async fn job(KnownJob { desk, job }: KnownJob) -> Result<Json<JobTold>, Problem> {
    let telling = desk.clone();
    let told = desk.read(move |home, _| {
        let report = home.job_report(&job.custodian, &job.id)?;
        Ok(JobTold::of(&telling, job, report))
    });
    Ok(Json(told.await?))
}

/// Removes a job that is over: the rows that an import left and its report are destroyed. What is on
/// the ledger stays.
#[utoipa::path(
    delete, path = "/jobs/{id}", tag = "jobs",
    params(("name" = String, Path, description = "The custodian"), ("id" = String, Path, description = "The job")),
    security(("token" = ["custodian/{name}"])),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is not over, or another job needs it"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
async fn remove(KnownJob { desk, job }: KnownJob) -> Result<StatusCode, Problem> {
    desk.remove(job).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a job after the step that it is at. What has entered the ledger stays; a job that is over
/// stays as it is.
#[utoipa::path(
    post, path = "/jobs/{id}/cancel", tag = "jobs",
    params(("name" = String, Path, description = "The custodian"), ("id" = String, Path, description = "The job")),
    security(("token" = ["custodian/{name}"])),
    responses(
        (status = 202, body = JobTold, headers(("Location" = String, description = "Where the job is"))),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
async fn cancel(KnownJob { desk, job }: KnownJob) -> Result<impl IntoResponse, Problem> {
    let job = desk.cancel(&job).await?;
    Ok(accepted(&desk, job))
}

/// Asks to commit the rows of an import as records: a job of its own.
#[utoipa::path(
    post, path = "/jobs/{id}/commit", tag = "jobs",
    params(("name" = String, Path, description = "The custodian"), ("id" = String, Path, description = "The import")),
    security(("token" = ["custodian/{name}"])),
    responses(
        (status = 202, body = JobTold, headers(("Location" = String, description = "Where the new job is"))),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It left no rows, or they were committed already"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem"),
    ),
)]
async fn commit(KnownJob { desk, job }: KnownJob) -> Result<impl IntoResponse, Problem> {
    let job = desk.ask_to_commit(job).await?;
    Ok(accepted(&desk, job))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;

    /// When the interface changes on purpose, run this test with SALUS_WRITE_OPENAPI=1.
    #[test]
    fn the_kept_description_is_that_of_the_code() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi-desk.json");
        let current = described().into_openapi().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("SALUS_WRITE_OPENAPI").is_some() {
            std::fs::write(&path, &current).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(
            kept == current,
            "docs/openapi-desk.json is not what the code says: run this test with \
             SALUS_WRITE_OPENAPI=1 and read the difference"
        );
    }
}
