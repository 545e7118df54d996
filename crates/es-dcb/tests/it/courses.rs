//! Students subscribe to courses.

use std::sync::Arc;

use es_application::Application;
use es_dcb::{prelude::*, testing::given};
use es_domain::Uuid;
use serde::{Deserialize, Serialize};
use tokio::{sync::Barrier, task::JoinSet};

use crate::stores;

#[derive(Tag, Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct CourseId(Uuid);

#[derive(Tag, Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct StudentId(Uuid);

#[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
pub(crate) enum CourseEvent {
    Defined {
        #[tag]
        course: CourseId,
        capacity: usize,
    },
    CapacityChanged {
        #[tag]
        course: CourseId,
        capacity: usize,
    },
    Subscribed {
        #[tag]
        student: StudentId,
        #[tag]
        course: CourseId,
    },
    Unsubscribed {
        #[tag]
        student: StudentId,
        #[tag]
        course: CourseId,
    },
}

/// The seats of a course.
#[derive(Clone)]
struct Seats {
    course: CourseId,
    capacity: Option<usize>,
    taken: usize,
}

impl Seats {
    fn of(course: CourseId) -> Self {
        Self {
            course,
            capacity: None,
            taken: 0,
        }
    }
}

impl DecisionModel for Seats {
    type Events = CourseEvent;

    fn tags(&self) -> Tags {
        self.course.into()
    }

    fn apply(&mut self, event: &Recorded<CourseEvent>) {
        match event.body() {
            CourseEvent::Defined { capacity, .. } | CourseEvent::CapacityChanged { capacity, .. } => {
                self.capacity = Some(*capacity);
            }
            CourseEvent::Subscribed { .. } => self.taken += 1,
            CourseEvent::Unsubscribed { .. } => self.taken -= 1,
        }
    }
}

/// The courses of a student.
#[derive(Clone)]
struct Schedule {
    student: StudentId,
    courses: Vec<CourseId>,
}

impl Schedule {
    fn of(student: StudentId) -> Self {
        let courses = Vec::new();
        Self { student, courses }
    }
}

impl DecisionModel for Schedule {
    type Events = CourseEvent;

    fn tags(&self) -> Tags {
        self.student.into()
    }

    fn apply(&mut self, event: &Recorded<CourseEvent>) {
        match event.body() {
            CourseEvent::Subscribed { course, .. } => self.courses.push(*course),
            CourseEvent::Unsubscribed { course, .. } => self.courses.retain(|known| known != course),
            CourseEvent::Defined { .. } | CourseEvent::CapacityChanged { .. } => {}
        }
    }
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the course exists already")]
    Exists,
    #[error("there is no such course")]
    NoSuchCourse,
    #[error("the course is full")]
    CourseFull { capacity: usize },
    #[error("the student takes that course already")]
    AlreadySubscribed,
    #[error("the student takes ten courses already")]
    TooManyCourses,
}

pub(crate) fn define(course: CourseId, capacity: usize) -> impl Decision<Event = CourseEvent, Error = Refused> {
    decision(Seats::of(course), move |seats| match seats.capacity {
        Some(_) => Err(Refused::Exists),
        None => Ok(CourseEvent::Defined { course, capacity }),
    })
}

pub(crate) fn change_capacity(
    course: CourseId,
    capacity: usize,
) -> impl Decision<Event = CourseEvent, Error = Refused> {
    decision(Seats::of(course), move |seats| {
        let known = seats.capacity.ok_or(Refused::NoSuchCourse)?;
        Ok((known != capacity).then_some(CourseEvent::CapacityChanged { course, capacity }))
    })
}

pub(crate) fn subscribe(student: StudentId, course: CourseId) -> impl Decision<Event = CourseEvent, Error = Refused> {
    decision((Seats::of(course), Schedule::of(student)), move |(seats, schedule)| {
        let capacity = seats.capacity.ok_or(Refused::NoSuchCourse)?;
        if seats.taken >= capacity {
            return Err(Refused::CourseFull { capacity });
        }
        if schedule.courses.contains(&course) {
            return Err(Refused::AlreadySubscribed);
        }
        if schedule.courses.len() >= 10 {
            return Err(Refused::TooManyCourses);
        }
        Ok(CourseEvent::Subscribed { student, course })
    })
}

fn course(number: u128) -> CourseId {
    CourseId(Uuid::from_u128(number))
}

fn student(number: u128) -> StudentId {
    StudentId(Uuid::from_u128(1000 + number))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_students_as_many_subscribe_as_there_are_seats() {
    for opened in stores::all().await {
        let school = &opened.app;
        school.decide(define(course(1), 3)).await.unwrap();
        let start = Arc::new(Barrier::new(10));
        let mut students = JoinSet::new();
        for number in 0..10 {
            let (school, start) = (school.clone(), Arc::clone(&start));
            students.spawn(async move {
                start.wait().await;
                school.decide(subscribe(student(number), course(1))).await
            });
        }
        let mut subscribed = 0;
        for outcome in students.join_all().await {
            match outcome {
                Ok(decided) => {
                    assert_eq!(decided.events().len(), 1);
                    assert!(decided.position().is_some());
                    subscribed += 1;
                }
                Err(ExecuteError::Command(refused)) => assert_eq!(refused, Refused::CourseFull { capacity: 3 }),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(subscribed, 3);
    }
}

#[tokio::test]
async fn each_rule_of_the_school_is_kept() {
    for opened in stores::all().await {
        let school = &opened.app;
        let refused = |error| match error {
            ExecuteError::Command(refused) => refused,
            ExecuteError::Application(error) => panic!("{error}"),
        };
        let outcome = school.decide(subscribe(student(1), course(1))).await;
        assert_eq!(refused(outcome.unwrap_err()), Refused::NoSuchCourse);
        for number in 0..11 {
            school.decide(define(course(number), 10)).await.unwrap();
        }
        let outcome = school.decide(define(course(1), 5)).await;
        assert_eq!(refused(outcome.unwrap_err()), Refused::Exists);
        for number in 0..10 {
            school.decide(subscribe(student(1), course(number))).await.unwrap();
        }
        let outcome = school.decide(subscribe(student(1), course(10))).await;
        assert_eq!(refused(outcome.unwrap_err()), Refused::TooManyCourses);
        let outcome = school.decide(subscribe(student(1), course(1))).await;
        assert_eq!(refused(outcome.unwrap_err()), Refused::AlreadySubscribed);
        let unchanged = school.decide(change_capacity(course(1), 10)).await.unwrap();
        assert_eq!((unchanged.events().len(), unchanged.position()), (0, None));
        school.decide(change_capacity(course(1), 1)).await.unwrap();
        let outcome = school.decide(subscribe(student(2), course(1))).await;
        assert_eq!(refused(outcome.unwrap_err()), Refused::CourseFull { capacity: 1 });
    }
}

#[tokio::test]
async fn who_decides_the_same_application_in_memory_needs_no_setting() {
    let school = Application::builder("School").open().await.unwrap();
    school.decide(define(course(1), 1)).await.unwrap();
}

#[test]
fn decisions_are_tested_without_a_store() {
    let (ann, bob) = (student(1), student(2));
    given([
        CourseEvent::Defined {
            course: course(1),
            capacity: 1,
        },
        CourseEvent::Defined {
            course: course(2),
            capacity: 1,
        },
        CourseEvent::Subscribed {
            student: ann,
            course: course(1),
        },
    ])
    .when(subscribe(bob, course(1)))
    .then_error(Refused::CourseFull { capacity: 1 });

    given([CourseEvent::Defined {
        course: course(1),
        capacity: 1,
    }])
    .when(subscribe(bob, course(1)))
    .then([CourseEvent::Subscribed {
        student: bob,
        course: course(1),
    }]);

    given([CourseEvent::Defined {
        course: course(1),
        capacity: 1,
    }])
    .when(change_capacity(course(1), 1))
    .then_nothing();
}
