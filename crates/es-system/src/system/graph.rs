//! Pictures of a system.

use std::fmt;

use super::{System, member::Kind};

impl System {
    /// Returns the system as a flow chart in the language of [Mermaid](https://mermaid.js.org).
    ///
    /// Applications are boxes, process applications have round ends, outboxes are flags, and logs from elsewhere are cylinders.
    pub fn to_mermaid(&self) -> String {
        let nodes = self.members.iter().enumerate().map(|(index, member)| {
            let name = member.name.replace('"', "#quot;");
            let (open, close) = match member.kind {
                Kind::Application => ("[", "]"),
                Kind::Process(_) => ("([", "])"),
                Kind::Outbox(..) => (">", "]"),
                Kind::Upstream(_) => ("[(", ")]"),
            };
            format!("    n{index}{open}\"{name}\"{close}\n")
        });
        let edges = self.edges.iter();
        let edges = edges.map(|(leader, follower)| format!("    n{leader} --> n{follower}\n"));
        "flowchart LR\n".to_owned() + &nodes.chain(edges).collect::<String>()
    }

    /// Returns the system as a graph in the language of [Graphviz](https://graphviz.org).
    pub fn to_graphviz(&self) -> String {
        let nodes = self.members.iter().enumerate().map(|(index, member)| {
            let name = member.name.replace('\\', "\\\\").replace('"', "\\\"");
            let shape = match member.kind {
                Kind::Application => "box",
                Kind::Process(_) => "ellipse",
                Kind::Outbox(..) => "cds",
                Kind::Upstream(_) => "cylinder",
            };
            format!("    n{index} [label=\"{name}\", shape={shape}];\n")
        });
        let edges = self.edges.iter();
        let edges = edges.map(|(leader, follower)| format!("    n{leader} -> n{follower};\n"));
        let lines = nodes.chain(edges).collect::<String>();
        format!("digraph system {{\n    rankdir=LR;\n{lines}}}\n")
    }
}

/// Who follows whom, a line for each; then those that are in no pipe.
impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (leader, follower) in &self.edges {
            let (leader, follower) = (&self.members[*leader].name, &self.members[*follower].name);
            writeln!(f, "{leader} -> {follower}")?;
        }
        for (index, member) in self.members.iter().enumerate() {
            if !self.edges.iter().any(|(one, other)| [*one, *other].contains(&index)) {
                writeln!(f, "{}", member.name)?;
            }
        }
        Ok(())
    }
}
