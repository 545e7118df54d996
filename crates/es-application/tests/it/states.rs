//! Applications whose states are compressed and encrypted.

use es_application::prelude::*;
use es_domain::prelude::*;
use es_persistence::{MapperErrorKind, StateFormat, cipher::create_key};

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
struct Page {
    root: Root<Self>,
    text: String,
}

#[events]
impl Page {
    #[event(Written)]
    fn write(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }
}

async fn open(environment: &Environment) -> Application {
    let builder = Application::builder("Wiki").environment(environment.clone());
    builder.open().await.expect("the environment is right")
}

fn environment(key: &str) -> Environment {
    Environment::new("Wiki")
        .with("CIPHER_KEY", key)
        .with("COMPRESSOR_TOPIC", "zstd")
        .with("TRANSCODER_TOPIC", "messagepack")
}

#[tokio::test]
async fn what_the_environment_says_is_done_to_states_and_undone() {
    let app = open(&environment(&create_key(32).expect("there is randomness"))).await;
    let mut page = Page::write(&"swordfish ".repeat(100));
    let recorded = app.save(&mut page).await.expect("the store is memory");
    let state = &recorded[0].notification().event.state;
    assert_eq!(StateFormat::of(state), Some(StateFormat::ENCRYPTED));
    assert!(state.len() < 300 && !state.windows(9).any(|window| window == b"swordfish"));

    let read = app.repository().get(page.id()).await.expect("it was saved");
    assert_eq!(read.text, page.text);
    let event: Option<PageEvent> = recorded[0].decode().expect("it was saved");
    assert!(matches!(event, Some(PageEvent::Written { text }) if text == page.text));
}

#[tokio::test]
async fn a_state_that_was_saved_with_another_key_is_an_error_that_says_so() {
    let keys = || environment(&create_key(32).expect("there is randomness"));
    let app = open(&keys()).await;
    let mut page = Page::write("swordfish");
    let recorded = app.save(&mut page).await.expect("the store is memory");
    let mapper = es_persistence::Mapper::from_environment(&keys()).expect("the environment is right");
    let error = mapper.to_domain::<PageEvent>(&recorded[0].notification().event);
    assert!(matches!(
        error.expect_err("it is another key").kind(),
        MapperErrorKind::Cipher(_)
    ));
}

#[tokio::test]
async fn a_wrong_setting_is_an_error_when_the_application_is_opened() {
    let environment = Environment::new("Wiki").with("CIPHER_KEY", "swordfish");
    let opened = Application::builder("Wiki").environment(environment).open().await;
    let error = opened.expect_err("it is no key").to_string();
    assert!(error.starts_with(r#"CIPHER_KEY is "***""#), "{error}");
}
