//! What keeps an application from opening by mistake in memory or in plain text.

use es_persistence::{ApplicationRecorder, EncryptionMode, Environment, MapperConfig, Persistence, Variable};

use crate::ApplicationError;

/// # Errors
///
/// [`ApplicationError::NotEncrypted`] if `REQUIRE_ENCRYPTED` is set and states would be written plain.
pub(crate) fn check_encryption(environment: &Environment, config: &MapperConfig) -> Result<(), ApplicationError> {
    let is_plain = config
        .encryption
        .as_ref()
        .is_none_or(|encryption| encryption.mode == EncryptionMode::Ended);
    if environment.flag("REQUIRE_ENCRYPTED", false)? && is_plain {
        return Err(ApplicationError::NotEncrypted);
    }
    Ok(())
}

/// # Errors
///
/// [`ApplicationError::NotDurable`] if `REQUIRE_DURABLE` is set and events would be gone after a crash.
pub(crate) fn check_durability(
    environment: &Environment,
    module: &dyn Persistence,
    recorder: &dyn ApplicationRecorder,
) -> Result<(), ApplicationError> {
    if environment.flag("REQUIRE_DURABLE", false)? && !recorder.capabilities().durable {
        let module = module.module();
        return Err(ApplicationError::NotDurable { module });
    }
    Ok(())
}

/// Says that the events will be in memory although the settings of another store are there.
pub(crate) fn warn_of_memory(environment: &Environment, module: &dyn Persistence) {
    let is_chosen = ["PERSISTENCE_MODULE", "INFRASTRUCTURE_FACTORY", "FACTORY_TOPIC"]
        .iter()
        .any(|key| environment.get(key).is_some());
    if is_chosen || module.module() != "memory" {
        return;
    }
    if let Some(set) = setting_of_a_store(environment) {
        tracing::warn!(
            application = environment.name(),
            "{set} is set and PERSISTENCE_MODULE is not: events are kept in memory, and are gone when the process ends",
        );
    }
}

fn setting_of_a_store(environment: &Environment) -> Option<&'static str> {
    let is_of_store = |name: &&str| name.starts_with("SQLITE_") || name.starts_with("POSTGRES_");
    let names = Environment::VARIABLES.iter().map(Variable::name);
    names.filter(is_of_store).find(|name| environment.get(name).is_some())
}
