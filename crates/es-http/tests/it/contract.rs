//! The OpenAPI document, compared with what the service does.

use std::{process::Stdio, time::Duration};

use es_domain::Metadata;
use es_http::server::Limits;
use serde_json::Value;
use tokio::process::Command;

use crate::{
    programs,
    school::{dog, trainer},
    served::{Served, http},
    world::app,
};

/// What is wrong with `value`, by the parts of JSON Schema that the document uses.
fn fault(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let path = name.strip_prefix('#').unwrap();
        return fault(document, document.pointer(path).unwrap(), value);
    }
    let wrong = || Some(format!("{value} is not {schema}"));
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.is_empty() && !types.iter().any(|allowed| allowed == kind) {
        return wrong();
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|allowed| !allowed.contains(value))
    {
        return wrong();
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_u64(), value.as_u64())
        && number < least
    {
        return wrong();
    }
    match value {
        Value::Array(items) => items.iter().find_map(|item| fault(document, &schema["items"], item)),
        Value::Object(fields) => {
            let required = schema["required"].as_array().into_iter().flatten();
            let mut missing = required.filter(|name| !fields.contains_key(name.as_str().unwrap()));
            if let Some(name) = missing.next() {
                return Some(format!("{name} is missing"));
            }
            fields
                .iter()
                .find_map(|(name, field)| match schema["properties"].get(name) {
                    Some(schema) => fault(document, schema, field),
                    None => Some(format!("{name} is not in the document")),
                })
        }
        _ => None,
    }
}

#[tokio::test]
async fn every_answer_is_as_the_document_says() {
    let app = app().await;
    let annotated = app.with_metadata(Metadata::new().with("user", "ann"));
    dog(&annotated, "Fido", &["sit"]).await;
    trainer(&app, "Ann").await;
    let served = Served::with(&app, Limits::default(), |permission| permission.families(["Dog"])).await;
    let document = served.json("/openapi.json").await;
    let seen = "/log?seen=1/00000000-0000-0000-0000-000000000001";
    for (path, request, status) in [
        ("/log/{section}", "/log/1,2", 200),
        ("/log/{section}", "/log/9,9", 200),
        ("/log/{section}", "/log/x", 400),
        ("/log", "/log", 200),
        ("/log", "/log?limit=0", 200),
        ("/log", "/log?x=1", 400),
        ("/log", "/log?families=Trainer", 403),
        ("/log", seen, 409),
        ("/log/last", "/log/last", 200),
        ("/log/last", "/log/last?after=x", 400),
        ("/log/tail", "/log/tail?after=x", 400),
        ("/health", "/health", 200),
    ] {
        let response = served.get(request).await;
        assert_eq!(response.status(), status, "{request}");
        let mut told = &document["paths"][path]["get"]["responses"][status.to_string()];
        if let Some(name) = told["$ref"].as_str() {
            told = document.pointer(name.strip_prefix('#').unwrap()).unwrap();
        }
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        let schema = told["content"]
            .get(&kind)
            .unwrap_or_else(|| panic!("{request}: {kind}"));
        let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(fault(&document, &schema["schema"], &body), None, "{request}");
    }
    // The check can fail.
    let broken = serde_json::json!({"items": [{"id": 0}], "reached": 1, "contiguous": true});
    let page = serde_json::json!({"$ref": "#/components/schemas/Page"});
    assert!(fault(&document, &page, &broken).is_some());
    for path in document["paths"].as_object().unwrap().keys() {
        let response = http()
            .get(format!("{}{}", served.base(), path.replace("{section}", "1,2")))
            .send()
            .await;
        let is_open = document["paths"][path]["get"]["security"].is_array();
        assert_eq!(response.unwrap().status(), if is_open { 200 } else { 401 }, "{path}");
    }
}

/// Thousands of requests that the document allows, and thousands that it does not, thought up by schemathesis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemathesis_finds_no_fault() {
    let Some(program) = programs::find("ES_SCHEMATHESIS", "schemathesis") else {
        return programs::left_out("schemathesis is not installed");
    };
    let app = app().await;
    for _ in 0..5 {
        dog(&app, "Fido", &["sit", "jump"]).await;
    }
    let limits = Limits::default().wait(Duration::from_millis(5));
    let served = Served::with(&app, limits, |permission| permission).await;
    let examples = std::env::var("ES_SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_unset| "15".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .args([
            "run",
            &format!("{}/openapi.json", served.base()),
            "--url",
            &served.base(),
        ])
        .args(["--header", &format!("Authorization: Bearer {}", served.token.reveal())])
        .args([
            "--exclude-path",
            "/log/tail",
            "--max-examples",
            &examples,
            "--seed",
            "1",
            "--no-color",
        ])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}{errors}");
    assert!(
        text.contains("4 passed"),
        "every path but the endless one was tried: {text}"
    );
}
