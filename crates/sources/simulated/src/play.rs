use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{Notification, Severity, Signal};

use crate::cluster::Inner;
use crate::gossip;
use crate::node::Node;
use crate::story::{Network, PLOTS, Step, steps};

/// The shortest sleep: tokio's timers know no shorter one.
const TICK: Duration = Duration::from_millis(1);

/// The story as it is being told.
pub(crate) struct Play {
    cluster: Arc<Inner>,
    begun: DateTime<Utc>,
    nodes: Vec<Node>,
    steps: std::vec::IntoIter<Step>,
}

impl Play {
    pub(crate) fn new(cluster: Arc<Inner>, begun: DateTime<Utc>) -> Self {
        let mut random = cluster.random.clone();
        let nodes = PLOTS.iter().map(|plot| Node::new(plot, &cluster.cluster, random.fork())).collect();
        Self { cluster, begun, nodes, steps: steps().into_iter() }
    }

    /// What is said next, once it is time; `None`: all is said.
    ///
    /// It is stamped with when it is due, and not with when it was said: however late a sleep ends, and after one that
    /// was very late several steps come at once, the story is the same.
    pub(crate) async fn next(&mut self) -> Option<Vec<Signal>> {
        let step = self.steps.next()?;
        let at = self.cluster.due(self.begun, step.second);
        self.wait(at).await;
        Some(self.tell(step, at))
    }

    async fn wait(&self, until: DateTime<Utc>) {
        // By the clock in the end: it may have been set forward, or go on more slowly than the timers.
        while let Ok(left) = (until - self.cluster.clock.now()).to_std()
            && !left.is_zero()
        {
            tokio::time::sleep(left.max(TICK)).await;
        }
    }

    fn tell(&mut self, step: Step, at: DateTime<Utc>) -> Vec<Signal> {
        let mut signals = Vec::new();
        if step.measured {
            for node in &mut self.nodes {
                node.measure(step.second, at, &mut signals);
            }
        }
        if step.asked {
            signals.push(Signal::Views(gossip::round(Network::at(step.second), &self.cluster.cluster, at)));
        }
        if step.refused {
            signals.push(self.refusal(at).into());
        }
        signals
    }

    /// That a larger volume is not to be had. Each telling of the story is an occasion of its own.
    fn refusal(&self, at: DateTime<Utc>) -> Notification {
        let id = format!("simulated-volumes-{}", self.begun.timestamp_millis());
        let message = format!(
            "Cluster volumes failed to provision: the volume of {} stays at 500 GiB, as none of 1 TiB is to be had in \
             its zone.",
            PLOTS[1].name
        );
        Notification::new(id, "volumes-provision-failed", message, at)
            .with_severity(Severity::Error)
            .with_resource(self.cluster.cluster.clone())
    }
}
