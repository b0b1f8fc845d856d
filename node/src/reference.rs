//! The reference: the interface's description for people, made from the OpenAPI document on the
//! node itself. It needs no script and nothing from elsewhere.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::node::Node;

/// The page's one style sheet.
const STYLE: &str = include_str!("../templates/reference.css");
/// The page may load its style sheet, and nothing else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

#[derive(Debug, Template)]
#[template(path = "reference.html")]
struct Page {
    title: String,
    description: String,
    version: String,
    operations: Vec<Operation>,
    shapes: Vec<Shape>,
}

/// What one method does at one path.
#[derive(Debug)]
struct Operation {
    method: String,
    path: String,
    summary: String,
    description: String,
    parameters: Vec<Line>,
    bodies: Vec<Line>,
    answers: Vec<Line>,
}

/// The shape of something sent or answered.
#[derive(Debug)]
struct Shape {
    name: String,
    description: String,
    fields: Vec<Line>,
}

/// A name, its type, and what it means.
#[derive(Debug)]
struct Line {
    name: String,
    kind: String,
    text: String,
}

/// The routes of the reference and of the document behind it.
pub(crate) fn routes(description: OpenApi) -> Router<Node> {
    let json: Arc<str> = description.to_pretty_json().unwrap_or_default().into();
    let page: Arc<str> = page(&json).render().unwrap_or_default().into();
    let typed = |media: &'static str, text: Arc<str>| {
        get(async move || ([(CONTENT_TYPE, media)], text.to_string()))
    };
    Router::new()
        .route("/api/v1/openapi.json", typed("application/json", json))
        .route(
            "/api/v1/reference",
            get(async move || {
                let media = HeaderValue::from_static("text/html; charset=utf-8");
                let headers = [(CONTENT_TYPE, media), (CONTENT_SECURITY_POLICY, POLICY)];
                (headers, page.to_string()).into_response()
            }),
        )
        .route(
            "/api/v1/reference.css",
            typed("text/css; charset=utf-8", STYLE.into()),
        )
}

fn page(json: &str) -> Page {
    let document: Value = serde_json::from_str(json).unwrap_or_default();
    let info = &document["info"];
    let paths = entries(&document["paths"]);
    let operations = paths.flat_map(|(path, methods)| {
        entries(methods).map(move |(method, operation)| Operation::of(path, method, operation))
    });
    let shapes = entries(&document["components"]["schemas"]);
    Page {
        title: text(&info["title"]),
        description: text(&info["description"]),
        version: text(&info["version"]),
        operations: operations.collect(),
        shapes: shapes.map(|(name, shape)| Shape::of(name, shape)).collect(),
    }
}

impl Operation {
    fn of(path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array();
        let contents = |body: &Value| -> Vec<(String, String)> {
            let media = entries(&body["content"]);
            media
                .map(|(media, content)| (media.to_owned(), kind(&content["schema"])))
                .collect()
        };
        let answers = entries(&operation["responses"]).map(|(status, response)| Line {
            name: status.to_owned(),
            kind: contents(response)
                .into_iter()
                .map(|(media, kind)| format!("{kind} ({media})"))
                .collect::<Vec<_>>()
                .join(", "),
            text: text(&response["description"]),
        });
        Self {
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            description: text(&operation["description"]),
            parameters: parameters
                .into_iter()
                .flatten()
                .map(|parameter| Line {
                    name: text(&parameter["name"]),
                    kind: kind(&parameter["schema"]),
                    text: text(&parameter["description"]),
                })
                .collect(),
            bodies: contents(&operation["requestBody"])
                .into_iter()
                .map(|(name, kind)| Line {
                    name,
                    kind,
                    text: String::new(),
                })
                .collect(),
            answers: answers.collect(),
        }
    }
}

impl Shape {
    fn of(name: &str, shape: &Value) -> Self {
        Self {
            name: name.to_owned(),
            description: text(&shape["description"]),
            fields: fields(shape),
        }
    }
}

/// The fields of a shape, those of its parts and alternatives included.
fn fields(shape: &Value) -> Vec<Line> {
    let own = entries(&shape["properties"]).map(|(name, field)| Line {
        name: name.to_owned(),
        kind: kind(field),
        text: text(&field["description"]),
    });
    let mut lines: Vec<Line> = own.collect();
    for parts in ["allOf", "oneOf"] {
        for part in shape[parts].as_array().into_iter().flatten() {
            match reference(part) {
                Some(name) => lines.push(Line {
                    name: "(more)".to_owned(),
                    kind: name,
                    text: "and all its fields".to_owned(),
                }),
                None => lines.extend(fields(part)),
            }
        }
    }
    lines
}

/// A type in words.
fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return name;
    }
    if let Some(fixed) = schema["enum"].as_array() {
        let fixed: Vec<String> = fixed.iter().map(text).collect();
        return fixed.join(" or ");
    }
    for parts in ["oneOf", "allOf"] {
        if let Some(parts) = schema[parts].as_array() {
            let kinds: Vec<String> = parts.iter().map(kind).collect();
            return kinds.join(" or ");
        }
    }
    let kinds: Vec<String> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect(),
        one => vec![text(one)],
    };
    let kinds = kinds.join(" or ");
    if schema["items"].is_null() {
        kinds
    } else {
        format!("{kinds} of {}", kind(&schema["items"]))
    }
}

/// The name of the shape that a schema refers to.
fn reference(schema: &Value) -> Option<String> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    Some(name.to_owned())
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let object = value.as_object().into_iter().flatten();
    object.map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
