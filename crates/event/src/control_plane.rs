use std::fmt;

use chrono::{DateTime, Utc};

use crate::{Name, Notification, Resource, Severity, Signal};

/// What a control plane tells of a cluster that it runs: notifications of a known kind, with a message of their own.
///
/// ```
/// use chrono::{TimeZone, Utc};
/// use tidegate_event::{ControlPlane, Resource, Signal};
///
/// let at = Utc.with_ymd_and_hms(2026, 11, 24, 3, 0, 0).unwrap();
/// let event = ControlPlane::InstancesProvisionFailed;
/// let notification = event.notification("cp-7781", "orders", at);
/// assert_eq!(notification.message, "Cluster instances failed to provision");
///
/// // The notification, and what becomes of the cluster.
/// let signals = event.signals(notification);
/// let (resource, why) = (Resource::new().with_cluster("orders"), event.message().to_owned());
/// assert_eq!(signals[1], Signal::Retired { resource, why });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ControlPlane {
    /// The machines of a cluster could not be had: the cluster is defunct. Its issues close, and it is not watched until
    /// it [is available](ControlPlane::ClusterAvailable).
    InstancesProvisionFailed,
    /// The volumes of a cluster could not be had. What is there of the cluster stays watched.
    VolumesProvisionFailed,
    /// A cluster that was defunct is there, and is watched again.
    ClusterAvailable,
}

impl ControlPlane {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::InstancesProvisionFailed, Self::VolumesProvisionFailed, Self::ClusterAvailable];
    /// What people are told of [`InstancesProvisionFailed`](Self::InstancesProvisionFailed).
    pub const INSTANCES_PROVISION_FAILED: &'static str = "Cluster instances failed to provision";
    /// What people are told of [`VolumesProvisionFailed`](Self::VolumesProvisionFailed).
    pub const VOLUMES_PROVISION_FAILED: &'static str = "Cluster volumes failed to provision";
    /// What people are told of [`ClusterAvailable`](Self::ClusterAvailable).
    pub const CLUSTER_AVAILABLE: &'static str = "Cluster is available again";

    /// The one of this [kind](ControlPlane::kind); `None` for any other word.
    pub fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.kind() == kind)
    }

    /// The kind of its notification: `instances-provision-failed`, `volumes-provision-failed`, `cluster-available`.
    pub fn kind(self) -> &'static str {
        match self {
            Self::InstancesProvisionFailed => "instances-provision-failed",
            Self::VolumesProvisionFailed => "volumes-provision-failed",
            Self::ClusterAvailable => "cluster-available",
        }
    }

    /// What people are told, to the letter.
    pub fn message(self) -> &'static str {
        match self {
            Self::InstancesProvisionFailed => Self::INSTANCES_PROVISION_FAILED,
            Self::VolumesProvisionFailed => Self::VOLUMES_PROVISION_FAILED,
            Self::ClusterAvailable => Self::CLUSTER_AVAILABLE,
        }
    }

    /// How bad it is, where nothing else is said: what failed is an error, what is available again is for information.
    pub fn severity(self) -> Severity {
        match self {
            Self::InstancesProvisionFailed | Self::VolumesProvisionFailed => Severity::Error,
            Self::ClusterAvailable => Severity::Info,
        }
    }

    /// Its notification about `cluster`: the first revision, with its own severity.
    pub fn notification(self, id: impl Into<String>, cluster: impl Into<Name>, at: DateTime<Utc>) -> Notification {
        Notification::new(id, self.kind(), self.message(), at)
            .with_severity(self.severity())
            .with_resource(Resource::new().with_cluster(cluster))
    }

    /// All that is to be handed in at once: `notification`, with this kind and message whatever it had, and then what
    /// becomes of the cluster that it names. Where it names none there is nothing but the notification.
    ///
    /// A signal that is handed in again is applied again: a "failed" that comes late makes a cluster defunct that is
    /// available by now.
    pub fn signals(self, notification: Notification) -> Vec<Signal> {
        let cluster = notification.resource.cluster.clone();
        let notification =
            Notification { kind: self.kind().into(), message: self.message().to_owned(), ..notification };
        let mut signals = vec![notification.into()];
        signals.extend(cluster.and_then(|cluster| self.fate(Resource::new().with_cluster(cluster))));
        signals
    }

    fn fate(self, resource: Resource) -> Option<Signal> {
        match self {
            Self::InstancesProvisionFailed => Some(Signal::Retired { resource, why: self.message().to_owned() }),
            Self::VolumesProvisionFailed => None,
            Self::ClusterAvailable => Some(Signal::Restored { resource }),
        }
    }
}

/// Its kind.
impl fmt::Display for ControlPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_each_is_the_same_for_ever() {
        let table = [
            ("instances-provision-failed", "Cluster instances failed to provision", Severity::Error),
            ("volumes-provision-failed", "Cluster volumes failed to provision", Severity::Error),
            ("cluster-available", "Cluster is available again", Severity::Info),
        ];
        assert_eq!(ControlPlane::ALL.len(), table.len());
        for (kind, message, severity) in table {
            let event = ControlPlane::of_kind(kind).expect("known");
            assert_eq!((event.kind(), event.message(), event.severity()), (kind, message, severity));
            let told = event.notification("a", "orders", DateTime::UNIX_EPOCH);
            assert_eq!((&*told.kind, &*told.message, told.severity), (kind, message, severity));
        }
        assert_eq!(ControlPlane::of_kind("instances_provision_failed"), None);
    }

    #[test]
    fn a_cluster_is_retired_as_a_whole_and_restored_whatever_part_of_it_was_named() {
        let cluster = Resource::new().with_cluster("orders");
        let node = cluster.clone().with_node("a");
        let signals = |event: ControlPlane| {
            let told = Notification::new("a", "x", "y", DateTime::UNIX_EPOCH).with_resource(node.clone());
            let mut signals = event.signals(told).into_iter();
            let wanted = event.notification("a", "orders", DateTime::UNIX_EPOCH);
            let wanted = wanted.with_resource(node.clone()).with_severity(Severity::Info);
            assert_eq!(signals.next(), Some(wanted.into()));
            signals.collect::<Vec<_>>()
        };
        let why = "Cluster instances failed to provision".to_owned();
        let retired = Signal::Retired { resource: cluster.clone(), why };
        assert_eq!(signals(ControlPlane::InstancesProvisionFailed), [retired]);
        assert_eq!(signals(ControlPlane::VolumesProvisionFailed), []);
        assert_eq!(signals(ControlPlane::ClusterAvailable), [Signal::Restored { resource: cluster }]);
    }

    #[test]
    fn where_no_cluster_is_named_nothing_is_retired() {
        let told = Notification::new("a", "x", "y", DateTime::UNIX_EPOCH).with_resource(Resource::new().with_node("a"));
        assert_eq!(ControlPlane::InstancesProvisionFailed.signals(told).len(), 1);
    }
}
