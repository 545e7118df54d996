//! Deciding in an application.

use es_application::{
    __private::{Attempts, Hooks as _},
    Application, ApplicationError, Changes, ExecuteError,
};
use es_domain::Stamp;
use es_persistence::{
    AppendCondition, DecisionRecorder, EventQuery, Notification, RecorderError, RecorderErrorKind, StoredEvent,
    TaggedRow,
};

use crate::{Decided, Decision, Events, Models, TaggedEvent, event::to_row, plan::Plan};

/// Decisions of an application, beside `save` and `execute`.
pub trait Decide {
    /// Reads what the decision has to know, decides, and stores the events that come of it under the condition that nothing
    /// which matters has happened meanwhile. If something has, all of it is done again.
    ///
    /// What matters is what the models see: an event of their [`Events`](crate::DecisionModel::Events) with all of their
    /// [`tags`](crate::DecisionModel::tags), whoever stores it, also by saving an aggregate in another process. Decisions about
    /// other things go on beside it. If no event comes of it, nothing is stored and nothing is checked.
    ///
    /// # Errors
    ///
    /// [`ExecuteError::Command`] with the error of the decision, after which nothing is stored.
    /// [`ExecuteError::Application`] when the store cannot be read or written, when others were faster in every attempt that
    /// [`Retries`](es_application::Retries) allows, and when there is no Tokio runtime with a timer.
    ///
    /// # Cancel safety
    ///
    /// The events of the last attempt are stored, or none.
    fn decide<D: Decision>(
        &self,
        decision: D,
    ) -> impl Future<Output = Result<Decided<D::Event>, ExecuteError<D::Error>>> + Send;

    /// As [`decide`](Self::decide), and saves aggregates in the same transaction: `&mut user`, or several as for
    /// [`save`](Application::save). They are saved exactly if the events of the decision are stored, or none comes of it and
    /// what the decision depends on has not changed.
    ///
    /// # Errors
    ///
    /// As [`decide`](Self::decide), and as [`save`](Application::save) for the aggregates: a conflict is not tried again,
    /// because the aggregates were read by the caller.
    ///
    /// # Cancel safety
    ///
    /// The events of the last attempt are stored, or none, and the aggregates are as they were.
    fn decide_and_save<D: Decision, C: Changes>(
        &self,
        decision: D,
        changes: C,
    ) -> impl Future<Output = Result<Decided<D::Event>, ExecuteError<D::Error>>> + Send;
}

impl Decide for Application {
    async fn decide<D: Decision>(&self, decision: D) -> Result<Decided<D::Event>, ExecuteError<D::Error>> {
        let (events, notifications) = decide(self, decision, &[]).await?;
        Ok(Decided::new(events, self.recorded_of(notifications)))
    }

    async fn decide_and_save<D: Decision, C: Changes>(
        &self,
        decision: D,
        changes: C,
    ) -> Result<Decided<D::Event>, ExecuteError<D::Error>> {
        let prepared = self.prepare(changes)?;
        let saved = prepared.events();
        let (events, mut notifications) = decide(self, decision, &saved).await?;
        let own = notifications.split_off(notifications.len() - saved.len());
        let positions = own.iter().map(|notification| notification.position).collect();
        let mut recordings = self.recorded_of(notifications);
        recordings.extend(prepared.stored(positions));
        Ok(Decided::new(events, recordings))
    }
}

/// The events of a decision, and the rows that were stored.
type Outcome<E> = (Vec<E>, Vec<Notification>);

/// Decides until nothing has come in between, and stores the events, and `saved` behind them.
async fn decide<D: Decision>(
    app: &Application,
    mut decision: D,
    saved: &[StoredEvent],
) -> Result<Outcome<D::Event>, ExecuteError<D::Error>> {
    let mut attempts = Attempts::of_command(app)?;
    let recorder = app.decision_recorder().await?;
    let mut turn = None;
    loop {
        let (models, query, condition) = known(app, &*recorder, decision.models()).await?;
        let Events(events) = app
            .scope_of()
            .run(|| decision.decide(&models))
            .map_err(ExecuteError::Command)?;
        let mut rows = rows(app, &events)?;
        rows.extend(saved.iter().map(|event| TaggedRow::new(event.clone(), [])));
        let stored = rows.iter().map(|row| row.event.clone()).collect::<Vec<_>>();
        match recorder.insert_tagged(rows, condition).await {
            Ok(positions) => {
                let numbered = positions.into_iter().zip(stored);
                let notifications = numbered.map(|(position, event)| Notification::new(position, event));
                return Ok((events, notifications.collect()));
            }
            // Those who have met take turns from now on.
            Err(error) if is_failed(&error) && attempts.pause().await => {
                drop(turn.take());
                turn = Some(app.turn_at(&query).await);
            }
            Err(error) => return Err(ApplicationError::from(error).into()),
        }
    }
}

/// Reads what the decision has to know. Returns it, the query, and on which condition its events are stored.
async fn known<M: Models>(
    app: &Application,
    recorder: &dyn DecisionRecorder,
    models: M,
) -> Result<(M, EventQuery, Option<AppendCondition>), ApplicationError> {
    let plan = Plan::of(&models, app.mapper_of());
    let Some(query) = plan.query() else {
        return Ok((models, EventQuery::default(), None));
    };
    let found = recorder.select_tagged(query.clone()).await?;
    let condition = AppendCondition::new(query.clone(), found.token.clone());
    Ok((plan.show(models, found)?, query, Some(condition)))
}

fn rows<E: TaggedEvent>(app: &Application, events: &[E]) -> Result<Vec<TaggedRow>, ApplicationError> {
    let row = |event| {
        let stamp = app.scope_of().run(Stamp::now);
        let metadata = stamp.metadata().clone().or(app.metadata_of());
        to_row(app.mapper_of(), &stamp.with_metadata(metadata), event)
    };
    let rows: Result<Vec<_>, _> = events.iter().map(row).collect();
    Ok(rows?)
}

fn is_failed(error: &RecorderError) -> bool {
    *error.kind() == RecorderErrorKind::ConditionFailed
}
