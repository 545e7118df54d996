//! `GET /openapi.json`: the contract of the service (OpenAPI 3.1).

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};

/// The contract. Tests compare it with the parameters and the answers of the code.
const DOCUMENT: &str = include_str!("../../../openapi.json");

pub(super) async fn document() -> Response {
    let mut response = DOCUMENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{
        super::{last, selections, tails},
        *,
    };

    #[test]
    fn the_document_has_the_parameters_that_the_code_reads() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        let parameters: [(&str, &[&str]); 4] = [
            ("/log", &selections::PARAMETERS),
            ("/log/last", &last::PARAMETERS),
            ("/log/tail", &tails::PARAMETERS),
            ("/log/{section}", &[]),
        ];
        for (path, expected) in parameters {
            let told = document["paths"][path]["get"]["parameters"].as_array().unwrap();
            let told = told.iter().filter(|parameter| parameter["in"] == "query");
            let told: Vec<_> = told.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            assert_eq!(told, expected, "{path}");
        }
    }
}
