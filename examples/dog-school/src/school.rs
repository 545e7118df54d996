//! The application: what can be done at the school.

use es_application::prelude::*;

use crate::dog::{Dog, DogEvent};

/// A school that remembers its dogs.
#[derive(Clone, Debug)]
pub struct DogSchool {
    app: Application,
}

impl DogSchool {
    /// Opens the school in the store that `env` chooses.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] when a setting is wrong or the store cannot be opened.
    pub async fn open(env: Environment) -> Result<Self, ApplicationError> {
        let app = Application::builder("DogSchool")
            .environment(env)
            .persistence([es_sqlite::factory(), es_postgres::factory()])
            .open()
            .await?;
        Ok(Self { app })
    }

    /// Takes a new dog in.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] when it cannot be saved.
    pub async fn register_dog(&self, name: &str) -> Result<Id<Dog>, ApplicationError> {
        let mut dog = Dog::register(name);
        self.app.save(&mut dog).await?;
        Ok(dog.id())
    }

    /// Teaches a dog a trick.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] when there is no such dog, or it cannot be saved.
    pub async fn add_trick(&self, id: Id<Dog>, trick: &str) -> Result<(), ApplicationError> {
        let mut dog = self.app.repository().get(id).await?;
        dog.add_trick(trick);
        self.app.save(&mut dog).await?;
        Ok(())
    }

    /// All dogs in the order in which they came.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] when they cannot be read.
    pub async fn dogs(&self) -> Result<Vec<Dog>, ApplicationError> {
        let mut dogs = Vec::new();
        for recorded in self.log().await? {
            let Some(event) = recorded.decode_event::<DogEvent>()? else {
                continue;
            };
            if let [DogEvent::Registered { .. }] = event.bodies() {
                dogs.push(self.app.repository().get(event.originator_id()).await?);
            }
        }
        Ok(dogs)
    }

    /// Everything that has happened, read section by section.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] when it cannot be read.
    pub async fn log(&self) -> Result<Vec<Recorded>, ApplicationError> {
        let log = self.app.notification_log();
        let mut items = Vec::new();
        let mut next = Some("1,10".to_owned());
        while let Some(id) = next {
            let section = log.section(&id).await?;
            next = section.next_id().map(str::to_owned);
            items.extend(section.into_items());
        }
        Ok(items)
    }

    /// Closes the school.
    pub async fn close(self) {
        self.app.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(path: &std::path::Path) -> Environment {
        Environment::new("DogSchool")
            .with("PERSISTENCE_MODULE", "sqlite")
            .with("SQLITE_DBNAME", path.to_str().unwrap())
    }

    async fn walk_through(school: &DogSchool) {
        let fido = school.register_dog("Fido").await.unwrap();
        school.add_trick(fido, "roll over").await.unwrap();
        school.add_trick(fido, "fetch ball").await.unwrap();
        let dog = school.app.repository().get(fido).await.unwrap();
        assert_eq!(dog.tricks(), ["roll over", "fetch ball"]);

        let section = school.app.notification_log().section("1,10").await.unwrap();
        assert_eq!(section.id(), Some("1,3"));
        assert_eq!(section.next_id(), None);
        assert_eq!(section.items()[1].topic(), "Dog.TrickAdded");
    }

    #[tokio::test]
    async fn the_school_runs_in_memory() {
        let school = DogSchool::open(Environment::new("DogSchool")).await.unwrap();
        walk_through(&school).await;
    }

    #[tokio::test]
    async fn the_second_run_finds_the_dogs_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("school.sqlite");
        let first = DogSchool::open(environment(&path)).await.unwrap();
        walk_through(&first).await;
        first.close().await;

        let second = DogSchool::open(environment(&path)).await.unwrap();
        let dogs = second.dogs().await.unwrap();
        assert_eq!(dogs.iter().map(Dog::name).collect::<Vec<_>>(), ["Fido"]);
        assert_eq!(dogs[0].tricks(), ["roll over", "fetch ball"]);
    }
}
