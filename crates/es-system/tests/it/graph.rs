//! Mistakes in systems, and pictures of them.

use es_application::prelude::*;
use es_system::{Mistake, SystemError, prelude::*};

use crate::{
    outbox::Mails,
    school::{Counters, Dog},
    shop::Fulfilment,
};

fn mistakes(system: &System) -> Vec<Mistake> {
    match system.check() {
        Err(SystemError::Mistakes(mistakes)) => mistakes.mistakes,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn all_mistakes_are_told_before_anything_is_opened_with_the_graph() {
    let mut system = System::new();
    let dogs = system.application("DogSchool");
    let cats = system.application("dogschool");
    let _empty = system.application(" ");
    let _follows_nothing = system.process(Counters);
    system.pipe([dogs, cats]);
    system.pipe([dogs]);
    let foreign = System::new().application("Elsewhere");
    system.pipe([foreign, cats]);
    // A store that is not there is no matter, because nothing is opened.
    let environment = Environment::new("School").with("PERSISTENCE_MODULE", "nothing");
    let error = TaskRunner::start(system, environment).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the system cannot run:\n\
         - a pipe leads to nothing: name at least two nodes\n\
         - a node of another system was used: use what `application`, `process`, `outbox` and `upstream` of this one return\n\
         - there are two members called \"dogschool\": give each a name of its own, with more than capitals to tell them apart\n\
         - \" \" is not a name: write some letters; names that begin with `es.` are taken\n\
         - dogschool cannot follow DogSchool, because it has no policy: add it by `process`, or take it out of the pipe\n\
         - Counters has a policy and follows nothing: put it behind an application by `pipe`\n\
         This is the system:\n\
         DogSchool -> dogschool\n \nCounters\n"
    );
}

#[tokio::test]
async fn an_outbox_has_no_log_and_an_upstream_no_outbox() {
    let elsewhere = Application::builder("Elsewhere").environment(Environment::new("Elsewhere"));
    let elsewhere = elsewhere.open().await.unwrap();
    let mut system = System::new();
    let dogs = system.application("DogSchool");
    let mails = system.outbox(dogs, Mails::default());
    let counters = system.process(Counters);
    system.pipe([mails, counters]);
    let elsewhere = system.upstream(&elsewhere);
    system.outbox(elsewhere, Mails::default());
    system.deadlines::<Fulfilment>(elsewhere);
    let no_application = |part: &str| Mistake::NoApplication {
        part: part.to_owned(),
        name: "Elsewhere".to_owned(),
    };
    assert_eq!(
        mistakes(&system),
        [
            no_application("Mails"),
            no_application("Fulfilment"),
            Mistake::SameName { name: "Mails".into() },
            Mistake::NoLog {
                follower: "Counters".into(),
                leader: "Mails".into()
            },
        ]
    );
}

#[test]
fn a_system_is_printed() {
    let mut system = System::new();
    let dogs = system.application("Dog \"School\"");
    let counters = system.process(Counters);
    system.pipe([dogs, counters, counters]);
    system.outbox(dogs, Mails::default());
    system.check().unwrap();
    assert_eq!(
        system.to_string(),
        "Dog \"School\" -> Counters\nCounters -> Counters\nDog \"School\" -> Mails\n"
    );
    assert_eq!(
        system.to_mermaid(),
        "flowchart LR\n    n0[\"Dog #quot;School#quot;\"]\n    n1([\"Counters\"])\n    n2>\"Mails\"]\n    n0 --> n1\n    n1 --> n1\n    n0 --> n2\n"
    );
    assert_eq!(
        system.to_graphviz(),
        "digraph system {\n    rankdir=LR;\n    n0 [label=\"Dog \\\"School\\\"\", shape=box];\n    n1 [label=\"Counters\", shape=ellipse];\n    n2 [label=\"Mails\", shape=cds];\n    n0 -> n1;\n    n1 -> n1;\n    n0 -> n2;\n}\n"
    );
}

#[tokio::test]
#[should_panic(expected = "the node is one of another system")]
async fn a_node_of_another_system_is_refused() {
    let mut system = System::new();
    system.application("DogSchool");
    let foreign = System::new().application("Elsewhere");
    let runner = TaskRunner::start(system, Environment::new("School")).await.unwrap();
    drop(runner.application(foreign).save(&mut Dog::register("Fido")).await);
}
